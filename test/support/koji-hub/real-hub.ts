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

/** A file that the environment names. */
function pathOf(name: string): string {
  const path = process.env[name];
  if (path === undefined) throw new Error(`KOJI_URL is set, and ${name} is not.`);
  return path;
}

/** @param name of the variable with the path of a PEM file: a certificate and its key */
function account(name: string): Hub {
  const certificate = readFileSync(pathOf(name), 'utf8');
  return openHub({
    url: REAL_HUB_URL ?? '',
    certificate,
    key: certificate,
    authority: readFileSync(pathOf('KOJI_CA'), 'utf8'),
    timeoutMs: 60_000,
    attempts: 2,
    pauseMs: 500,
  });
}

/**
 * Logs in at the hub that the environment names. Tags, targets, packages and builds of tests stay
 * there: a hub never forgets.
 * @throws Error where the environment names no certificate for it
 */
export const realHub = (): HubAccounts => ({
  admin: account('KOJI_ADMIN_CERT'),
  server: account('KOJI_CERT'),
});

/** The login of a builder that takes no tasks by itself; a test is that builder. */
export const builderHub = (): Hub => account('KOJI_BUILDER_CERT');

/** By which a server works with the hub. */
export const serverSettings = (): Readonly<Record<string, string>> => ({
  DISTGIT_KOJI_URL: REAL_HUB_URL ?? '',
  DISTGIT_KOJI_CERTIFICATE_FILE: pathOf('KOJI_CERT'),
  DISTGIT_KOJI_KEY_FILE: pathOf('KOJI_CERT'),
  DISTGIT_KOJI_CA_FILE: pathOf('KOJI_CA'),
});
