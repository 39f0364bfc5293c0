import type { SigName } from '../domain/sig.ts';
import type { PushFacts, RefUpdate } from './push-facts.ts';

/** The graver first. */
export const POLICY_LEVELS = ['error', 'warning'] as const;
export type PolicyLevel = (typeof POLICY_LEVELS)[number];

export interface Violation {
  /** Short ref the problem is in: `scl-python33-el7`. */
  readonly where: string;
  /** The SIG whose level counts; null: the policy's own level. */
  readonly sig: SigName | null;
  readonly problem: string;
  /** What to do next. */
  readonly remedy: string;
}

export interface PushPolicy {
  /** As in the configuration and in the `remote:` lines. */
  readonly name: string;
  /** True: always an error; a SIG can not turn it into a warning. */
  readonly fixed: boolean;
  /** Where nobody sets one; default: error. */
  readonly level?: PolicyLevel;
  check(facts: PushFacts): Promise<readonly Violation[]>;
}

export function shortRef(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags)\//, '');
}

export function violation(
  update: RefUpdate,
  sig: SigName | null,
  problem: string,
  remedy: string,
): Violation {
  return { where: shortRef(update.ref), sig, problem, remedy };
}
