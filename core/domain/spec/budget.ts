import { fail } from '../../api/distgit-error.ts';

/** What one spec may take, so that no spec can stop a server. */
export interface Budget {
  left: number;
  /** Parentheses and signs of expressions around the current place, of those around it too. */
  nesting: number;
}

/**
 * Characters that are looked at or written in all, at about 10 ns: a server reads specs between two
 * requests, and the others wait. The kernel's, one of the largest, takes less than two million.
 */
export const MAX_WORK = 10 * 1024 * 1024;
/** What each of these takes besides its text, in characters. */
export const CALL_WORK = 20;
export const LINE_WORK = 60;
export const TAG_WORK = 400;
export const DEPENDENCY_WORK = 60;
export const TOKEN_WORK = 12;
export const ARGUMENT_WORK = 60;
/** What each character of a command takes that may be understood. */
export const SHELL_WORK = 100;
/** UTF-16 units, or bytes, of a spec. The largest ones have a few hundred thousand. */
export const MAX_SPEC = 1024 * 1024;
/** As rpm has it. */
export const MAX_DEPTH = 64;

export function newBudget(): Budget {
  return { left: MAX_WORK, nesting: 0 };
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
      'To read the spec takes more work than any spec has reason to.',
      'Look for macros that repeat or call each other.',
    );
}

/** What rpm would refuse to read; the line is added by whoever knows it. */
export class SpecRefused extends Error {}

export function refuse(message: string): never {
  throw new SpecRefused(message);
}
