import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildScenario, type Package, PREFIX } from '../support/build-scenario.ts';
import { faultsIn } from '../support/scenario.ts';

const scenario = buildScenario();
const says = (text: string) => expect.stringContaining(text) as string;
const as = async (who: 'ann' | 'carol' | 'sam', args: string[]) => {
  const { code, stdout, stderr } = await scenario[who].run(args);
  return [code, stdout, stderr] as const;
};
const add = (nvr: string, test: string, outcome: string, ...more: string[]): string[] =>
  ['result', 'add', nvr, '--test', test, '--outcome', outcome].concat(more);

/** A package that is built, in the tag of level candidate. */
async function builtPackage(): Promise<Package> {
  const one = await scenario.annPackage();
  await scenario.ann.must(['build', '--nowait'], { cwd: one.folder });
  const task = await scenario.taskOf('build', one);
  scenario.builder.take(task);
  scenario.builder.complete(task, one.nvr);
  await scenario.until(one.component, ({ state }) => state === 'complete');
  return one;
}
/** Koji's builders do what waits, and the server has seen it. */
async function tagged({ component }: Package, tag: string): Promise<void> {
  scenario.builder.finishTagging(await scenario.taskOf('tagBuild'));
  await scenario.until(component, ({ tags }) => tags.includes(tag));
}

let one: Package;
beforeAll(async () => {
  one = await builtPackage();
});

describe('a result of a test', () => {
  it('is recorded by who may push to the branch, and by nobody else', async () => {
    const url = 'https://ci.example.org/1';
    expect(await as('sam', add(one.nvr, 'smoke', 'passed'))).toEqual([
      4,
      '',
      says(`SIG sclo has not approved sam for ${one.component}.`),
    ]);
    expect(await as('ann', add(one.nvr, 'smoke', 'failed', '--url', url))).toEqual([
      0,
      `smoke of ${one.nvr}: FAILED.\n`,
      '',
    ]);
    const audit = await scenario.server.must('listAudit', { limit: 5 });
    const entry = audit.items.find(({ action, allowed }) => action === 'build.result' && allowed);
    expect([entry?.actor, entry?.subject]).toEqual(['ann', one.nvr]);
    expect(entry?.detail).toMatchObject({ test: 'smoke', outcome: 'FAILED', url });
  });

  it('may be of a robot that the SIG lets push, within its scope', async () => {
    const { server, people } = scenario;
    const robot = async (component: string) =>
      server.must(
        'createToken',
        { robot: 'ci', verbs: ['push'], components: [component] },
        people.committer,
      );
    const input = { nvr: one.nvr, test: 'robot', outcome: 'INFO' } as const;
    const own = await robot(one.component);
    expect(await server.call('recordResult', input, own.token)).toMatchObject({ status: 201 });
    const other = await robot(await scenario.component());
    expect(await server.call('recordResult', input, other.token)).toMatchObject({
      status: 403,
      body: { rule: 'token-scope' },
    });
  });

  it('stays, and the newest of a test counts', async () => {
    const escape = 'https://ci.example.org/\u001b[31m';
    const looked = add(one.nvr, 'smoke', 'needs-inspection', '--url', escape);
    expect((await as('ann', looked))[0]).toBe(0);
    expect((await as('ann', add(one.nvr, 'smoke', 'passed')))[0]).toBe(0);
    const { items } = await scenario.server.must('listResults', { nvr: one.nvr }, null);
    expect(items.map(({ test, outcome, url }) => [test, outcome, url])).toEqual([
      ['smoke', 'PASSED', null],
      ['smoke', 'NEEDS_INSPECTION', 'https://ci.example.org/%1B[31m'],
      ['robot', 'INFO', null],
      ['smoke', 'FAILED', 'https://ci.example.org/1'],
    ]);
    expect(await scenario.ann.must(['builds'], { cwd: one.folder })).toMatch(
      /TESTS\n.*robot INFO, smoke PASSED$/m,
    );
    expect(await scenario.ann.must(['result', 'list', one.nvr])).toMatch(/^TEST .*\nsmoke +PASSED/);
  });

  it.each([
    [['result', 'add', 'a-1-1', '--outcome', 'passed'], 2, '--test is required.'],
    [['result', 'add', 'a-1-1', '--test', 'x'], 2, '--outcome is required.'],
    [add('a-1-1', 'x', 'wrong'), 2, 'It takes one of: passed, info, failed, needs-inspection.'],
    [add('a-1-1', 'a b', 'passed'), 2, 'Test "a b" is not valid.'],
    [add('a-1-1', 'x', 'passed', '--url', 'file:///etc/passwd'), 2, 'body.url'],
    [add('a-1-1', 'x', 'passed'), 3, 'a-1-1 was not built from this server.'],
    [['result', 'list', 'a-1-1'], 3, 'a-1-1 was not built from this server.'],
  ])('is refused with what is wrong: %j', async (args, code, words) => {
    expect(await as('ann', args)).toEqual([code, '', says(words)]);
  });
});

