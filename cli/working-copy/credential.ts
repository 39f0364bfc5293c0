import { resolve } from 'node:path';

/**
 * The value of git's `credential.helper` that asks this very centpkg for the token. Single quotes,
 * because git hands a helper that begins with `!` to a shell.
 */
export function credentialHelper(): string {
  const words = [process.execPath, resolve(process.argv[1] ?? 'centpkg')];
  return `!${words.map((word) => `'${word.replace(/'/g, "'\\''")}'`).join(' ')} git-credential`;
}

/** Options for a git that talks to `url` with our token, before those of the user. */
export function credentialOptions(url: string): string[] {
  return [
    '-c',
    `credential.${url}.helper=`,
    '-c',
    `credential.${url}.helper=${credentialHelper()}`,
  ];
}
