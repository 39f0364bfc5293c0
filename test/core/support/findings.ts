import type { Finding, PolicyLevels } from '../../../core/pushes/check-push.ts';

/** Every adjustable policy an error. */
export const STRICT: PolicyLevels = { default: {}, sigs: {} };

/** Findings as `level policy where: problem`, for comparison at a glance. */
export const summary = (findings: readonly Finding[]): string[] =>
  findings.map(({ level, policy, where, problem }) => `${level} ${policy} ${where}: ${problem}`);

export function finding(about: Partial<Finding> = {}): Finding {
  return {
    policy: 'text-files',
    level: 'error',
    where: 'scl-python33-el7',
    sig: null,
    problem: 'a.bin is binary',
    remedy: 'centpkg upload a.bin',
    ...about,
  };
}
