import type { DesiredState, DesiredTarget } from './desired-state.ts';
import type { HubState } from './hub-state.ts';
import type { Plan, PlanOptions, TargetStep } from './plan.ts';
import { type Draft, openDraft, untilNamed } from './plan-draft.ts';
import { planExternalRepos } from './plan-external-repos.ts';
import { planGroups } from './plan-groups.ts';
import { planInheritance } from './plan-inheritance.ts';
import { planPackages } from './plan-packages.ts';
import { planTag } from './plan-tag.ts';
import { thing } from './things.ts';

/**
 * The steps from what the hub has to what it should have, in an order in which each finds what it
 * needs: all tags come first, so that collections may depend on each other. What somebody else
 * made is found and left alone. Pure: planning again after the steps gives none.
 * @param hub what was read for `hubQuestions(desired)`
 * @throws Error when something was not read
 */
export function planKoji(
  desired: readonly DesiredState[],
  hub: HubState,
  options: PlanOptions,
): Plan {
  const draft = openDraft(hub, options);
  const tags = desired.flatMap((one) => one.tags);
  for (const plan of [planTag, planExternalRepos, planInheritance, planGroups, planPackages])
    for (const tag of tags) plan(draft, tag);
  for (const { target } of desired) planTarget(draft, target);
  return draft.finish();
}

function planTarget(draft: Draft, { target, buildTag, destTag }: DesiredTarget): void {
  const id = thing.target(target);
  const found = draft.hub.targets.get(target);
  if (found === undefined) throw new Error(`Target ${target} was not read from the hub.`);
  if (found?.buildTag === buildTag && found.destTag === destTag) return draft.unchanged(id);
  const missing = [buildTag, destTag].filter((tag) => !draft.available(tag));
  if (missing.length > 0) {
    for (const tag of missing) draft.isHeldBack(tag, [id]);
    return;
  }
  if (found !== null && !draft.mayOverwrite(id)) {
    draft.find({
      kind: 'differs',
      thing: id,
      message: `Target ${target} builds in ${found.buildTag} for ${found.destTag}.`,
      remedy: untilNamed(id, `have it build in ${buildTag} for ${destTag}`),
    });
    return;
  }
  const step: TargetStep = {
    kind: 'target',
    action: found === null ? 'create' : 'change',
    needs: 'target',
    target,
    before: found,
    after: { buildTag, destTag },
    makes: [id],
    drops: [],
  };
  draft.add(step);
}
