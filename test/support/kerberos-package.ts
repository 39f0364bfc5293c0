import { access, mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './architecture.ts';
import { installLibraries, installPackages } from './debian.ts';
import { run } from './process.ts';

/** What the server says where it is missing. */
const PACKAGE = 'kerberos@7.0.0';
/** Of the interface of node that it is built for. */
const HEADERS = 'node-api-headers@1.9.0';
/** Where node finds it, for all code of the server. */
const PLACE = join(ROOT, 'node_modules/kerberos');

/**
 * Puts the npm package of Kerberos beside the server's dependencies, of which it is none. It is
 * built once, in the user's cache folder: an `npm install` here would move what other tests use.
 * @throws Error with what npm said
 */
export async function installKerberosPackage(): Promise<void> {
  if (await isThere(join(PLACE, 'package.json'))) return;
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const packages = join(cache, 'scl-dist-git', 'npm-packages');
  const folder = join(packages, `${PACKAGE}-${process.platform}-${process.arch}`);
  const built = join(folder, 'node_modules/kerberos');
  if (!(await isThere(built))) {
    await mkdir(packages, { recursive: true });
    const made = await mkdtemp(join(packages, '.build-'));
    try {
      await build(made);
      // Another test may have been faster: one is as good as the other.
      await rename(made, folder).catch(async (error: unknown) => {
        if (!(await isThere(built))) throw error;
      });
    } finally {
      await rm(made, { recursive: true, force: true });
    }
  }
  // Of a cache that is no more.
  await rm(PLACE, { force: true }).catch(() => {});
  await symlink(built, PLACE).catch(async (error: unknown) => {
    if (!(await isThere(join(PLACE, 'package.json')))) throw error;
  });
}

/** As its own script does it, but with what npm's registry and the distribution have, no more. */
async function build(folder: string): Promise<void> {
  await installPackages({ 'g++': 'g++' });
  await installLibraries(['libkrb5-dev']);
  const must = async (program: string, args: readonly string[], cwd: string): Promise<void> => {
    // With the user's own settings of npm.
    const done = await run(program, args, { cwd, env: process.env });
    if (done.code !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr}`);
  };
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts'];
  await must('npm', ['install', ...quiet, '--prefix', folder, PACKAGE, HEADERS], folder);
  const modules = join(folder, 'node_modules');
  const own = join(modules, 'kerberos');
  const result = join(own, 'build/Release/kerberos.node');
  await mkdir(dirname(result), { recursive: true });
  const includes = ['node-api-headers/include', 'node-addon-api'].map(
    (name) => `-I${join(modules, name)}`,
  );
  const defines = ['-DNAPI_VERSION=9', '-DNODE_GYP_MODULE_NAME=kerberos', '-DKERBEROS_USE_RTLD=1'];
  const sources = [
    'kerberos.cc',
    'unix/base64.cc',
    'unix/kerberos_gss.cc',
    'unix/kerberos_unix.cc',
  ];
  const files = sources.map((name) => `src/${name}`);
  const options = ['-shared', '-fPIC', '-O2', '-std=c++17', '-Isrc', '-o', result];
  await must('g++', [...options, ...defines, ...includes, ...files, '-ldl'], own);
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
