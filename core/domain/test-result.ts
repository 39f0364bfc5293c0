import { type Brand, parseByRule } from './text.ts';

/** What came of a test, as ResultsDB has it. */
export const TEST_OUTCOMES = ['PASSED', 'INFO', 'FAILED', 'NEEDS_INSPECTION'] as const;
export type TestOutcome = (typeof TEST_OUTCOMES)[number];

/** What a test is called: `functional`, `org.centos.ci/smoke`. */
export type TestName = Brand<'TestName'>;

/** @throws DistGitError `name_invalid` */
export function parseTestName(text: string): TestName {
  return parseByRule(
    'Test',
    text,
    /^[A-Za-z0-9][\w.:/+-]{0,127}$/.test(text),
    'A test is named by up to 128 letters, digits and _ . : / + -, for instance functional.',
  );
}

/** A result that lets a build go on; INFO does as well, as it does in Greenwave. */
const isGood = (outcome: TestOutcome): boolean => outcome === 'PASSED' || outcome === 'INFO';

/**
 * The required tests that keep a build where it is. Pure.
 * @param outcomes the newest of each test
 * @returns each with its outcome; null: it has none
 */
export function testsInTheWay(
  required: readonly TestName[],
  outcomes: ReadonlyMap<TestName, TestOutcome>,
): { readonly test: TestName; readonly outcome: TestOutcome | null }[] {
  return required
    .map((test) => ({ test, outcome: outcomes.get(test) ?? null }))
    .filter(({ outcome }) => outcome === null || !isGood(outcome));
}
