import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../cli/commands/index.ts';
import { cliScenario } from '../support/cli-scenario.ts';
import { deadUrl } from '../support/faulty-proxy.ts';

const scenario = cliScenario();
const nobody = await deadUrl();

const helpOf = async (words: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await scenario.ann.run([...words, '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};

describe('--help', () => {
  it.each(COMMANDS)('of "$name" shows its arguments, options and examples', async (spec) => {
    const help = await helpOf(spec.name.split(' '));
    const names = [spec.name, ...(spec.aliases ?? []).slice(0, 1)].join('|');
    expect(help.startsWith(`Usage: centpkg ${names} `)).toBe(true);
    expect(help).toContain(spec.args ?? '');
    expect(help.replace(/\s+/g, ' ')).toContain(spec.summary);
    for (const { flags } of spec.options ?? []) expect(help).toContain(flags);
    const examples = help.slice(help.indexOf('\nExamples:\n')).split('\n').slice(2, -1);
    expect(examples).toEqual(spec.examples.map((one) => `  ${one}`));
    for (const example of examples) expect(example).toMatch(/\bcentpkg /);
  });

  it('of the program lists every command, the exit statuses and an example', async () => {
    const help = await helpOf([]);
    const shown = COMMANDS.filter(({ hidden }) => hidden !== true);
    for (const { name } of shown)
      expect(help).toMatch(new RegExp(`^ {2}${name.split(' ')[0]}\\b`, 'm'));
    expect(help).not.toContain('git-credential');
    expect(help).toMatch(/Exit status: 0 done.*7 server not reachable/s);
    expect(help).toMatch(/^Examples:\n {2}centpkg /m);
  });

  const groups = new Set(
    COMMANDS.flatMap(({ name }) => (name.includes(' ') ? [name.split(' ')[0] ?? ''] : [])),
  );
  it.each([...groups])('of "%s" lists what can be done with it', async (noun) => {
    const help = await helpOf([noun]);
    for (const { name, summary } of COMMANDS)
      if (name.startsWith(`${noun} `)) {
        expect(help).toMatch(new RegExp(`^ {2}${name.split(' ')[1]}\\b`, 'm'));
        expect(help.replace(/\s+/g, ' ')).toContain(summary);
      }
  });

  it('fits into 80 columns', async () => {
    const shown = [[], ['sig'], ['remote'], ['remote', 'add'], ['token', 'create'], ['tag']];
    for (const words of shown)
      for (const line of (await helpOf(words)).split('\n'))
        expect({ line, fits: line.length <= 80 || /^ {2}centpkg /.test(line) }).toEqual({
          line,
          fits: true,
        });
  });
});

it('--version is that of the package', async () => {
  const text = await readFile(resolve(import.meta.dirname, '../../package.json'), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  for (const flag of ['--version', '-V'])
    expect(await scenario.ann.run([flag])).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
});

describe('a wrong command line exits with 2 and says what is wrong:', () => {
  it.each([
    [['comit'], "unknown command 'comit'\n(Did you mean commit?)"],
    [['sig', 'creat', 'x'], "unknown command 'creat'\n(Did you mean create?)"],
    [['new-source', 'x'], "unknown command 'new-source'\n(Did you mean new-sources?)"],
    [['sig', 'show'], "missing required argument 'name'"],
    [['sig', 'show', 'a', 'b'], 'too many arguments'],
    [['sig', 'list', '--all'], "unknown option '--all'"],
    [['clone', '-b'], "option '-b, --branch <branch>' argument missing"],
    [['sig', 'policy', 'sclo', '--commit', 'nobody'], 'approved, members'],
    [['token', 'create', '--verb', 'push,fly'], 'push, upload, manage, admin'],
    [['push', 'list', '--limit', 'all'], '--limit takes a number'],
    [['collection', 'create', 'x'], '--sig and --el are required'],
    [['collection', 'apply', 'x', '--dry-run'], 'centpkg collection plan x'],
    [['--dry-run', 'collection', 'apply', 'x'], 'centpkg collection plan x'],
    [['collection', 'apply', 'x', '--prune'], 'are for --file'],
    [['component', 'create', 'x'], '--collection is required'],
    [['user', 'edit', 'ann', '--enable', '--disable'], 'Both --disable and --enable'],
    [['component', 'show', 'a/b'], 'Component name "a/b" is not valid'],
    [['sig', 'show', '../users'], 'SIG name "../users" is not valid'],
    [['collection', 'create', 'x', '--sig', 'sclo', '--el', '5'], 'EL release "5" is not known'],
    [['clone', 'python', '-b', 'master'], '"master" is not a release branch'],
  ])('centpkg %j', async (args, words) => {
    const { code, stdout, stderr } = await scenario.ann.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(words);
  });

  it.each([[[]], [['sig']]])('centpkg %j shows its help', async (args) => {
    const { code, stdout, stderr } = await scenario.ann.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: centpkg /);
  });
});

describe('the exit status tells the kind of the error:', () => {
  const elsewhere = { env: { CENTPKG_URL: nobody } };
  it.each([
    ['not found', 3, 'not_found', 'ann', ['sig', 'show', 'nothere'], {}],
    ['not found', 3, 'not_found', 'ann', ['clone', 'nothere'], {}],
    ['not logged in', 4, 'authentication_required', 'visitor', ['token', 'create'], {}],
    [
      'not allowed',
      4,
      'not_allowed',
      'sam',
      ['component', 'create', 'p', '--collection', 'python33'],
      {},
    ],
    ['not allowed', 4, 'not_allowed', 'ann', ['audit', 'list'], {}],
    ['conflict', 5, 'conflict', 'admin', ['sig', 'create', 'sclo'], {}],
    ['no clone', 2, 'usage', 'ann', ['sources'], {}],
    ['bad name', 2, 'name_invalid', 'ann', ['component', 'show', 'a..b'], {}],
    ['bad input', 2, 'input_invalid', 'ann', ['push', 'list', '--limit', '0'], {}],
    ['not reachable', 7, 'unavailable', 'ann', ['sig', 'list'], elsewhere],
  ] as const)('%s is %i, and with --json the error is JSON', async (...row) => {
    const [, exit, code, who, args, options] = row;
    const { url } = scenario.server;
    const person = who === 'visitor' ? await scenario.visitor() : scenario[who];
    const env = { CENTPKG_URL: url, ...('env' in options ? options.env : {}) };
    const text = await person.run(args, { env });
    expect(text).toEqual({
      code: exit,
      stdout: '',
      stderr: expect.stringMatching(/^error: [^\n]+\n(to do: [^\n]+\n)?$/) as string,
    });
    const json = await person.run([...args, '--json'], { env });
    expect({ code: json.code, stdout: json.stdout }).toEqual({ code: exit, stdout: '' });
    const { error } = JSON.parse(json.stderr) as { error: { code: string; message: string } };
    expect(error.code).toBe(code);
    expect(text.stderr).toContain(error.message);
  });

  it.each([[['sig', 'show']], [['sig', 'lst']], [['sig', 'list', '--no-such']]])(
    'wrong use is 2, and with --json the error is JSON: centpkg %j',
    async (args) => {
      const { code, stdout, stderr } = await scenario.ann.run([...args, '--json']);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'usage' } });
    },
  );
});

it('a reader that goes away ends it without a word', async () => {
  const command = 'centpkg audit list --limit 1000 --json | true';
  const { stderr } = await scenario.admin.does('bash', ['-c', command]);
  expect(stderr).toBe('');
});
