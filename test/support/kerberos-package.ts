import { access, mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './architecture.ts';
import { installLibraries, installPackages } from './debian.ts';
import { run } from './process.ts';

/** As `README.md` has it, and what the server says where it is missing. */
const PACKAGE = 'kerberos@7.0.0';
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

async function build(folder: string): Promise<void> {
  await installPackages({ 'g++': 'g++', make: 'make', python3: 'python3' });
  await installLibraries(['libkrb5-dev']);
  const args = ['install', '--no-audit', '--no-fund', '--prefix', folder, PACKAGE];
  // With the user's own settings of npm.
  const done = await run('npm', args, { cwd: folder, env: process.env });
  if (done.code !== 0) throw new Error(`npm ${args.join(' ')}: ${done.stderr}`);
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
