import { describe, expect, it } from 'vitest';
import { specSources } from '../../../../core/pushes/policies/spec-sources.ts';
import { GOOD, problems, pushOf, SPEC } from '../../support/push-facts.ts';

const LINE = `SHA512 (python-3.3.2.tgz) = ${'a'.repeat(128)}\n`;
const withTags = (tags: string): string => SPEC.replace('%description', `${tags}%description`);
const check = async (tags: string, files: Parameters<typeof pushOf>[0] = {}) =>
  problems(await specSources.check(pushOf({ ...GOOD, ...files, 'python.spec': withTags(tags) })));

describe('every source and patch of the spec is there', () => {
  it('is a rule that a SIG can soften', () => {
    expect([specSources.name, specSources.fixed, specSources.level]).toEqual([
      'spec-sources',
      false,
      undefined,
    ]);
  });

  it('accepts a source in sources, or in git, and a patch in git', async () => {
    const tags =
      'Source0: https://host/%{pkg}/python-%{version}.tgz\nSource1: a.conf\nPatch0: b.patch\n';
    const files = { sources: LINE, 'a.conf': 'a', 'b.patch': 'b' };
    expect(await check(tags, files)).toEqual([]);
  });

  it('refuses a source that is nowhere, and a patch that is not in git', async () => {
    const tags = 'Source: python-%{version}.tgz\nPatch5: https://host/my fix.patch\n';
    const found = await specSources.check(pushOf({ ...GOOD, 'python.spec': withTags(tags) }));
    expect(found).toEqual([
      {
        where: 'scl-python33-el7',
        sig: 'core',
        problem: 'the patch my fix.patch is not in git',
        remedy: "git add 'my fix.patch'",
      },
      {
        where: 'scl-python33-el7',
        sig: 'core',
        problem: 'the source python-3.3.2.tgz is neither in git nor in the file sources',
        remedy: 'centpkg upload python-3.3.2.tgz',
      },
    ]);
  });

  it('refuses a patch that is in sources only, and one in a directory only', async () => {
    expect(await check('Patch: python-3.3.2.tgz\n', { sources: LINE })).toHaveLength(1);
    expect(await check('Patch: a.patch\n', { 'a.patch/b': 'b' })).toHaveLength(1);
    expect(await check('Patch: a.patch\n', { 'patches/a.patch': 'b' })).toHaveLength(1);
  });

  it.each([
    ['a name that a program would tell', 'Source: %(id)\nPatch: %{lua:print("x")}\n'],
    ['a macro that is defined nowhere', 'Source: %{nowhere}.tgz\n'],
    ['a condition that a program would decide', '%if %(id)\nSource: a\nPatch: b\n%endif\n'],
    ['a condition that does not hold', '%if 0%{?rhel} > 8\nSource: a\nPatch: b\n%endif\n'],
    ['no source at all', ''],
  ])('passes over %s', async (_, tags) => {
    expect(await check(tags)).toEqual([]);
  });

  it('asks nothing of sources that can not be read, and nothing of a spec that can not', async () => {
    expect(await check('Source: a\n', { sources: 'what is this' })).toEqual([]);
    expect(await check('Source: a\nFoo: bar\n')).toEqual([]);
    const without = { 'python.spec': withTags('Source: a\n') };
    expect(await specSources.check(pushOf(without))).toEqual([]);
    expect(await specSources.check(pushOf({ sources: '' }))).toEqual([]);
  });

  it('asks nothing of an exploded component', async () => {
    const files = { 'python.spec': withTags('Source: a\nPatch: b\n') };
    expect(await specSources.check(pushOf(files, { exploded: true }))).toEqual([]);
  });
});
