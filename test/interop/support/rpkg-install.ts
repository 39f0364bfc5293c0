import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { hasProgram, installLibraries, installPackages } from '../../support/debian.ts';
import { oneAtATime } from '../../support/one-at-a-time.ts';
import { run } from '../../support/process.ts';

const VERSION = '1.70';
/** What rpkg needs, each at the version that these tests know. */
const PINS = [
  'argcomplete==3.7.2',
  'CCColUtils==1.5',
  'GitPython==3.2.1',
  'koji==1.36.1',
  'pycurl==7.49.0',
  'PyYAML==6.0.3',
  'requests==2.34.2',
  'rpm==0.5.0',
  'six==1.17.0',
];
/** Debian's own: the only Python that has rpm's module. */
const PYTHON = '/usr/bin/python3';

/**
 * The real rpkg from the Python Package Index, as it is, in a folder of the user's cache that is
 * made once.
 * @returns a PATH with `rpkg` on it, and the `python` that has its modules
 */
export async function installRpkg(): Promise<string> {
  await installPackages({
    gcc: 'gcc',
    git: 'git',
    file: 'file',
    cpio: 'cpio',
    rpmbuild: 'rpm',
    rpm2cpio: 'rpm2cpio',
  });
  await installLibraries([
    'python3-venv',
    'python3-dev',
    'python3-rpm',
    'libkrb5-dev',
    'libcurl4-openssl-dev',
    'libssl-dev',
  ]);
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'scl-dist-git-interop');
  const pins = createHash('sha256').update(PINS.join()).digest('hex').slice(0, 8);
  const there = join(folder, `rpkg-${VERSION}-${pins}`);
  await oneAtATime('rpkg', async () => {
    if (await hasProgram('rpkg', join(there, 'bin'))) return;
    await mkdir(folder, { recursive: true });
    const fresh = await mkdtemp(join(folder, 'installing-'));
    try {
      await install(fresh);
      await rename(fresh, there);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  });
  return [join(there, 'bin'), process.env.PATH].join(delimiter);
}

async function install(folder: string): Promise<void> {
  const must = async (program: string, ...args: string[]): Promise<void> => {
    const done = await run(program, args, { cwd: folder, env: process.env });
    if (done.code !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${done.stderr}`);
  };
  await must(PYTHON, '-m', 'venv', folder);
  const pip = [join(folder, 'bin/python'), '-m', 'pip', '--quiet'] as const;
  await writeFile(join(folder, 'pins.txt'), `${PINS.join('\n')}\n`);
  await must(...pip, 'install', '--constraint', 'pins.txt', ...PINS);
  // Its program is in the source archive only.
  await must(...pip, 'download', '--no-deps', '--no-binary=:all:', `rpkg==${VERSION}`);
  await must(...pip, 'install', '--no-deps', `rpkg-${VERSION}.tar.gz`);
  await must('tar', '--extract', '--gzip', '--file', `rpkg-${VERSION}.tar.gz`);
  const program = join(folder, 'bin/rpkg');
  await copyFile(join(folder, `rpkg-${VERSION}/bin/rpkg`), program);
  await chmod(program, 0o755);
}
