import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Set by the bundler (`deploy/build-cli.ts`); run from source it is read from package.json. */
declare const CENTPKG_VERSION: string | undefined;

export const VERSION: string =
  typeof CENTPKG_VERSION === 'string'
    ? CENTPKG_VERSION
    : (
        JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8')) as {
          version: string;
        }
      ).version;
