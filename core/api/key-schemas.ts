import { z } from 'zod';
import { parseSshFingerprint, parseSshPublicKey } from '../domain/ssh-key.ts';
import { list, none, parsed, time, title, user } from './schema-parts.ts';

const keyView = z.object({
  /** As `ssh-keygen -l` shows it; names the key. */
  fingerprint: z.string(),
  user: z.string(),
  type: z.string(),
  label: z.string(),
  addedBy: z.string(),
  addedAt: time,
  lastUsedAt: time.nullable(),
});

/** What the operations on SSH keys take and give. */
export const KEY_SCHEMAS = {
  listKeys: { query: z.strictObject({ user: user.optional() }), response: list(keyView) },
  addKey: {
    body: z.strictObject({
      user: user.optional(),
      /** One line of a `.pub` file. */
      key: parsed(parseSshPublicKey, 8000),
      /** The key's own comment where none is given. */
      label: title.optional(),
    }),
    response: keyView,
  },
  removeKey: { params: z.object({ key: parsed(parseSshFingerprint) }), response: none },
} as const;
