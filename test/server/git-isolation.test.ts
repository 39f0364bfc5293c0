import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { Git } from '../../server/git/git.ts';
import { run } from '../support/process.ts';
import { openTestGit } from '../support/repositories.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SETTINGS = { program: 'git', max_push_size: 1000, max_object_memory: 2 ** 28 };
const PATH = process.env.PATH ?? '';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
const before = { ...process.env };
beforeEach(async () => {
  temporary = await temporaryFolder();
});
afterEach(async () => {
  for (const key of Object.keys(process.env)) if (!(key in before)) delete process.env[key];
  Object.assign(process.env, before);
  await temporary[Symbol.asyncDispose]();
});

/** What every git of the server is configured with, by `<scope> <file> <key>=<value>`. */
const configuration = (git: Git): Promise<string> =>
  git.run(['config', '--list', '--show-origin', '--show-scope']);

describe('git of the server', () => {
  it('reads nothing of the configuration of this machine and its users', async () => {
    const home = join(temporary.path, 'home');
    const xdg = join(temporary.path, 'xdg');
    await mkdir(join(xdg, 'git'), { recursive: true });
    await mkdir(home);
    const hostile =
      '[core]\n\thooksPath = /nowhere\n[receive]\n\tfsckObjects = false\n[hostile]\n\tx = 1\n';
    for (const file of [join(home, '.gitconfig'), join(xdg, 'git', 'config'), join(home, 'other')])
      await writeFile(file, hostile);
    Object.assign(process.env, {
      HOME: home,
      XDG_CONFIG_HOME: xdg,
      GIT_CONFIG: join(home, 'other'),
      GIT_CONFIG_GLOBAL: join(home, 'other'),
      GIT_CONFIG_SYSTEM: join(home, 'other'),
      GIT_CONFIG_NOSYSTEM: '0',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'hostile.x',
      GIT_CONFIG_VALUE_0: '1',
      GIT_CONFIG_PARAMETERS: "'hostile.x=1'",
      GIT_DIR: home,
      GIT_OBJECT_DIRECTORY: home,
      GIT_TEMPLATE_DIR: home,
      GIT_EXEC_PATH: home,
      GIT_SSH_COMMAND: 'false',
    });
    // The very variables that mislead any other git here.
    const misled = await run('git', ['config', 'hostile.x'], { env: { ...process.env } });
    expect(misled.stdout === '1\n' || misled.code !== 0).toBe(true);

    const git = await openTestGit(temporary.path);
    const lines = (await configuration(git)).trim().split('\n');
    expect(lines.join('\n')).not.toContain('hostile');
    const file = `file:${join(temporary.path, 'git', 'config')}`;
    for (const line of lines) expect(line).toContain(`global\t${file}\t`);
    const repository = join(temporary.path, 'r.git');
    await git.run(['init', '--quiet', '--bare', repository]);
    const value = async (key: string) => (await git.run(['-C', repository, 'config', key])).trim();
    expect(await value('receive.fsckObjects')).toBe('true');
    expect(await value('core.hooksPath')).toMatch(/server\/hooks\/git$/);
  });

  it('gets no variable of the server but those that it is given', async () => {
    Object.assign(process.env, { DISTGIT_DATABASE_URL: 'postgres://secret', SECRET: 'x' });
    const git = await openTestGit(temporary.path);
    const program = join(temporary.path, 'print-environment');
    await writeFile(program, '#!/bin/sh\nexec env\n', { mode: 0o755 });
    const printed = await git.run(['-c', `alias.print-it=!${program}`, 'print-it'], { EXTRA: '1' });
    const names = printed.split('\n').flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []);
    // What git itself and the shell add.
    const added = new Set([
      'PWD',
      'OLDPWD',
      'SHLVL',
      '_',
      'GIT_PREFIX',
      'GIT_EXEC_PATH',
      'GIT_CONFIG_PARAMETERS',
    ]);
    expect(names.filter((name) => !added.has(name)).toSorted()).toEqual([
      'EXTRA',
      'GIT_CONFIG_GLOBAL',
      'GIT_CONFIG_NOSYSTEM',
      'GIT_TERMINAL_PROMPT',
      'HOME',
      'LC_ALL',
      'PATH',
    ]);
  });

  it('asks no alternate for its refs: a quarantine has its own repository as one', async () => {
    const git = await openTestGit(temporary.path);
    const [own, other] = [join(temporary.path, 'own.git'), join(temporary.path, 'other.git')];
    for (const path of [own, other]) await git.run(['init', '--quiet', '--bare', path]);
    const tree = await git.run(['-C', other, 'hash-object', '-w', '-t', 'tree', '/dev/null']);
    const commit = (await git.run(['-C', other, 'commit-tree', '-m', 'x', tree.trim()])).trim();
    await git.run(['-C', other, 'update-ref', 'refs/heads/main', commit]);
    const env = { GIT_ALTERNATE_OBJECT_DIRECTORIES: join(other, 'objects') };
    const args = ['-C', own, 'rev-list', '--all', '--alternate-refs'];
    expect((await run('git', args, { env: { PATH, ...env } })).stdout).toBe(`${commit}\n`);
    expect(await git.run(args, env)).toBe('');
  });

  it('begins in no folder of a repository', async () => {
    const git = await openTestGit(temporary.path);
    await expect(git.run(['rev-parse', '--git-dir'])).rejects.toMatchObject({ code: 128 });
  });

  it('has its configuration written anew at every start', async () => {
    const home = join(temporary.path, 'home');
    await Git.open(home, SETTINGS, PATH);
    const written = await readFile(join(home, 'config'), 'utf8');
    await writeFile(join(home, 'config'), '[core]\n\thooksPath = /nowhere\n');
    const git = await Git.open(home, SETTINGS, PATH);
    expect(await readFile(join(home, 'config'), 'utf8')).toBe(written);
    expect((await git.run(['config', 'receive.maxInputSize'])).trim()).toBe('1000');
  });

  it('tells with its exit status and its words why it failed', async () => {
    const git = await openTestGit(temporary.path);
    await expect(git.run(['rev-parse', '--verify', 'none'])).rejects.toMatchObject({
      code: 128,
      stderr: expect.stringContaining('fatal: '),
    });
  });

  it.each([
    ['that is missing', null],
    ['that is too old', 'echo git version 2.35.9'],
    ['that is far too old', 'echo git version 1.8.3.1'],
    ['that fails', 'exit 1'],
  ])('%s keeps the server from starting, with words', async (_, body) => {
    const program = join(temporary.path, 'git-program');
    if (body !== null) {
      await writeFile(program, `#!/bin/sh\n${body}\n`);
      await chmod(program, 0o755);
    }
    const opened = Git.open(join(temporary.path, 'home'), { ...SETTINGS, program }, PATH);
    const error = await opened.catch((raw: unknown) => raw);
    expect(error).toBeInstanceOf(DistGitError);
    expect((error as DistGitError).code).toBe('config_invalid');
    expect((error as DistGitError).detail.remedy).toContain('Install git 2.36');
  });

  it.each(['git version 2.36.0', 'git version 2.47.1.windows.1', 'git version 3.0.0'])(
    'may be %s',
    async (version) => {
      const program = join(temporary.path, 'git-program');
      await writeFile(program, `#!/bin/sh\necho ${version}\n`);
      await chmod(program, 0o755);
      const home = join(temporary.path, 'home');
      await expect(Git.open(home, { ...SETTINGS, program }, PATH)).resolves.toBeInstanceOf(Git);
    },
  );
});
