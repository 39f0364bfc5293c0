import type { Step } from '../../core/koji/plan.ts';
import type { ProvisionResult, StepResult } from '../../core/koji/provision-result.ts';
import type { Applied } from './apply-plan.ts';
import { faultError, type KojiFault } from './koji-fault.ts';
import { stepKey } from './step-calls.ts';

/** What came of a plan, as it is kept and shown. */
export function provisionResult({ done, rest, faults }: Applied): ProvisionResult {
  const refusedTags = new Set(
    rest.steps
      .filter((step) => step.kind === 'tag' && step.action === 'create')
      .map(stepKey)
      .filter((key) => faults.has(key)),
  );
  const result = (step: Step): StepResult => {
    const key = stepKey(step);
    const { action } = step;
    const first = neededTags(step).find((tag) => refusedTags.has(tag) && tag !== key);
    if (first !== undefined)
      return { step: key, action, state: 'waiting', words: null, remedy: `It waits for ${first}.` };
    const fault = faults.get(key);
    if (fault === undefined)
      return { step: key, action, state: 'waiting', words: null, remedy: null };
    return { step: key, action, state: 'refused', words: fault.words, remedy: remedyOf(fault) };
  };
  return {
    steps: [
      ...done.map((step) => ({
        step: stepKey(step),
        action: step.action,
        state: 'done' as const,
        words: null,
        remedy: null,
      })),
      ...rest.steps.map(result),
    ],
    findings: rest.findings,
    requests: rest.requests,
  };
}

/** The tags without which a step can not be, by the keys of the steps that create them. */
function neededTags(step: Step): string[] {
  if (step.kind === 'target')
    return step.after === null ? [] : [`tag ${step.after.buildTag}`, `tag ${step.after.destTag}`];
  const parents = step.kind === 'inheritance' ? step.set.map(({ parent }) => parent) : [];
  return [step.tag, ...parents].map((tag) => `tag ${tag}`);
}

const PERMISSION = /^(\S+) permission required \(logged in as (\S+)\)$/;
const POLICY = /^policy violation \((\w+)\)/;

/** What to ask whom, as exactly as Koji's words allow. */
function remedyOf(fault: KojiFault): string {
  const [, permission, user] = PERMISSION.exec(fault.words) ?? [];
  if (permission !== undefined)
    return `Ask an admin of the hub: koji grant-permission ${permission} ${user}`;
  const [, policy] = POLICY.exec(fault.words) ?? [];
  if (policy !== undefined)
    return `Ask an admin of the hub to let the server's account pass in policy ${policy} of hub.conf.`;
  return faultError(fault).detail.remedy ?? '';
}
