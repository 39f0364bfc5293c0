import type { Logger } from 'pino';
import type { Settings } from '../config/settings.ts';
import type { Database } from '../db/database.ts';
import { VersionedCache } from '../db/versioned-cache.ts';
import { TlsFiles } from '../http/tls-files.ts';
import type { Authenticator } from '../identity/authenticator.ts';
import type { AccountRule } from '../identity/certificate-account.ts';
import { certificateAuthenticator } from '../identity/certificate-authenticator.ts';
import { limitPasswords } from '../identity/failed-logins.ts';
import type { FindAccount } from '../identity/find-account.ts';
import { kerberosAuthenticator } from '../identity/kerberos-authenticator.ts';
import { openDirectory } from '../identity/open-directory.ts';
import { passwordAuthenticator } from '../identity/password-authenticator.ts';
import { Principals } from '../identity/principals.ts';
import { tokenAuthenticator } from '../identity/token-authenticator.ts';

/** What a password is for, as clients show it. */
const REALM = 'dist-git';

interface LoginDeps {
  readonly db: Database;
  readonly cache: VersionedCache;
  readonly principals: Principals;
  readonly findAccount: FindAccount;
  /** Null: there is no directory. */
  readonly people: ReturnType<typeof openDirectory>;
  readonly log: Logger;
}

/** The ways to log in that the settings have. */
export function openLogins(
  settings: Settings,
  { db, cache, principals, findAccount, people, log }: LoginDeps,
): readonly Authenticator[] {
  const remember = settings.directory.remember_passwords;
  // In this order: what was typed stands before what a browser or libcurl sends by itself.
  return [
    tokenAuthenticator(db, cache, principals, REALM),
    ...(people === null
      ? []
      : [limitPasswords(passwordAuthenticator({ db, ...people, principals, log, remember }))]),
    kerberosAuthenticator(findAccount, settings.front.kerberos_realms),
    certificateAuthenticator(findAccount, accountRule(settings)),
  ];
}

/** Null: the server itself speaks no TLS. */
export function openTls({ tls }: Settings, log: Logger): TlsFiles | null {
  const { certificate, key, client_ca: clientCa = null, client_crl: clientCrl = null } = tls;
  if (certificate === undefined || key === undefined) return null;
  return new TlsFiles({ certificate, key, clientCa, clientCrl }, log);
}

function accountRule({ certificates }: Settings): AccountRule {
  const { account, email_domain: domain = '', uri_prefix: prefix = '' } = certificates;
  if (account === 'email') return { from: account, domain };
  return account === 'uri' ? { from: account, prefix } : { from: account };
}
