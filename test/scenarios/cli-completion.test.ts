import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../cli/commands/index.ts';
import { manualPages } from '../../cli/manual/manual-pages.ts';
import { EXIT_STATUSES } from '../../core/api/error-table.ts';
import { centpkgBundle } from '../support/bundle.ts';
import { Centpkg } from '../support/centpkg.ts';
import { installPackages } from '../support/debian.ts';
import { run } from '../support/process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ZSH_TYPIST } from '../support/zsh-typist.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SHOWN = COMMANDS.filter(({ hidden }) => hidden !== true);
const WORDS = [
  ...new Set(SHOWN.flatMap(({ name, aliases = [] }) => [name.split(' ')[0] ?? '', ...aliases])),
  'help',
].sort();
const BRANCHES = ['scl-devtoolset-3-el6', 'scl-python33-el7'];

let person: Centpkg;
let cwd = '';

beforeAll(async () => {
  await installPackages({ zsh: 'zsh', fish: 'fish', mandoc: 'mandoc', man: 'man-db' });
  const folder = await temporaryFolder();
  person = await Centpkg.at(join(folder.path, 'ann'), 'ann');
  cwd = join(person.home, 'copy');
  await person.git(person.home, 'init', '--quiet', 'copy');
  await person.git(cwd, 'commit', '--quiet', '--allow-empty', '-m', 'x');
  for (const branch of BRANCHES)
    await person.git(cwd, 'update-ref', `refs/remotes/origin/${branch}`, 'HEAD');
  await person.git(cwd, 'tag', 'v1');
  // A clone may come from anybody.
  await person.git(cwd, 'update-ref', 'refs/remotes/origin/scl-$(touch${IFS}ran)-el7', 'HEAD');
  await person.git(cwd, 'tag', 'v2`touch${IFS}ran`');
  await person.git(cwd, 'tag', 'v3;touch${IFS}ran');
  await writeFile(join(cwd, 'a file.tar'), '');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = await person.must(['completion', shell], {
      // No server, no login.
      env: { CENTPKG_URL: undefined },
    });
    await writeFile(join(person.home, `completion.${shell}`), script);
  }
  return () => folder[Symbol.asyncDispose]();
}, 600_000);

