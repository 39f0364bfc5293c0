import { chmodSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { writeManual } from './build-man.ts';

/**
 * Bundles each program that others start into one file: it starts in a fraction of the time, and
 * needs no node_modules. `centpkg` is for people, `ssh-gate` for sshd. The manual goes into `dist/man`.
 */
const root = resolve(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
  version: string;
};

/** Modules of node that take long to load, and that most commands never use. */
const LATE = /^node:(child_process|crypto|https?|readline|zlib)$/;

/** Loads them when something of them is first used, and not when it is imported. */
const lateModules: Plugin = {
  name: 'late-modules',
  setup(bundler) {
    bundler.onResolve({ filter: LATE }, ({ path }) => ({ path, namespace: 'late' }));
    bundler.onLoad({ filter: LATE, namespace: 'late' }, ({ path }) => {
      const names = JSON.stringify(Object.keys(process.getBuiltinModule(path) ?? {}));
      const property = `{ enumerable: true, get: () => process.getBuiltinModule('${path}')[name] }`;
      return {
        contents: `for (const name of ${names}) Object.defineProperty(exports, name, ${property});`,
      };
    });
  },
};

async function bundle(entry: string, name: string, options: BuildOptions): Promise<void> {
  const outfile = resolve(root, `dist/${name}.js`);
  await build({
    entryPoints: [resolve(root, entry)],
    outfile,
    bundle: true,
    // Names stay, for stack traces; it would start no faster without them.
    minifyWhitespace: true,
    minifySyntax: true,
    platform: 'node',
    target: 'node22',
    logLevel: 'warning',
    ...options,
  });
  chmodSync(outfile, 0o755);
}

// Before the first line of an ES module is run, node loads all that is imported from it anywhere
// below. As CommonJS, a source file loads what it imports when it is itself first needed. With a
// `require` of its own it is both: it starts under any name and in any folder, whatever type of
// module node takes it for there.
await bundle('cli/main.ts', 'centpkg', {
  format: 'cjs',
  banner: { js: "'use strict'; var require = process.getBuiltinModule;" },
  define: {
    CENTPKG_VERSION: JSON.stringify(version),
    // Asked for only where the version is not known.
    'import.meta.dirname': 'undefined',
  },
  plugins: [lateModules],
});
await bundle('server/hooks/ssh/gate.ts', 'ssh-gate', { format: 'esm' });

// A package is the same whenever it is built: reproducible-builds.org.
const epoch = process.env.SOURCE_DATE_EPOCH;
const date = epoch === undefined ? new Date() : new Date(Number(epoch) * 1000);
writeManual(resolve(root, 'dist/man'), version, date);
