import { describe, expect, it } from 'vitest';
import {
  parseTestName,
  TEST_OUTCOMES,
  type TestName,
  testsInTheWay,
} from '../../../core/domain/test-result.ts';

describe('the name of a test', () => {
  it.each(['functional', 'dist.rpmlint', 'org.centos.ci/smoke', 'a', '1:2+3-x', 'x'.repeat(128)])(
    'may be %s',
    (name) => {
      expect(parseTestName(name)).toBe(name);
    },
  );
  it.each([
    '',
    ' ',
    'a b',
    'a,b',
    '-a',
    '.a',
    '/a',
    'a\n',
    'é',
    'a"',
    "a'",
    '$(a)',
    'x'.repeat(129),
  ])('may not be %j', (name) => {
    expect(() => parseTestName(name)).toThrow(/^Test ".*" is not valid\.$/);
  });
});

describe('tests that keep a build where it is', () => {
  const [one, two] = ['one', 'two'].map(parseTestName) as [TestName, TestName];

  it('are none where none is required, whatever failed', () => {
    expect(testsInTheWay([], new Map([[one, 'FAILED']]))).toEqual([]);
  });

  it('are those without a result, and those that failed or wait for somebody', () => {
    expect(testsInTheWay([one, two], new Map([[two, 'PASSED']]))).toEqual([
      { test: one, outcome: null },
    ]);
    const stops = TEST_OUTCOMES.filter(
      (outcome) => testsInTheWay([one], new Map([[one, outcome]])).length > 0,
    );
    expect(stops).toEqual(['FAILED', 'NEEDS_INSPECTION']);
    expect(testsInTheWay([one], new Map([[one, 'FAILED']]))).toEqual([
      { test: one, outcome: 'FAILED' },
    ]);
  });
});
