import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDeclaration } from '../../cli/declarations/read-declaration.ts';
import { writeYaml } from '../../cli/declarations/yaml-file.ts';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { SCHEMAS } from '../../core/api/schemas.ts';
import { parseInput } from '../../server/http/api-routes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  temporary = await temporaryFolder();
});
afterEach(() => temporary[Symbol.asyncDispose]());

async function read(text: string, name = 'c.yaml') {
  await writeFile(join(temporary.path, name), text);
  return readDeclaration({ cwd: temporary.path, readInput: async () => '' }, name);
}
/** What a person is told of the file, be it here or by the server. */
async function problems(text: string, name = 'c.yaml'): Promise<string[]> {
  const error: unknown = await read(text, name).then(
    (file) => {
      try {
        parseInput(SCHEMAS.applyDeclaration, { path: {}, query: {}, body: file.body });
      } catch (raw) {
        return file.inFile(raw);
      }
      return null;
    },
    (raw: unknown) => raw,
  );
  if (!(error instanceof DistGitError)) throw new Error(`It was taken: ${text}`, { cause: error });
  return (error.detail.problems ?? []).map(({ path, message }) => `${path}: ${message}`);
}

const YAML = `# comment
sig: sclo
collections:
  - name: python33
    releases:
      6:
      "7": [httpd24, { collection: v8314, level: release }]
  - name: "v8314"
    namespace: rh
    releases: {"7": []}
`;
const TOML = `sig = "sclo"

[[collections]]
name = "python33"
[collections.releases]
6 = []
7 = ["httpd24", { collection = "v8314", level = "release" }]

[[collections]]
name = "v8314"
namespace = "rh"
releases = { 7 = [] }
`;

describe('a declaration', () => {
  it('says the same as YAML, as JSON and as TOML', async () => {
    const { body } = await read(YAML);
    expect((await read(TOML, 'c.toml')).body).toEqual({
      ...body,
      collections: [
        {
          name: 'python33',
          releases: { 6: [], 7: ['httpd24', { collection: 'v8314', level: 'release' }] },
        },
        body.collections[1],
      ],
    });
    expect((await read(JSON.stringify(body), 'c.json')).body).toEqual(body);
    expect((await read(writeYaml(body))).body).toEqual(body);
  });

  it('comes from standard input too', async () => {
    const context = { cwd: temporary.path, readInput: async () => YAML };
    expect((await readDeclaration(context, '-')).body).toEqual((await read(YAML)).body);
  });

  it('has each thing that is wrong at its line, all at once', async () => {
    const text = `sig: Sclo
collections:
  - name: a/b
    releases:
      "5": []
      "7":
        - httpd24
        - { collection: v8314, level: testing }
        - ../x
    sclname: x
  - namespace: redhat
    inheritTesting: perhaps
    releases: []
`;
    expect((await problems(text)).map((one) => one.replace(/: .*/, ''))).toEqual([
      'c.yaml:1 sig',
      'c.yaml:3 collections.0.name',
      'c.yaml:5 collections.0.releases.5',
      'c.yaml:8 collections.0.releases.7.1.level',
      'c.yaml:9 collections.0.releases.7.2.collection',
      'c.yaml:10 collections.0.sclname',
      'c.yaml:11 collections.1.name',
      'c.yaml:11 collections.1.namespace',
      'c.yaml:12 collections.1.inheritTesting',
      'c.yaml:13 collections.1.releases',
    ]);
  });

  it('has one thing that is wrong at its line, and says what is', async () => {
    expect(await problems(YAML.replace('6:', '5:'))).toEqual([
      'c.yaml:6 collections.0.releases.5: is not an EL release. Known are: 6, 7, 8, 8s, 9, 9s, 10, 10s.',
    ]);
    expect(await problems(`${YAML}title: x\n`)).toEqual(['c.yaml:11 title: is not a field']);
    expect(await problems('sig: sclo\n')).toEqual([
      expect.stringMatching(/^c\.yaml:1 collections: /),
    ]);
    expect(await problems('- name: python33\n')).toEqual([
      'c.yaml:1: There is no "collections:" in it.',
    ]);
  });

  it('of TOML has the lines too', async () => {
    const bad = TOML.replace('"python33"', '"a/b"').replace('"release"', '"testing"');
    expect(
      (await problems(`${bad}sclname = 1\n`, 'c.toml')).map((one) => one.replace(/: .*/, '')),
    ).toEqual([
      'c.toml:4 collections.0.name',
      'c.toml:7 collections.0.releases.7.1.level',
      'c.toml:13 collections.1.sclname',
    ]);
  });

  it.each([
    ['c.yaml', 'sig: [\ncollections: ]\n', /^c\.yaml:\d: /],
    ['c.yaml', 'sig: a\nsig: b\ncollections: []\n', /^c\.yaml:2: .*unique/i],
    ['c.yaml', 'collections: []\n---\ncollections: []\n', /^c\.yaml:\d: .*document/i],
    ['c.yaml', '', /^c\.yaml:1: /],
    [
      'c.yaml',
      `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]\n`,
      /alias/i,
    ],
    ['c.toml', 'sig = "a\n', /^c\.toml:1: /],
  ])('that is no %s is refused with the line: %j', async (name, text, expected) => {
    expect((await problems(text, name))[0]).toMatch(expected);
  });

  it('gets the lines of what the server finds', async () => {
    const file = await read(YAML);
    const said = new DistGitError('input_invalid', 'Two.', {
      detail: {
        problems: [
          { path: 'body.collections.0.releases.7.1.collection', message: 'There is none.' },
          { path: 'body.prune', message: 'No.' },
        ],
      },
    });
    expect(file.inFile(said)).toMatchObject({
      message: 'c.yaml has 2 problems; nothing was changed.',
      detail: {
        problems: [
          { path: 'c.yaml:7 collections.0.releases.7.1.collection', message: 'There is none.' },
          { path: 'body.prune', message: 'No.' },
        ],
      },
    });
    const other = new DistGitError('not_allowed', 'No.');
    expect(file.inFile(other)).toBe(other);
  });

  it('that is not there, or too large, is refused', async () => {
    const context = { cwd: temporary.path, readInput: async () => ' '.repeat(1_000_000) };
    await expect(readDeclaration(context, 'none.yaml')).rejects.toThrow(/There is no file/);
    await expect(readDeclaration(context, '.')).rejects.toThrow(/can not be read/);
    await expect(readDeclaration(context, '-')).rejects.toThrow(/larger than/);
  });
});
