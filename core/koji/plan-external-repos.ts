import { shellWord } from '../domain/text.ts';
import type { DesiredRepo, DesiredTag } from './desired-state.ts';
import type { HubRepo } from './hub-state.ts';
import type { ExternalRepoStep, PlannedRepo } from './plan.ts';
import { type Draft, untilNamed } from './plan-draft.ts';
import { hubTag } from './plan-tag.ts';
import { freePriorities } from './priorities.ts';
import { thing } from './things.ts';

/** The external repositories of a tag. One that is not ours stays, and keeps its priority. */
export function planExternalRepos(draft: Draft, desired: DesiredTag): void {
  const { tag } = desired;
  if (!draft.available(tag)) return;
  const found = hubTag(draft, tag)?.externalRepos ?? [];
  const kept = found.filter(({ repo }) => !draft.mayOverwrite(thing.externalRepo(tag, repo)));
  const ours = desired.externalRepos.filter(
    ({ repo }) =>
      !kept.some((one) => one.repo === repo) &&
      (found.some((one) => one.repo === repo) || isOnHub(draft, tag, desired, repo)),
  );
  for (const repo of kept) tellOfKept(draft, tag, desired.externalRepos, repo);
  const free = freePriorities(
    [...ours]
      .sort((a, b) => a.priority - b.priority)
      .map(({ repo, priority }) => ({ name: repo, priority })),
    new Set(kept.map(({ priority }) => priority)),
  );
  const steps: ExternalRepoStep[] = found
    .filter(({ repo }) => !kept.some((one) => one.repo === repo))
    .filter(({ repo }) => !desired.externalRepos.some((one) => one.repo === repo))
    .map((one) => stepOf(tag, one.repo, one, null));
  for (const { repo, mode } of ours) {
    const priority = free.get(repo) ?? null;
    const has = found.find((one) => one.repo === repo);
    const id = thing.externalRepo(tag, repo);
    if (priority === null)
      draft.find({
        kind: 'differs',
        thing: id,
        message: `Tag ${tag} can not have external repository ${repo}: others have its priority and all after it.`,
        remedy: 'Remove, or name, one of the foreign repositories of the tag.',
      });
    else if (has?.priority === priority && has.mode === mode) draft.unchanged(id);
    else steps.push(stepOf(tag, repo, has ?? null, { mode, priority }));
  }
  for (const step of withoutClashes(steps, found)) draft.add(step);
}

const plain = (of: PlannedRepo | null): PlannedRepo | null =>
  of === null ? null : { mode: of.mode, priority: of.priority };

function stepOf(
  tag: string,
  repo: string,
  before: PlannedRepo | null,
  after: PlannedRepo | null,
): ExternalRepoStep {
  const id = thing.externalRepo(tag, repo);
  return {
    kind: 'external-repo',
    action: after === null ? 'remove' : before === null ? 'create' : 'change',
    needs: 'tag',
    tag,
    repo,
    before: plain(before),
    after: plain(after),
    makes: after === null ? [] : [id],
    drops: after === null ? [id] : [],
  };
}

function isOnHub(draft: Draft, tag: string, desired: DesiredTag, repo: string): boolean {
  const found = draft.hub.externalRepos.get(repo);
  if (found === undefined) throw new Error(`External repository ${repo} was not read.`);
  if (found !== null) return true;
  const url = desired.externalRepos.find((one) => one.repo === repo)?.url ?? null;
  draft.request(
    url === null
      ? `The hub has no external repository ${repo}, and the configuration has no URL for it.`
      : `The hub has no external repository ${repo}.`,
    // The shell must leave $arch to Koji.
    url === null ? [] : [`koji add-external-repo ${shellWord(repo)} ${shellWord(url)}`],
    [thing.externalRepo(tag, repo)],
  );
  return false;
}

function tellOfKept(
  draft: Draft,
  tag: string,
  desired: readonly DesiredRepo[],
  found: HubRepo,
): void {
  const { repo, mode, priority } = found;
  const id = thing.externalRepo(tag, repo);
  const want = desired.find((one) => one.repo === repo);
  const has = `Tag ${tag} has external repository ${repo} in mode ${mode} with priority ${priority}`;
  if (want === undefined)
    draft.find({
      kind: 'foreign',
      thing: id,
      message: `${has}.`,
      remedy: untilNamed(id, 'remove it'),
    });
  else if (want.mode === mode && want.priority === priority) draft.unchanged(id);
  else
    draft.find({
      kind: 'differs',
      thing: id,
      message: `${has}, not in mode ${want.mode} with ${want.priority}.`,
      remedy: untilNamed(id, 'change it'),
    });
}

/**
 * Priorities are unique after each single step, so that each step waits until its number is free.
 * Where they go round in a circle one of them is taken out first and put back last.
 */
function withoutClashes(
  steps: readonly ExternalRepoStep[],
  found: readonly HubRepo[],
): ExternalRepoStep[] {
  const holds = new Map(found.map(({ repo, priority }) => [repo, priority]));
  const isFree = ({ repo, after }: ExternalRepoStep): boolean =>
    ![...holds].some(([other, priority]) => other !== repo && priority === after?.priority);
  const waiting = [...steps];
  const ordered: ExternalRepoStep[] = [];
  const take = (index: number): void => {
    for (const step of waiting.splice(index, 1)) {
      ordered.push(step);
      if (step.after === null) holds.delete(step.repo);
      else holds.set(step.repo, step.after.priority);
    }
  };
  while (waiting.length > 0) {
    const next = waiting.findIndex((step) => step.after === null || isFree(step));
    const held = waiting.findIndex((step) => step.before !== null);
    const step = waiting[held];
    if (next === -1 && step !== undefined) {
      waiting[held] = stepOf(step.tag, step.repo, step.before, null);
      waiting.push(stepOf(step.tag, step.repo, null, step.after));
      take(held);
    } else take(Math.max(next, 0));
  }
  return ordered;
}
