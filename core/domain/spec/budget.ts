import { fail } from '../../api/distgit-error.ts';

/** What one spec may take, so that no spec can stop a server. */
export interface Budget {
  left: number;
}

/** Characters that are looked at or written in all; a spec of a megabyte takes a few millions. */
const MAX_WORK = 64 * 1024 * 1024;
/** UTF-16 units of a spec. The largest ones of distributions have a few hundred thousand. */
export const MAX_SPEC = 2 * 1024 * 1024;
/** As rpm has it. */
export const MAX_DEPTH = 64;

export function newBudget(): Budget {
  return { left: MAX_WORK };
}

/**
 * @param units characters looked at or written
 * @throws DistGitError `too_large`
 */
export function spend(budget: Budget, units: number): void {
  budget.left -= units;
  if (budget.left < 0)
    fail(
      'too_large',
      'The macros of the spec expand to more than any spec has reason to.',
      'Look for macros that repeat or call each other.',
    );
}

/** What rpm would refuse to read; the line is added by whoever knows it. */
export class SpecRefused extends Error {}

export function refuse(message: string): never {
  throw new SpecRefused(message);
}
