import { chmodSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { writeManual } from './build-man.ts';

/**
 * Bundles each program that others start into one file: it starts in a fraction of the time, and
 * needs no node_modules. `centpkg` is for people, `ssh-gate` for sshd. The manual goes into `dist/man`.
 */
const root = resolve(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
  version: string;
};
async function bundle(entry: string, name: string, banner: string): Promise<void> {
  const outfile = resolve(root, `dist/${name}.js`);
  await build({
    entryPoints: [resolve(root, entry)],
    outfile,
    bundle: true,
    minify: true,
    keepNames: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    define: { CENTPKG_VERSION: JSON.stringify(version) },
    banner: { js: banner },
    logLevel: 'warning',
  });
  chmodSync(outfile, 0o755);
}

// commander is CommonJS and asks for node's modules by require.
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
await bundle('cli/main.ts', 'centpkg', REQUIRE);
await bundle('server/hooks/ssh/gate.ts', 'ssh-gate', '');

// A package is the same whenever it is built: reproducible-builds.org.
const epoch = process.env.SOURCE_DATE_EPOCH;
const date = epoch === undefined ? new Date() : new Date(Number(epoch) * 1000);
writeManual(resolve(root, 'dist/man'), version, date);
