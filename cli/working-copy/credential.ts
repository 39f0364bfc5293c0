import { resolve } from 'node:path';
import type { Config } from '../config.ts';

/**
 * The value of git's `credential.helper` that asks this very centpkg for the token. Single quotes,
 * because git hands a helper that begins with `!` to a shell.
 */
export function credentialHelper({ rpkg }: Config): string {
  const given = rpkg.given === null ? [] : ['--config', rpkg.given];
  const words = [process.execPath, resolve(process.argv[1] ?? 'centpkg'), ...given];
  return `!${words.map((word) => `'${word.replace(/'/g, "'\\''")}'`).join(' ')} git-credential`;
}

/** Settings of git for connections to `url`: key and value, as it keeps them. */
export function tlsSettings(config: Config, url: string): [key: string, value: string][] {
  const { certificate, ca } = config.tlsFor(url);
  return [
    ...(certificate === null
      ? []
      : ([
          [`http.${url}.sslCert`, certificate],
          [`http.${url}.sslKey`, certificate],
        ] as [string, string][])),
    ...(ca === null ? [] : ([[`http.${url}.sslCAInfo`, ca]] as [string, string][])),
  ];
}

/** Options for a git that talks to `url` as we do, before those of the user. */
export function credentialOptions(config: Config, url: string): string[] {
  return [
    [`credential.${url}.helper`, ''],
    [`credential.${url}.helper`, credentialHelper(config)],
    ...tlsSettings(config, url),
  ].flatMap(([key, value]) => ['-c', `${key}=${value}`]);
}
