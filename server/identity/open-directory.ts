import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { parseSigName } from '../../core/domain/sig.ts';
import type { Directory } from './directory.ts';
import type { GroupMapping } from './group-memberships.ts';
import { ldapDirectory } from './ldap-directory.ts';
import type { directorySettings } from './settings.ts';

/**
 * The directory of the settings, and what its groups mean.
 * @returns null: none is configured
 * @throws DistGitError `config_invalid`
 */
export function openDirectory(
  settings: z.output<typeof directorySettings>,
): { readonly directory: Directory; readonly mapping: GroupMapping } | null {
  const {
    user_base: userBase,
    group_base: groupBase,
    bind_dn: dn,
    bind_password: password,
  } = settings;
  if (settings.urls.length === 0 || userBase === undefined || groupBase === undefined) return null;
  const directory = ldapDirectory({
    urls: settings.urls,
    ca: settings.ca_file === undefined ? null : readCa(settings.ca_file),
    starttls: settings.starttls,
    timeoutMs: settings.timeout * 1000,
    account: dn === undefined || password === undefined ? null : { dn, password },
    userDn: settings.user_dn ?? null,
    userBase,
    groupBase,
    groupAttribute: settings.group_attribute,
    chairAttribute: settings.chair_attribute,
  });
  return {
    directory,
    mapping: {
      adminGroup: settings.admin_group ?? null,
      sigs: new Map(
        Object.entries(settings.sigs).map(([sig, groups]) => [parseSigName(sig), groups]),
      ),
    },
  };
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new DistGitError('config_invalid', 'The configuration is not valid.', {
      cause,
      detail: { problems: [{ path: 'directory.ca_file', message: `${file} can not be read` }] },
    });
  }
}
