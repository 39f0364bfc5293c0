import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../cli/commands/index.ts';
import { GLOBAL_OPTIONS } from '../../cli/global-options.ts';
import { cliScenario } from '../support/cli-scenario.ts';
import { run } from '../support/process.ts';
import { installRpkg } from './support/rpkg-install.ts';

/** The same clone in the hands of our centpkg and of the real rpkg. */
const scenario = cliScenario();
let path = '';
let config = '';
let cwd = '';
let component = '';
let changes = 0;

const CHANGELOG = `%changelog
* Mon Jan 05 2026 Ann <ann@example.org> - 1-2
- Fix a crash - once and for all
- 100%% of the tests pass

* Fri Jan 02 2026 Ann <ann@example.org> - 1-1
- First build
`;
const specOf = (name: string): string =>
  `Name: ${name}\nVersion: 1\nRelease: 2\nSummary: s\nLicense: MIT\n%description\nd\n${CHANGELOG}`;

beforeAll(async () => {
  path = await installRpkg();
  config = scenario.path('rpkg.conf');
  const answer = await fetch(`${scenario.server.url}/client/rpkg.conf`);
  await writeFile(config, await answer.text());
  ({ folder: cwd, component } = await scenario.annCopy());
  await writeFile(join(cwd, `${component}.spec`), specOf(component));
  await scenario.ann.git(cwd, 'add', '--all');
  await scenario.ann.git(cwd, 'commit', '--quiet', '-m', 'Add the spec');
  await scenario.ann.git(cwd, 'tag', '-a', '-m', 'x', 'v1');
  await scenario.ann.git(cwd, 'tag', '-a', '-m', 'x', 'w2');
}, 600_000);

async function rpkg(...args: string[]): Promise<string> {
  const { ann } = scenario;
  const env = { ...ann.env, PATH: path, USER: 'ann', GIT_CONFIG_GLOBAL: '/dev/null' };
  // It takes the release from the names of branches of RHEL alone.
  const all = ['-C', config, '--release', 'rhel-7', ...args];
  const { code, stdout, stderr } = await run('rpkg', all, { cwd, env });
  if (code !== 0) throw new Error(`rpkg ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}
const ours = (...args: string[]): Promise<string> => scenario.ann.must(args, { cwd });

describe('the same comes of rpkg and of centpkg:', () => {
  it.each([[['giturl']], [['tag', '--list']], [['tag', '-l', 'w*']], [['diff']], [['new']]])(
    '%j',
    async (args) => {
      await writeFile(join(cwd, 'sources'), '# changed\n');
      const theirs = await rpkg(...args);
      expect(theirs.trim()).not.toBe('');
      expect(await ours(...args)).toBe(theirs);
      await scenario.ann.git(cwd, 'checkout', '--quiet', '--', 'sources');
    },
  );

  it.each([[['clog']], [['clog', '--raw']]])('%j', async (args) => {
    await rpkg(...args);
    const theirs = await readFile(join(cwd, 'clog'), 'utf8');
    await rm(join(cwd, 'clog'));
    await ours(...args);
    expect(await readFile(join(cwd, 'clog'), 'utf8')).toBe(theirs);
    await rm(join(cwd, 'clog'));
  });

  it.each([
    [['commit', '--clog']],
    [['ci', '-c', '--raw', '-s']],
    [['commit', '-m', 'Rebuild', '--with-changelog']],
    [['commit', '-m', 'Rebuild', '-s']],
  ])('%j', async (args) => {
    const message = async (tool: (...words: string[]) => Promise<string>): Promise<string> => {
      await writeFile(join(cwd, 'sources'), `# ${++changes}\n`);
      await tool(...args);
      return scenario.ann.git(cwd, 'log', '-1', '--format=%B%an%n%cn');
    };
    const theirs = await message(rpkg);
    expect(await message(ours)).toBe(theirs);
  });

  it('["clean"], of which files go', async () => {
    const told = async (tool: (...words: string[]) => Promise<string>): Promise<string> => {
      await writeFile(join(cwd, 'new'), '');
      return tool('clean');
    };
    expect(await told(ours)).toBe(await told(rpkg));
  });

  it('["switch-branch", "-l"], but for blanks at the ends of lines', async () => {
    const lines = (text: string): string[] => text.split('\n').map((line) => line.trimEnd());
    expect(lines(await ours('switch-branch', '-l'))).toEqual(
      lines(await rpkg('switch-branch', '--list')),
    );
  });
});

/** Long and short options in the help of rpkg's parser. */
async function optionsOfRpkg(...words: string[]): Promise<string[]> {
  const help = await rpkg(...words, '--help');
  const lines = help.split('\n').filter((line) => /^ {2}-/.test(line));
  return lines.flatMap((line) => line.match(/(?<=^ {2}|, )--?[\w-]+/g) ?? []);
}
const optionsOf = (specs: readonly { flags: string }[]): string[] =>
  specs.flatMap(({ flags }) => flags.match(/(?<!\S)--?[\w-]+/g) ?? []).concat('-h', '--help');

describe('every option of rpkg is one here:', () => {
  it.each(
    'clean clog clone co commit ci diff giturl new patch pull push retire switch-branch tag pre-push-check'
      .split(' ')
      .map((verb) => [verb]),
  )('%s', async (verb) => {
    const spec = COMMANDS.find(({ name, aliases = [] }) => [name, ...aliases].includes(verb));
    const theirs = await optionsOfRpkg(verb);
    expect(theirs).toContain('--help');
    expect(optionsOf(spec?.options ?? [])).toEqual(expect.arrayContaining(theirs));
  });

  it('before the verb, but for Koji and namespaces, of which a server has one', async () => {
    const none = new Set(['--password', '--runas', '--namespace']);
    const theirs = (await optionsOfRpkg()).filter((option) => !none.has(option));
    expect(optionsOf(GLOBAL_OPTIONS)).toEqual(expect.arrayContaining(theirs));
  });

  it('remote add', async () => {
    const spec = COMMANDS.find(({ name }) => name === 'remote add');
    expect(optionsOf(spec?.options ?? [])).toEqual(
      expect.arrayContaining(await optionsOfRpkg('remote', 'add')),
    );
  });
});
