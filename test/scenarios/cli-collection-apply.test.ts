import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { cliScenario } from '../support/cli-scenario.ts';
import { git } from '../support/process.ts';
import { faultsIn } from '../support/scenario.ts';

const scenario = cliScenario();
const SCLO_FILE = resolve(import.meta.dirname, '../fixtures/sclo-collections.yaml');

type Applied = ApiOutput<'applyDeclaration'>;
type Who = 'admin' | 'carol' | 'sam';

async function fileOf(text: string, name = 'collections.yaml'): Promise<string> {
  const file = join(scenario.carol.home, name);
  await writeFile(file, text);
  return file;
}
async function apply(file: string, ...options: string[]): Promise<Applied> {
  const { code, stdout, stderr } = await scenario.carol.run([
    'collection',
    'apply',
    '--file',
    file,
    '--json',
    ...options,
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Applied;
}
async function refused(who: Who, text: string, ...options: string[]) {
  const file = await fileOf(text);
  const { code, stderr } = await scenario[who].run(['collection', 'apply', '-f', file, ...options]);
  return { code, lines: stderr.trimEnd().replaceAll(`${file}:`, '').split('\n') };
}
const listed = async () => (await scenario.server.must('listCollections', {})).items;
const sums = ({ changes, unchanged, applied }: Applied) => ({
  applied,
  unchanged,
  create: changes.filter(({ action }) => action === 'create').length,
  change: changes.filter(({ action }) => action === 'change').length,
  remove: changes.filter(({ action }) => action === 'remove').length,
});

describe("the SCLo SIG's file", () => {
  it('is tried without a trace, then makes 72 collections, then changes nothing', async () => {
    const before = await listed();
    const tried = await apply(SCLO_FILE, '--dry-run');
    const inFront = ['--dry-run', 'collection', 'apply', '-f', SCLO_FILE];
    expect(await scenario.carol.json(inFront)).toEqual(tried);
    // rh-python34 is there.
    expect(sums(tried)).toEqual({ applied: false, unchanged: 1, create: 71, change: 0, remove: 0 });
    expect(await listed()).toEqual(before);
    const done = await apply(SCLO_FILE);
    expect({ ...done, applied: false }).toEqual(tried);
    const again = await apply(SCLO_FILE);
    expect(sums(again)).toEqual({ applied: true, unchanged: 72, create: 0, change: 0, remove: 0 });
    const { stdout } = await scenario.carol.run(['collection', 'apply', '-f', SCLO_FILE]);
    expect(stdout).toMatch(/\n\n0 created, 0 changed, 72 as declared\.\n$/);
  });

  it('has 224 dependencies, in their order', async () => {
    const items = (await listed()).filter(({ name }) => name !== 'python33');
    const edges = items.flatMap(({ releases }) => releases.flatMap(({ depends }) => depends));
    const { length } = items.flatMap(({ releases }) => releases);
    expect([items.length, length, edges.length]).toEqual([72, 126, 224]);
    expect(edges.filter(({ level }) => level === 'release')).toHaveLength(8);
    expect(items.filter(({ vendor }) => vendor === 'sclo')).toHaveLength(13);
    const toolset = items.find(({ name }) => name === 'devtoolset-7');
    expect(toolset?.releases.map(({ depends }) => depends.map((one) => one.collection))).toEqual([
      ['rh-maven33', 'maven30', 'rh-java-common'],
      [
        'rh-maven33',
        'rh-maven35',
        'maven30',
        'rh-java-common',
        'llvm-toolset-7',
        'go-toolset-7',
        'rust-toolset-7',
      ],
    ]);
  });

  it('is warned of where collections depend on each other', async () => {
    const { warnings } = await apply(SCLO_FILE);
    expect(warnings).toEqual([
      'On EL 6 these depend on each other: maven30, rh-java-common.',
      'On EL 7 these depend on each other: devtoolset-7, llvm-toolset-7, rust-toolset-7.',
      'On EL 7 these depend on each other: maven30, rh-java-common.',
    ]);
  });

  it('comes out again as it went in', async () => {
    const text = await scenario.carol.must(['collection', 'export', '--sig', 'sclo']);
    expect(sums(await apply(await fileOf(text)))).toMatchObject({ unchanged: 73, change: 0 });
    expect(text).toMatch(/ {6}- collection: httpd24\n {10}namespace: rh\n {10}level: release\n/);
    const given = await readFile(SCLO_FILE, 'utf8');
    expect(text.match(/httpd24/g)?.length).toBe(given.match(/httpd24/g)?.length);
  });
});

describe('a declaration', () => {
  it('changes what it says, release by release, and gives every component its branches', async () => {
    const text = `sig: sclo
collections:
  - name: python33
    namespace: sclo
    inheritTesting: true
    releases: { "6": [], "7": [v8314, { collection: httpd24, level: release }], "8": [] }
`;
    const { changes } = await apply(await fileOf(text));
    expect(changes).toEqual([
      {
        collection: 'python33',
        sig: 'sclo',
        action: 'change',
        fields: [
          { field: 'namespace', before: 'rh', after: 'sclo' },
          { field: 'inherits testing', before: 'false', after: 'true' },
          { field: 'el8', before: null, after: '' },
          { field: 'el7', before: '', after: 'v8314, httpd24@release' },
        ],
      },
    ]);
    const refs = await git('/', 'ls-remote', '--heads', scenario.server.gitUrl('python'));
    expect(refs).toContain('refs/heads/scl-python33-el8');
    const turned = text.replace('v8314, {', '{').replace(' }]', ' }, v8314]');
    expect((await apply(await fileOf(turned))).changes[0]?.fields).toEqual([
      { field: 'el7', before: 'v8314, httpd24@release', after: 'httpd24@release, v8314' },
    ]);
    const shown = await scenario.server.must('showCollection', { collection: 'python33' });
    expect(shown).toMatchObject({
      vendor: 'sclo',
      inheritTesting: true,
      sclName: 'python33',
      metaComponent: 'python-meta',
    });
    // What is not stated stays as it is.
    const plain = text.replace('    namespace: sclo\n    inheritTesting: true\n', '');
    expect((await apply(await fileOf(plain), '--dry-run')).changes[0]?.fields).toHaveLength(1);
  });

  it('removes nothing that is not declared, but when told to', async () => {
    await scenario.admin.must(['sig', 'create', 'text']);
    await scenario.admin.must(['sig', 'members', 'text', 'carol', '--chair']);
    const of = (...collections: string[]) =>
      fileOf(`sig: text\ncollections: [${collections.join(', ')}]\n`);
    const a = '{ name: a1, releases: { 7: [b1], 8: [] } }';
    const b = '{ name: b1, releases: { 7: [] } }';
    await apply(await of(a, b));
    const less = await of('{ name: a1, releases: { 7: [] } }');
    expect(sums(await apply(less, '--dry-run'))).toMatchObject({ change: 1, remove: 0 });
    const pruned = await apply(less, '--prune');
    expect(pruned.changes).toEqual([
      {
        collection: 'a1',
        sig: 'text',
        action: 'change',
        fields: [
          { field: 'el7', before: 'b1', after: '' },
          { field: 'el8', before: '', after: null },
        ],
      },
      { collection: 'b1', sig: 'text', action: 'remove', fields: [] },
    ]);
    const left = await scenario.server.must('listCollections', { sig: 'text' });
    expect(left.items.map(({ name, releases }) => [name, releases])).toEqual([
      ['a1', [{ release: '7', closed: false, depends: [] }]],
    ]);
    expect(sums(await apply(less, '--prune'))).toMatchObject({
      unchanged: 1,
      change: 0,
      remove: 0,
    });
  });

  it('is refused whole, with every bad entry at its line', async () => {
    const before = await listed();
    const { code, lines } = await refused(
      'carol',
      `collections:
  - name: new1
    sig: sclo
    releases: { "7": [new2, new1, nothing, v8314, v8314, { collection: v8314, namespace: sclo }] }
  - name: new2
    releases: {}
  - name: NEW2
    sig: nobody
    releases: {}
  - name: Httpd24
    sig: sclo
    releases: {}
  - name: httpd24
    sig: text
    releases: {}
`,
    );
    expect(code).toBe(2);
    expect(lines.slice(1)).toEqual([
      '  5 collections.1.name: new2 is new and has no SIG. Write "sig" in it, or for the whole file.',
      '  7 collections.2.name: NEW2 is declared before, as new2.',
      '  8 collections.2.sig: There is no SIG nobody.',
      '  10 collections.3.name: There is a collection httpd24, which differs in case only.',
      '  13 collections.4.name: httpd24 is declared before, as Httpd24.',
      '  14 collections.4.sig: httpd24 belongs to SIG sclo, not to text.',
      '  4 collections.0.releases.7.1.collection: new1 can not depend on itself.',
      '  4 collections.0.releases.7.2.collection: There is no collection nothing.',
      '  4 collections.0.releases.7.4.collection: v8314 is named twice for EL 7.',
      '  4 collections.0.releases.7.5.collection: v8314 is named twice for EL 7.',
      'to do: Correct it, and apply it again.',
    ]);
    expect(await listed()).toEqual(before);
  });

  it('is refused for another namespace than the dependency has', async () => {
    const { lines } = await refused(
      'carol',
      'sig: sclo\ncollections:\n  - name: new1\n    releases:\n      7:\n        - collection: v8314\n          namespace: sclo\n',
    );
    expect(lines[1]).toBe(
      '  7 collections.0.releases.7.0.namespace: v8314 is of namespace rh, not sclo.',
    );
  });

  it('never removes what has branches, or what others depend on', async () => {
    const { code, lines } = await refused(
      'carol',
      'sig: sclo\ncollections:\n  - { name: python33, releases: { "6": [] } }\n  - { name: php54, releases: { "7": [httpd24] } }\n',
      '--prune',
    );
    expect(code).toBe(2);
    expect(lines).toContain(
      '  body.prune: rh-python34 can not be removed: 1 of its components have branches.',
    );
    expect(lines).toContain(
      '  body.prune: python33 can not be removed for EL 7, 8: 1 of its components have branches.',
    );
    expect(lines).toContain(
      '  body.prune: httpd24 can not be removed: php54 depends on it on EL 7.',
    );
  });

  it('is for those who manage each of its collections, changed or not', async () => {
    const before = await listed();
    const same = await scenario.carol.must(['collection', 'export', '--sig', 'sclo']);
    for (const option of [[], ['--dry-run']]) {
      const { code, lines } = await refused('sam', same, ...option);
      expect([code, lines[0]]).toEqual([4, expect.stringMatching(/\[[a-z-]+\]$/)]);
    }
    await scenario.admin.must(['sig', 'create', 'other']);
    const mixed =
      'collections:\n  - { name: new3, sig: sclo, releases: {} }\n  - { name: new4, sig: other, releases: {} }\n';
    expect((await refused('carol', mixed)).code).toBe(4);
    expect(await listed()).toEqual(before);
    expect(sums(await applyAs('admin', mixed))).toMatchObject({ create: 2 });
  });

  it('by a token that is for one collection does no more than that', async () => {
    const { token } = await scenario.server.must(
      'createToken',
      { collections: ['python33'] },
      scenario.people.chair,
    );
    const call = (name: string) =>
      scenario.server.call(
        'applyDeclaration',
        { sig: 'sclo', dryRun: true, collections: [{ name, releases: {} }] },
        token,
      );
    expect([(await call('python33')).status, (await call('v8314')).status]).toEqual([201, 403]);
  });

  it('is made by two at once as by one after the other', async () => {
    const body = (name: string) => ({
      sig: 'sclo',
      collections: [{ name, releases: { 7: [] } }],
    });
    const answers = await Promise.all(
      ['race1', 'race1', 'race1'].map((name) =>
        scenario.server.call('applyDeclaration', body(name), scenario.people.chair),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toContain(201);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
    expect((await listed()).filter(({ name }) => name === 'race1')).toHaveLength(1);
  });

  it('leaves an entry in the audit log for each collection that it changes', async () => {
    const { items } = await scenario.server.must('listAudit', { limit: 1000 });
    const of = (action: string) =>
      new Set(items.filter((one) => one.action === action).map(({ subject }) => subject));
    expect(of('collection.remove')).toEqual(new Set(['b1']));
    expect([...of('collection.create')]).toEqual(expect.arrayContaining(['v8314', 'race1']));
    expect(items.find((one) => one.action === 'collection.edit')?.detail).toHaveProperty('fields');
  });
});

async function applyAs(who: Who, text: string): Promise<Applied> {
  const file = await fileOf(text);
  const { stdout } = await scenario[who].run(['collection', 'apply', '-f', file, '--json']);
  return JSON.parse(stdout) as Applied;
}

describe('a collection', () => {
  it('is edited', async () => {
    const edit = ['collection', 'edit', 'v8314'];
    const text = await scenario.carol.must([
      ...edit,
      '--inherit-testing',
      'on',
      '--meta',
      'v8-meta',
    ]);
    expect(text).toMatch(/^inherits: +its own testing tag$/m);
    expect(text).toMatch(/^meta component: +v8-meta$/m);
    const changed = await scenario.carol.must([...edit, '--inherit-testing', 'off', '--json']);
    expect(JSON.parse(changed)).toMatchObject({
      inheritTesting: false,
      metaComponent: 'v8-meta',
      sclName: 'v8314',
      vendor: 'rh',
    });
    expect((await scenario.carol.run(edit)).code).toBe(2);
    expect((await scenario.sam.run([...edit, '--vendor', 'sclo'])).code).toBe(4);
    expect((await scenario.carol.run(['collection', 'edit', 'none', '--vendor', 'rh'])).code).toBe(
      3,
    );
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