describe('a level that wants tests', () => {
  const toTesting = (): string[] => ['promote', one.nvr, '--to', 'testing'];

  it('is declared by members of the SIG', async () => {
    const edit = ['collection', 'edit', 'python33', '--tests-for-testing', 'functional,smoke'];
    expect((await as('sam', edit))[0]).toBe(4);
    expect(await as('carol', edit)).toEqual([0, says('for testing: '), '']);
    const show = await scenario.ann.must(['collection', 'show', 'python33']);
    expect(show).toMatch(/^for testing: +passed functional, smoke$/m);
    const file = join(scenario.carol.home, 'promotion.yaml');
    const declared = (tests: string) =>
      `collections:\n  - name: python33\n    promotion: { release: { tests: [${tests}] } }\n    releases: { "6": [], "7": [] }\n`;
    await writeFile(file, declared('released'));
    const apply = ['collection', 'apply', '-f', file];
    expect((await as('carol', apply))[1]).toContain('tests for release: - -> released\n');
    expect((await as('carol', apply))[1]).toContain('0 changed, 1 as declared');
    const exported = await scenario.carol.must(['collection', 'export', '--sig', 'sclo']);
    await writeFile(file, exported);
    expect(exported).toContain('promotion:');
    expect((await as('carol', [...apply, '--dry-run']))[1]).toContain('0 to create, 0 to change');
    await writeFile(file, declared('a b, x, x'));
    expect(await as('carol', apply)).toEqual([2, '', says('Test "a b" is not valid.')]);
  });

  it('takes no build that lacks one, or has failed one, and says what to type', async () => {
    expect(await as('ann', toTesting())).toEqual([
      6,
      '',
      `error: For testing, python33 wants tests that ${one.nvr} has not passed: functional (no result).
to do: When it has passed: centpkg result add ${one.nvr} --test functional --outcome passed
`,
    ]);
    expect((await as('ann', add(one.nvr, 'functional', 'failed')))[0]).toBe(0);
    expect((await as('ann', add(one.nvr, 'smoke', 'needs-inspection')))[0]).toBe(0);
    expect(await as('ann', toTesting())).toEqual([
      6,
      '',
      says('has not passed: functional (FAILED), smoke (NEEDS_INSPECTION).'),
    ]);
    expect(scenario.builder.waiting('tagBuild')).toEqual([]);
    expect(await scenario.ann.must(['result', 'list', one.nvr])).toMatch(
      /\nFor testing: functional \(FAILED\), smoke \(NEEDS_INSPECTION\)\nFor release: released \(no result\)\n$/,
    );
  });

  it('takes it when all have passed; the next level wants its own', async () => {
    for (const test of ['functional', 'smoke'])
      expect((await as('ann', add(one.nvr, test, 'passed')))[0]).toBe(0);
    expect((await as('ann', toTesting()))[0]).toBe(0);
    await tagged(one, `${PREFIX}-testing`);
    const audit = await scenario.server.must('listAudit', { limit: 20 });
    const { items } = await scenario.server.must('listResults', { nvr: one.nvr });
    const counted = ['functional', 'smoke'].map(
      (test) => items.find((result) => result.test === test)?.id,
    );
    const entry = audit.items.find(({ action }) => action === 'build.promote');
    expect(entry?.detail.results).toEqual(counted);
    const release = ['promote', one.nvr, '--to', 'release'];
    expect(await as('carol', release)).toEqual([6, '', says('released (no result)')]);
    expect((await as('carol', add(one.nvr, 'released', 'info')))[0]).toBe(0);
    expect((await as('carol', release))[0]).toBe(0);
  });

  it('wants nothing any more when it is told so', async () => {
    const edit = ['collection', 'edit', 'python33', '--tests-for-testing', ''];
    expect((await as('carol', edit))[1]).not.toContain('for testing');
    const { promotion } = await scenario.server.must('showCollection', { collection: 'python33' });
    expect(promotion).toEqual({ testing: { tests: [] }, release: { tests: ['released'] } });
    const other = await builtPackage();
    expect((await as('ann', ['promote', other.nvr, '--to', 'testing']))[0]).toBe(0);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
