import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { oneAtATime } from './one-at-a-time.ts';
import { type Finished, run } from './process.ts';

/** Is there a program of this name on the path? */
export async function hasProgram(name: string, path = process.env.PATH ?? ''): Promise<boolean> {
  const found = await Promise.all(
    path.split(delimiter).map((folder) =>
      access(join(folder, name), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

/**
 * Makes sure that programs are there; root on Debian installs what is missing.
 * @param packages Debian's package by the program it is wanted for
 * @throws Error that says what to install by hand
 */
export async function installPackages(packages: Readonly<Record<string, string>>): Promise<void> {
  const missing = async (): Promise<string[]> => {
    const programs = Object.keys(packages);
    const there = await Promise.all(programs.map((program) => hasProgram(program)));
    return programs.filter((_, index) => there[index] !== true);
  };
  if ((await missing()).length === 0) return;
  await oneAtATime('apt', async () => {
    const programs = await missing();
    if (programs.length === 0) return;
    const names = [...new Set(programs.map((program) => packages[program] ?? program))];
    await aptInstall(names, `These tests need ${programs.join(', ')}.`);
    const lost = await missing();
    if (lost.length > 0)
      throw new Error(`${lost.join(', ')} did not come with ${names.join(' ')}.`);
  });
}

/**
 * The same for what is no program: libraries, and modules of Python.
 * @throws Error that says what to install by hand
 */
export async function installLibraries(names: readonly string[]): Promise<void> {
  const missing = async (): Promise<string[]> => {
    const query = ['--show', '--showformat', '${Package} ${db:Status-Status}\n', ...names];
    const { stdout } = await run('dpkg-query', query);
    return names.filter((name) => !stdout.split('\n').includes(`${name} installed`));
  };
  if ((await missing()).length === 0) return;
  await oneAtATime('apt', async () => {
    const lost = await missing();
    if (lost.length > 0)
      await aptInstall(lost, `These tests need the packages ${lost.join(', ')}.`);
  });
}

async function aptInstall(names: readonly string[], why: string): Promise<void> {
  const needed = `${why} Install them: apt-get install ${names.join(' ')}`;
  if (process.getuid?.() !== 0 || !(await hasProgram('apt-get'))) throw new Error(needed);
  const env = { DEBIAN_FRONTEND: 'noninteractive', HOME: '/root' };
  const machine = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /_proxy$/i.test(name)),
  );
  const apt = (...args: string[]): Promise<Finished> => {
    const options = ['--quiet', '--option', 'DPkg::Lock::Timeout=300'];
    return run('apt-get', [...options, ...args], { env: { ...machine, ...env } });
  };
  const install = () => apt('install', '--yes', '--no-install-recommends', ...names);
  if ((await install()).code === 0) return;
  // The lists of packages are not there yet, or old.
  for (const again of [() => apt('update'), install]) {
    const done = await again();
    if (done.code !== 0) throw new Error(`${needed}\napt-get failed: ${done.stderr}`);
  }
}
