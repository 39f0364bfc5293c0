import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../cli/commands/index.ts';
import { GLOBAL_OPTIONS } from '../../cli/global-options.ts';
import { ABSENT_OPTIONS, ABSENT_VERBS, BEFORE_VERB } from '../../cli/rpkg-absent.ts';
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

/** All verbs of rpkg. */
async function verbsOfRpkg(): Promise<string[]> {
  const [, verbs = ''] = /\{([a-z,-]+)\}/.exec(await rpkg('--help')) ?? [];
  return verbs.split(',');
}
/** Nouns have their options behind a second word. */
const isNoun = (verb: string): boolean => COMMANDS.some(({ name }) => name.startsWith(`${verb} `));
const commandOf = (verb: string) =>
  COMMANDS.find(({ name, aliases = [] }) => [name, ...aliases].includes(verb));

describe('every verb and option of rpkg is here, or has a reason why it is not:', () => {
  it('verbs', async () => {
    const theirs = await verbsOfRpkg();
    expect(theirs).toContain('mockbuild');
    const isHere = (verb: string): boolean =>
      // commander's own.
      verb === 'help' || commandOf(verb) !== undefined || isNoun(verb);
    const missing = theirs.filter((verb) => !isHere(verb));
    expect(missing.filter((verb) => ABSENT_VERBS[verb] === undefined)).toEqual([]);
    expect(Object.keys(ABSENT_VERBS).filter((verb) => commandOf(verb) !== undefined)).toEqual([]);
  });

  it('options of each verb that both have', async () => {
    const both = (await verbsOfRpkg()).filter((verb) => commandOf(verb) !== undefined);
    expect(both.length).toBeGreaterThan(35);
    const missing: string[] = [];
    const needless: string[] = [];
    for (const verb of both) {
      const ours = new Set(optionsOf(commandOf(verb)?.options ?? []).concat('--json'));
      const theirs = await optionsOfRpkg(verb);
      expect(theirs).toContain('--help');
      const reasons = ABSENT_OPTIONS[verb] ?? {};
      const without = theirs.filter((option) => !ours.has(option));
      missing.push(
        ...without.filter((option) => !(option in reasons)).map((option) => `${verb} ${option}`),
      );
      needless.push(
        ...Object.keys(reasons)
          .filter((option) => !without.includes(option))
          .map((option) => `${verb} ${option}`),
      );
    }
    expect({ missing, needless }).toEqual({ missing: [], needless: [] });
    const known = new Set([BEFORE_VERB, ...both]);
    expect(Object.keys(ABSENT_OPTIONS).filter((verb) => !known.has(verb))).toEqual([]);
  }, 600_000);

  it('options before the verb', async () => {
    const reasons = Object.keys(ABSENT_OPTIONS[BEFORE_VERB] ?? {});
    const theirs = await optionsOfRpkg();
    expect(theirs).toEqual(expect.arrayContaining(reasons));
    expect(optionsOf(GLOBAL_OPTIONS).concat(reasons)).toEqual(expect.arrayContaining(theirs));
  });

  it('remote add', async () => {
    expect(optionsOf(commandOf('remote add')?.options ?? [])).toEqual(
      expect.arrayContaining(await optionsOfRpkg('remote', 'add')),
    );
  });

  it('the reason is told where somebody types it', async () => {
    const { ann } = scenario;
    for (const [args, said] of [
      [['copr-build', 'x'], /^error: unknown command 'copr-build'\nCopr takes source packages: /],
      [['update'], /^error: unknown command 'update'\nThere is no Bodhi here\. /],
      [['build', '--md5'], /^error: unknown option '--md5'\nKoji builds the source package itself/],
      [['--runas=ann', 'build'], /^error: unknown option '--runas=ann'\nNobody logs in to Koji/],
      [['build', '--fast'], /^error: unknown option '--fast'\nto do: centpkg build --help\n$/],
    ] as const)
      expect(await ann.run(args, { cwd })).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(said) as string,
      });
  });
});
