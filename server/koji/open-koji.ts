import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import type { z } from 'zod';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { ElRelease } from '../../core/domain/el-release.ts';
import {
  KOJI_NAME_TEMPLATES,
  type KojiNames,
  type KojiSubject,
} from '../../core/domain/koji-names.ts';
import type { SigName } from '../../core/domain/sig.ts';
import type { KojiProfile } from '../../core/koji/profile.ts';
import { type Hub, openHub } from './hub.ts';
import type { HubAccount, HubOptions } from './hub-line.ts';
import { openPublicReads, type PublicReads } from './public-reads.ts';
import type { kojiSettings } from './settings.ts';

/** Koji as the settings have it. */
export interface Koji {
  /**
   * The hub, opened when it is asked for first.
   * @throws DistGitError `unavailable` where no hub is configured
   */
  hub(): Hub;
  /**
   * The hub, for what anybody may ask.
   * @throws DistGitError `unavailable` where no hub is configured
   */
  publicReads(): PublicReads;
  /** Is a hub configured? */
  readonly isOn: boolean;
  /** Where the hub's files are, without trailing slash. Everybody may read it. */
  readonly topurl: string;
  names(subject: KojiSubject): KojiNames;
  /** The user of Koji who owns the packages of a SIG. */
  ownerOf(sig: SigName): string;
  /** What build tags of an EL release have. */
  profileOf(release: ElRelease): KojiProfile;
  /** Milliseconds between two looks at tasks that are under way. */
  readonly pollMs: number;
  /** Milliseconds after which a call has come to its end, and no copy of it is on its way. */
  readonly patienceMs: number;
  /** Ends the login at the hub, where there is one. */
  close(): Promise<void>;
}

/** In the folder of the server; the version is the one that is tested. */
const KERBEROS_INSTALL = 'npm install --no-save kerberos@7.0.0';
/** Tries of one call, and the pause after the first that got no answer. */
const PATIENCE = { attempts: 4, pauseMs: 500 };

/**
 * @throws DistGitError `config_invalid` where a file of the settings can not be read
 */
export function openKoji(settings: z.output<typeof kojiSettings>): Koji {
  const { url, ca_file: ca } = settings;
  const account = url === undefined ? null : accountOf(settings);
  const open =
    url === undefined || account === null
      ? null
      : opener({
          url,
          ...account,
          ...(ca === undefined ? {} : { authority: read('ca_file', ca) }),
          timeoutMs: settings.timeout * 1000,
          ...PATIENCE,
        });
  let hub: Hub | null = null;
  let publicReads: PublicReads | null = null;
  return {
    isOn: open !== null,
    hub() {
      if (open === null) throw kojiOff();
      return (hub ??= open.hub());
    },
    publicReads() {
      if (open === null) throw kojiOff();
      return (publicReads ??= open.publicReads());
    },
    topurl: settings.topurl,
    names: KOJI_NAME_TEMPLATES[settings.names],
    ownerOf: (sig) => settings.owner.replaceAll('{sig}', sig),
    profileOf: (release) => settings.profiles[release],
    pollMs: settings.poll * 1000,
    // A login and the call, each as often as it is tried, with the pauses between. By Kerberos the
    // ticket and the proof may take as long as the login between them.
    patienceMs:
      PATIENCE.attempts * settings.timeout * 1000 * (settings.principal === undefined ? 2 : 4) +
      2 * 2 ** PATIENCE.attempts * PATIENCE.pauseMs,
    async close() {
      publicReads?.close();
      await hub?.close();
    },
  };
}

const opener = (options: HubOptions) => ({
  hub: () => openHub(options),
  publicReads: () => openPublicReads(options),
});

const kojiOff = (): DistGitError =>
  new DistGitError('unavailable', 'This server has no Koji.', {
    detail: {
      remedy:
        'Ask a site admin to set url, certificate_file and key_file of [koji] in the configuration of the server, or principal and keytab_file.',
    },
  });

type Settings = z.output<typeof kojiSettings>;

function accountOf(settings: Settings): HubAccount | null {
  const { certificate_file, key_file, principal, keytab_file, krb5_config_file } = settings;
  if (certificate_file !== undefined && key_file !== undefined)
    return {
      certificate: read('certificate_file', certificate_file),
      key: read('key_file', key_file),
    };
  if (principal === undefined || keytab_file === undefined) return null;
  findKerberos();
  // Kerberos reads them itself, at each login.
  read('keytab_file', keytab_file);
  if (krb5_config_file !== undefined) read('krb5_config_file', krb5_config_file);
  const config = krb5_config_file === undefined ? {} : { config: krb5_config_file };
  return { kerberos: { principal, keytab: keytab_file, ...config } };
}

/** @throws DistGitError where the package for Kerberos is not installed */
function findKerberos(): void {
  try {
    findPackageJSON('kerberos', import.meta.url);
  } catch (cause) {
    throw invalid('principal', `needs a package: ${KERBEROS_INSTALL}`, cause);
  }
}

function read(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw invalid(name, `${file} can not be read`, cause);
  }
}

const invalid = (name: string, message: string, cause: unknown): DistGitError =>
  new DistGitError('config_invalid', 'The configuration is not valid.', {
    cause,
    detail: { problems: [{ path: `koji.${name}`, message }] },
  });
