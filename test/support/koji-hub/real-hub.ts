import { readFileSync } from 'node:fs';
import { type Hub, openHub } from '../../../server/koji/hub.ts';

/** Accounts at one hub. */
export interface HubAccounts {
  /** Of a Koji admin. */
  readonly admin: Hub;
  /** With the permissions `tag` and `target`, as this server has one. */
  readonly server: Hub;
}

/** A real hub that the environment names, see docs/koji.md; null where it names none. */
export const REAL_HUB_URL = process.env.KOJI_URL ?? null;

/**
 * Logs in at the hub that the environment names. Tags, targets and packages of tests stay there:
 * a hub never forgets.
 * @throws Error where the environment names no certificate for it
 */
export function realHub(): HubAccounts {
  const file = (name: string): string => {
    const path = process.env[name];
    if (path === undefined) throw new Error(`KOJI_URL is set, and ${name} is not.`);
    return readFileSync(path, 'utf8');
  };
  const account = (certificate: string): Hub =>
    openHub({
      url: REAL_HUB_URL ?? '',
      // PEM with the certificate and its key.
      certificate,
      key: certificate,
      authority: file('KOJI_CA'),
      timeoutMs: 60_000,
      attempts: 2,
      pauseMs: 500,
    });
  return { admin: account(file('KOJI_ADMIN_CERT')), server: account(file('KOJI_CERT')) };
}
