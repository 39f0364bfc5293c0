import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPush, type Finding, findingLines } from '../../../core/pushes/check-push.ts';
import { finding, STRICT } from '../support/findings.ts';
import { anyText, HOSTILE_PARTS } from '../support/hostile-text.ts';
import { created, pushFacts, pushOf, SPEC } from '../support/push-facts.ts';

const lines = (findings: readonly Finding[]): string[] => findingLines('python', findings);

describe('what git shows of the findings', () => {
  it('is nothing where there are none', () => {
    expect(lines([])).toEqual([]);
  });

  it('is exactly this for a refused push', async () => {
    const facts = pushOf({ 'python.spec': SPEC, 'SPECS/a': 'x' });
    const soft = { default: { 'sources-in-lookaside': 'warning' }, sigs: {} } as const;
    expect(lines(await checkPush(facts, soft))).toEqual([
      'Push to python refused: 1 error, 1 warning. Nothing was changed.',
      'error: scl-python33-el7: SPECS/ is a directory (flat-tree)',
      '  to do: keep files at the top; put archives into the look-aside cache',
      'warning: scl-python33-el7: the file sources is missing (sources-in-lookaside)',
      '  to do: add it, it may be empty: touch sources',
    ]);
  });

  it('is exactly this for a push that is accepted with a warning', () => {
    expect(lines([finding({ level: 'warning' })])).toEqual([
      'Push to python accepted with 1 warning.',
      'warning: scl-python33-el7: a.bin is binary (text-files)',
      '  to do: centpkg upload a.bin',
    ]);
  });

  it('counts errors and warnings apart', () => {
    const warning = finding({ level: 'warning' });
    const head = (...findings: Finding[]) => lines(findings)[0];
    expect(head(finding())).toBe('Push to python refused: 1 error. Nothing was changed.');
    expect(head(finding(), finding(), warning, warning)).toBe(
      'Push to python refused: 2 errors, 2 warnings. Nothing was changed.',
    );
    expect(head(warning, warning)).toBe('Push to python accepted with 2 warnings.');
  });

  it('shows 50 findings and counts the rest', () => {
    const many = (count: number) => lines(Array.from({ length: count }, () => finding()));
    expect(many(50)).toHaveLength(1 + 2 * 50);
    expect(many(53)).toHaveLength(1 + 2 * 50 + 1);
    expect(many(53).at(-1)).toBe('... and 3 more');
  });

  it('does not hide the error behind more warnings than it shows', () => {
    const warnings = Array.from({ length: 60 }, () => finding({ level: 'warning' }));
    const shown = lines([...warnings, finding({ problem: 'the file sources is missing' })]);
    expect(shown.filter((line) => line.startsWith('error: '))).toEqual([
      'error: scl-python33-el7: the file sources is missing (text-files)',
    ]);
  });
});

describe('no control character and nothing but ASCII reaches a terminal', () => {
  const texts = anyText(fc.string({ unit: 'grapheme' }));

  it('from a problem or a remedy', () => {
    fc.assert(
      fc.property(texts, texts, (problem, remedy) => {
        const shown = lines([finding({ problem, remedy })]);
        expect(shown).toHaveLength(3);
        expect(shown.filter((line) => !/^[\x20-\x7e]*$/.test(line))).toEqual([]);
      }),
    );
  });

  it('from the name of a ref', () => {
    const shown = lines([finding({ where: '\u009b2J\u202epython\u00e9' })]);
    expect(shown.filter((line) => !/^[\x20-\x7e]*$/.test(line))).toEqual([]);
  });

  it('from file names of a push', async () => {
    const names = HOSTILE_PARTS.filter((part) => !/[/\0]/.test(part) && part !== '..');
    const files = Object.fromEntries(names.map((name) => [`x${name}`, '\0']));
    const shown = lines(await checkPush(pushOf(files, { maxFileSize: 10 }), STRICT));
    expect(shown.length).toBeGreaterThan(2 * 20);
    expect(shown.filter((line) => !/^[\x20-\x7e]*$/.test(line))).toEqual([]);
  });

  it('from the ref of a push that is refused', async () => {
    const updates = [created('refs/heads/\u009b2J\u202emain', 'f'.repeat(40))];
    const shown = lines(await checkPush(pushFacts({ updates }), STRICT));
    expect(shown).toHaveLength(3);
    expect(shown.filter((line) => !/^[\x20-\x7e]*$/.test(line))).toEqual([]);
  });
});
