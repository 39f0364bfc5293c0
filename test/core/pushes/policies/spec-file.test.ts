import { describe, expect, it } from 'vitest';
import { specFile } from '../../../../core/pushes/policies/spec-file.ts';
import { GOOD, problems, pushOf, SPEC } from '../../support/push-facts.ts';

const check = async (files: Parameters<typeof pushOf>[0]) =>
  problems(await specFile.check(pushOf(files)));

describe('there is one spec, <component>.spec', () => {
  it('is a rule that a SIG can soften', () => {
    expect([specFile.name, specFile.fixed]).toEqual(['spec-file', false]);
  });

  it('accepts it', async () => {
    expect(await check({ ...GOOD, 'python.spec.in': 'x', 'python.specs': 'x' })).toEqual([]);
  });

  it('refuses a branch without', async () => {
    expect(await specFile.check(pushOf({ sources: '' }))).toEqual([
      {
        where: 'scl-python33-el7',
        sig: 'core',
        problem: 'python.spec is missing',
        remedy: 'add it: git add python.spec',
      },
    ]);
  });

  it('refuses every other spec beside it', async () => {
    expect(await check({ ...GOOD, 'perl.spec': SPEC, 'python33-python.spec': SPEC })).toEqual([
      'perl.spec is the spec of another component',
      'python33-python.spec is the spec of another component',
    ]);
  });

  it.each(['Python.spec', 'python33-python.spec', '.spec', 'pythonx.spec'])(
    'refuses %s in its place, both ways',
    async (name) => {
      expect(await check({ [name]: SPEC })).toEqual([
        `${name} is the spec of another component`,
        'python.spec is missing',
      ]);
    },
  );

  it('wants it as a file at the top', async () => {
    expect(await check({ 'SPECS/python.spec': SPEC })).toEqual(['python.spec is missing']);
    expect(await check({ 'python.spec/a': SPEC })).toEqual(['python.spec is missing']);
  });

  it('wants it as a file, not as a submodule', async () => {
    const files = { 'python.spec': { submodule: 'c'.repeat(40) } };
    expect(await check(files)).toHaveLength(1);
  });
});

describe("the spec's Name: is the component's", () => {
  it.each([
    ['with the prefix', 'Name: %{?scl_prefix}python\n'],
    ['as it is', 'Name: python\n'],
    ['as it is built', 'Name: python33-python\n'],
    ['behind a macro that is not run', 'Name: %scl_name\n'],
    ['nowhere', 'Version: 1\n'],
    ['in an empty spec', ''],
  ])('accepts it %s', async (_, spec) => {
    expect(await check({ ...GOOD, 'python.spec': spec })).toEqual([]);
  });

  it.each([
    ['Name: perl\n', 'perl'],
    ['Name: %{?scl_prefix}python3\n', 'python3'],
    ['Name: python34-python\n', 'python34-python'],
    ['Name: Python\n', 'Python'],
    ['Name: p\u0443thon\n', 'p\\u0443thon'],
    ['Name: python\u001b[2J\n', 'python\\u001b[2J'],
  ])('refuses %j', async (spec, named) => {
    const found = await specFile.check(pushOf({ ...GOOD, 'python.spec': spec }));
    expect(found).toEqual([
      {
        where: 'scl-python33-el7',
        sig: 'core',
        problem: `python.spec says Name: "${named}"`,
        remedy: 'write Name: %{?scl_prefix}python',
      },
    ]);
  });

  it('is wanted of an exploded component too', async () => {
    const files = { 'python.spec': 'Name: perl\n', 'src/perl.spec': SPEC };
    expect(problems(await specFile.check(pushOf(files, { exploded: true })))).toEqual([
      'python.spec says Name: "perl"',
    ]);
  });
});
