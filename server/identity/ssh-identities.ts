import { createHash } from 'node:crypto';
import { sql as raw } from 'kysely';
import { UNLIMITED_SCOPES, type UserPrincipal } from '../../core/access/principal.ts';
import { fail } from '../../core/api/distgit-error.ts';
import { parseUserName, type UserName } from '../../core/domain/sig.ts';
import { parseSshCertificate } from '../../core/domain/ssh-certificate.ts';
import type { SshFingerprint } from '../../core/domain/ssh-key.ts';
import type { Database } from '../db/database.ts';
import type { VersionedCache } from '../db/versioned-cache.ts';
import type { FindAccount } from './find-account.ts';
import type { Principals } from './principals.ts';

/** How often a key's last use is written: reading who used it needs no better. */
const LAST_USED_MS = 5 * 60_000;

/** As `ssh-keygen -l` shows it. @param base64 the key's wire form */
export function sshFingerprint(base64: string): SshFingerprint {
  const hash = createHash('sha256').update(Buffer.from(base64, 'base64')).digest('base64');
  return `SHA256:${hash.replace(/=+$/, '')}` as SshFingerprint;
}

interface KnownKey {
  readonly user: UserName;
  readonly type: string;
  readonly base64: string;
  lastUsed: number;
}

/**
 * Who stands behind the keys and certificates of SSH sessions. sshd has proved that the client
 * holds the private key, and for certificates that a trusted authority signed; whose it is, and
 * that it still counts, is asked here at every session.
 */
export class SshIdentities {
  readonly #db: Database;
  readonly #cache: VersionedCache;
  readonly #principals: Principals;
  readonly #findAccount: FindAccount;

  constructor(
    db: Database,
    cache: VersionedCache,
    principals: Principals,
    findAccount: FindAccount,
  ) {
    this.#db = db;
    this.#cache = cache;
    this.#principals = principals;
    this.#findAccount = findAccount;
  }

  /**
   * The fingerprint of a key that may log in now: it was added, byte for byte, by a user who is
   * not disabled. Null for any other.
   */
  async admit(type: string, base64: string): Promise<SshFingerprint | null> {
    const fingerprint = sshFingerprint(base64);
    const key = await this.#find(fingerprint);
    if (key === null || key.type !== type || key.base64 !== base64) return null;
    return (await this.#principals.find(key.user)) === null ? null : fingerprint;
  }

  /** @throws DistGitError `credential_invalid` */
  async byKey(fingerprint: SshFingerprint): Promise<UserPrincipal> {
    const key = await this.#find(fingerprint);
    const user = key === null ? null : await this.#principals.find(key.user);
    if (key === null || user === null)
      fail(
        'credential_invalid',
        'The SSH key was removed, or its user disabled.',
        'Add a key: centpkg key add FILE',
      );
    if (key.lastUsed < Date.now() - LAST_USED_MS) {
      key.lastUsed = Date.now();
      await this.#db.sql
        .updateTable('ssh_keys')
        .set({ last_used_at: raw<Date>`now()` })
        .where('fingerprint', '=', fingerprint)
        .execute();
    }
    return {
      kind: 'user',
      ...user,
      credential: `ssh:${fingerprint}`,
      validUntil: null,
      scopes: UNLIMITED_SCOPES,
    };
  }

  /**
   * The holder of a user's certificate. Just one of its principals must be an account here: which
   * of two is meant nobody could tell.
   * @param base64 the certificate's wire form
   * @throws DistGitError `input_invalid` for what is no certificate of a user, `credential_invalid`
   */
  async byCertificate(base64: string): Promise<UserPrincipal> {
    const certificate = parseSshCertificate(base64);
    const { validFrom, validUntil, serial, keyId } = certificate;
    const now = Date.now();
    const early = validFrom !== null && Date.parse(validFrom) > now;
    if (early || (validUntil !== null && Date.parse(validUntil) <= now))
      fail('credential_invalid', 'The SSH certificate is not valid now.', 'Get a new one.');
    const names = [...new Set(certificate.principals)].flatMap((text) => userNameOrNone(text));
    const found = await Promise.all(names.map((name) => this.#findAccount(name)));
    const [user, second] = found.filter((one) => one !== null);
    if (user === undefined)
      fail(
        'credential_invalid',
        'The SSH certificate names no account here.',
        'Have it signed for your user name as a principal.',
      );
    if (second !== undefined)
      fail(
        'credential_invalid',
        'The SSH certificate names more than one account.',
        'Have it signed for one of them.',
      );
    const credential = `ssh-cert:${serial}:${keyId}`;
    return { kind: 'user', ...user, credential, validUntil, scopes: UNLIMITED_SCOPES };
  }

  #find(fingerprint: SshFingerprint): Promise<KnownKey | null> {
    return this.#cache.get(`ssh-key:${fingerprint}`, async () => {
      const row = await this.#db.sql
        .selectFrom('ssh_keys')
        .selectAll()
        .where('fingerprint', '=', fingerprint)
        .executeTakeFirst();
      if (row === undefined) return null;
      const { user_name: user, type, base64, last_used_at: used } = row;
      return { until: null, value: { user, type, base64, lastUsed: used?.getTime() ?? 0 } };
    });
  }
}

/** Principals of other services may have any form; those are no accounts here. */
function userNameOrNone(text: string): UserName[] {
  try {
    return [parseUserName(text)];
  } catch {
    return [];
  }
}
