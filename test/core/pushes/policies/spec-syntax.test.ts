import { describe, expect, it } from 'vitest';
import { MAX_SPEC } from '../../../../core/domain/spec/budget.ts';
import { specFile } from '../../../../core/pushes/policies/spec-file.ts';
import { specSyntax } from '../../../../core/pushes/policies/spec-syntax.ts';
import { GOOD, problems, pushOf, SPEC } from '../../support/push-facts.ts';

const check = async (spec: string) =>
  problems(
    await specSyntax.check(pushOf({ ...GOOD, 'python.spec': spec }, { maxFileSize: 10_000 })),
  );

describe('a spec is one that rpm takes', () => {
  it('is a warning that a SIG can harden', () => {
    expect([specSyntax.name, specSyntax.fixed, specSyntax.level]).toEqual([
      'spec-syntax',
      false,
      'warning',
    ]);
  });

  it('is content with one, and where there is none', async () => {
    expect(await check(SPEC)).toEqual([]);
    expect(await specSyntax.check(pushOf({ sources: '' }))).toEqual([]);
  });

  it('tells what rpm would say, and on which line', async () => {
    expect(await check(`%if 1\n${SPEC}`)).toEqual([
      'rpm would refuse python.spec: Line 7: Unclosed %if of line 1',
    ]);
    const found = await specSyntax.check(pushOf({ ...GOOD, 'python.spec': 'Name: python\n' }));
    expect(found).toEqual([
      {
        where: 'scl-python33-el7',
        sig: 'core',
        problem:
          'rpm would refuse python.spec: Line 1: version field must be present in package: (main package)',
        remedy: 'see what rpm says: rpmspec --parse python.spec',
      },
    ]);
  });

  it('tells of macros without end', async () => {
    const doubled = Array.from({ length: 40 }, (_, n) => `%define m${n + 1} %{m${n}}%{m${n}}\n`);
    expect(await check(`%define m0 x\n${doubled.join('')}URL: %{m40}\n${SPEC}`)).toEqual([
      'python.spec is not checked: To read the spec takes more work than any spec has reason to',
    ]);
  });

  it('leaves one that is too large to the other check', async () => {
    const files = { ...GOOD, 'python.spec': SPEC.padEnd(MAX_SPEC + 1, '#') };
    const facts = pushOf(files, { maxFileSize: 10 * MAX_SPEC });
    expect(await specSyntax.check(facts)).toEqual([]);
    expect(problems(await specFile.check(facts))).toEqual([
      'python.spec is too large to be checked',
    ]);
  });
});
