import type { AdminRequest, Finding, Plan, Step } from './plan.ts';

/** How far one step of setting up Koji has come. */
export interface StepResult {
  /** `tag X package Y` */
  readonly step: string;
  readonly action: Step['action'];
  readonly state: 'done' | 'waiting' | 'refused';
  /** Koji's own, where it refused. */
  readonly words: string | null;
  readonly remedy: string | null;
}

/** What came of one run. Plain data: it is stored. */
export interface ProvisionResult {
  readonly steps: readonly StepResult[];
  readonly findings: readonly Finding[];
  readonly requests: readonly AdminRequest[];
}

/** Is there something that somebody has to do before Koji has all that it should have? */
export function needsAttention({ steps, findings, requests }: ProvisionResult | Plan): boolean {
  const isLeft = steps.some((step) => !('state' in step) || step.state !== 'done');
  // What others have put beside ours is told, and is in nobody's way.
  return isLeft || requests.length > 0 || findings.some(({ kind }) => kind !== 'foreign');
}