/** What bash offers behind these words; the last one is being typed. */
async function offeredByBash(line: readonly string[]): Promise<string[]> {
  const script = `source "$HOME/completion.bash"
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _centpkg
    [ \${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ['--norc', '-c', script, 'bash', ...line];
  const { code, stdout, stderr } = await person.does('bash', args, { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').slice(0, -1).sort();
}

async function offeredByFish(line: readonly string[]): Promise<string[]> {
  const script = `source $HOME/completion.fish; complete --do-complete "${line.join(' ')}"`;
  const { code, stdout, stderr } = await person.does('fish', ['--no-config', '-c', script], {
    cwd,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.split('\n').filter((one) => one !== '');
  return lines.map((one) => one.split('\t')[0] ?? '').sort();
}

const ofGroup = (noun: string): string[] =>
  SHOWN.flatMap(({ name }) =>
    name.startsWith(`${noun} `) ? [name.split(' ')[1] ?? ''] : [],
  ).sort();

describe.each([
  ['bash', offeredByBash],
  ['fish', offeredByFish],
])('%s offers', (_shell, offered) => {
  it.each<[string, string[], string[]]>([
    ['every verb', ['centpkg', ''], WORDS],
    ['what begins like that', ['centpkg', 'swi'], ['switch-branch']],
    ['the verbs of a noun', ['centpkg', 'sig', ''], ofGroup('sig')],
    ['branches for an option', ['centpkg', 'clone', '-b', ''], BRANCHES],
    ['branches for an argument', ['centpkg', 'switch-branch', 'scl-d'], ['scl-devtoolset-3-el6']],
    ['branches before the verb', ['centpkg', '--release', ''], BRANCHES],
    ['verbs behind such an option', ['centpkg', '--release', 'x', 'gitu'], ['giturl']],
    ['options of an alias', ['centpkg', 'co', '--de'], ['--depth']],
    ['tags', ['centpkg', 'tag', '--force', ''], ['v1']],
    ['choices', ['centpkg', 'collection', 'create', '--vendor', ''], ['rh', 'sclo']],
    ['shells', ['centpkg', 'completion', ''], ['bash', 'fish', 'zsh']],
    ['verbs to help with', ['centpkg', 'help', 'swi'], ['switch-branch']],
    ['nothing where nothing fits', ['centpkg', 'token', 'create', '--user', ''], []],
  ])('%s', async (_, line, words) => {
    expect(await offered(line)).toEqual([...words].sort());
  });

  it('nothing that a shell would run, and runs nothing itself', async () => {
    for (const words of [
      ['switch-branch', ''],
      ['tag', ''],
      ['tag', 'v2'],
      ['clone', '-b', 'scl-'],
    ])
      expect((await offered(['centpkg', ...words])).join(' ')).not.toMatch(/touch/);
    expect(await readdir(cwd)).not.toContain('ran');
  });

  it('files', async () => {
    // The value of an option may be left out, and is a file where it is not.
    for (const place of [['upload'], ['scratch-build', '--srpm']]) {
      const [file = ''] = await offered(['centpkg', ...place, 'a']);
      expect(file).toBe('a file.tar');
    }
  });

  it('every option of every command', async () => {
    // Some, for a shell is started for each.
    for (const name of ['tag', 'collection create', 'remote add', 'pre-push-check']) {
      const spec = SHOWN.find((one) => one.name === name);
      const flags = (spec?.options ?? []).flatMap(
        ({ flags: text }) => text.match(/(?<!\S)--[\w-]+/g) ?? [],
      );
      const found = await offered(['centpkg', ...name.split(' '), '--']);
      expect(found).toEqual([...flags, '--json', '--help'].sort());
    }
  });
});

it.each([
  ['centpkg swi', '*centpkg switch-branch*'],
  ['centpkg sig ', '*approve*Let a user commit*'],
  ['centpkg clone -b scl-d', '*scl-devtoolset-3-el6*'],
  ['centpkg co --de', '*centpkg co --depth*'],
  ['centpkg tag ', '*centpkg tag v1*'],
  ['centpkg upload a', '*a\\\\ file.tar*'],
  ['centpkg collection create --vendor s', '*--vendor sclo*'],
])('zsh completes "%s" on a terminal', async (line, shown) => {
  const script = join(person.home, 'completion.zsh');
  const args = ['-f', '-c', ZSH_TYPIST, 'zsh', script, line, shown];
  expect(await person.does('zsh', args, { cwd })).toMatchObject({ code: 0, stderr: '' });
});

it('another shell is refused', async () => {
  const { code, stderr } = await person.run(['completion', 'csh']);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'error: There is no completion for csh.\nto do: Name one of: bash, zsh, fish\n',
  });
});

describe('the manual', () => {
  const pages = manualPages(COMMANDS, { version: '1.2.3', date: '2026-01-31' });

  it('has a page for every command, and they name each option and example', () => {
    expect(pages.size).toBe(SHOWN.length + 1);
    for (const { name, options = [], examples } of SHOWN) {
      const text = pages.get(`centpkg-${name.replaceAll(' ', '-')}.1`) ?? '';
      const plain = text.replace(/\\f[BIR]/g, '').replaceAll('\\-', '-');
      for (const { flags } of options)
        expect(plain).toContain(`.TP\n${flags.replace(/<([^>]+)>/g, '$1')}\n`);
      expect(plain.match(/^centpkg |^source /gm)?.length).toBeGreaterThanOrEqual(examples.length);
    }
  });

  it('tells every exit status', () => {
    for (const [status, what] of Object.entries(EXIT_STATUSES))
      for (const text of pages.values())
        expect(text.toLowerCase()).toContain(`\\fb${status}\\fr\n${what}.`);
  });

  it('is written by the build; mandoc and man find nothing wrong with it', async () => {
    await centpkgBundle();
    const folder = join(ROOT, 'dist/man/man1');
    const files = (await readdir(folder)).map((name) => join(folder, name));
    expect(files.map((file) => file.slice(folder.length + 1)).sort()).toEqual(
      [...pages.keys()].sort(),
    );
    const lint = await run('mandoc', ['-Tlint', '-Wwarning', ...files]);
    expect(lint).toEqual({ code: 0, stdout: '', stderr: '' });
    const env = { LC_ALL: 'C.UTF-8', MANWIDTH: '80', PATH: process.env.PATH ?? '' };
    for (const name of ['centpkg.1', 'centpkg-clone.1', 'centpkg-retire.1']) {
      const args = ['--warnings', '--local-file', join(folder, name)];
      const { code, stdout, stderr } = await run('man', args, { env });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('EXIT STATUS');
    }
  });

  it('shows what is to be typed as it is to be typed', async () => {
    const file = join(ROOT, 'dist/man/man1/centpkg-tag.1');
    const { stdout } = await run('mandoc', ['-Tutf8', file]);
    // Bold as typewriters had it.
    const text = stdout.replace(new RegExp('.\b', 'gu'), '');
    expect(text).toContain("centpkg tag --list 'v3.*'");
    expect(text).toMatch(/-m, --message text$/m);
  });

  it('README tells every exit status', async () => {
    const readme = (await readFile(join(ROOT, 'README.md'), 'utf8')).replace(/\s+/g, ' ');
    const missing = Object.entries(EXIT_STATUSES).filter(
      ([status, what]) => !readme.includes(`${status} ${what}`),
    );
    expect(missing).toEqual([]);
  });
});
