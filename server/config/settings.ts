import { z } from 'zod';
import { databaseSettings } from '../db/settings.ts';
import { gitSettings } from '../git/settings.ts';
import { frontSettings, serverSettings, tlsSettings } from '../http/settings.ts';
import { certificateSettings, directorySettings } from '../identity/settings.ts';
import { kojiSettings } from '../koji/settings.ts';
import { lookasideSettings } from '../lookaside/settings.ts';
import { logSettings } from '../observability/settings.ts';
import { pushSettings } from '../pushes/settings.ts';
import { sshSettings } from '../ssh/settings.ts';
import { storageSettings } from '../storage/settings.ts';

/** The whole configuration, each folder's own slice as one section. */
export const settingsSchema = z.strictObject({
  server: serverSettings.prefault({}),
  tls: tlsSettings.prefault({}),
  front: frontSettings.prefault({}),
  certificates: certificateSettings.prefault({}),
  database: databaseSettings.prefault({}),
  storage: storageSettings.prefault({}),
  lookaside: lookasideSettings.prefault({}),
  git: gitSettings.prefault({}),
  pushes: pushSettings.prefault({}),
  ssh: sshSettings.prefault({}),
  directory: directorySettings.prefault({}),
  koji: kojiSettings.prefault({}),
  log: logSettings.prefault({}),
});
export type Settings = z.output<typeof settingsSchema>;

/** `section.key` of what must not be printed, and may be given as a file's path in `<key>_file`. */
export const SECRET_SETTINGS: readonly string[] = [
  'database.url',
  'directory.bind_password',
  'storage.s3_access_key_id',
  'storage.s3_secret_access_key',
];
