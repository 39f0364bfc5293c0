import type { HubQuestions } from '../../core/koji/desired-state.ts';
import type { HubState } from '../../core/koji/hub-state.ts';
import type { Plan, Step } from '../../core/koji/plan.ts';
import type { ThingId } from '../../core/koji/things.ts';
import type { CallAnswer, Hub, HubCall } from './hub.ts';
import { isRace, type KojiFault } from './koji-fault.ts';
import { type HubReading, hubReading, readHub, readingCalls } from './read-hub.ts';
import { type CallFacts, callsOf, stepKey } from './step-calls.ts';

/** What we made on the hub, as it is remembered. */
export interface MadeThings {
  /** All of one collection on one EL release; `sure` is false of what was begun and not seen yet. */
  load(): Promise<readonly { readonly thing: ThingId; readonly sure: boolean }[]>;
  /** Before the hub is asked to make them. */
  begin(things: readonly ThingId[]): Promise<void>;
  /** They were seen on the hub. */
  confirm(things: readonly ThingId[]): Promise<void>;
  /** What was begun and did not come to be; not what another run has seen since. */
  abandon(things: readonly ThingId[]): Promise<void>;
  forget(things: readonly ThingId[]): Promise<void>;
}

export interface ApplyDeps {
  readonly hub: Hub;
  readonly questions: HubQuestions;
  readonly things: MadeThings;
  /** The way from what the hub has to what it should have; pure, and asked after each round. */
  plan(state: HubState, ours: ReadonlySet<ThingId>): Plan;
}

export interface Applied {
  /** Steps that were done now. */
  readonly done: readonly Step[];
  /** What the hub does not have yet: steps that did not succeed, findings, requests. */
  readonly rest: Plan;
  /** Why steps of `rest` did not succeed, by `stepKey`; none where another step comes first. */
  readonly faults: ReadonlyMap<string, KojiFault>;
}

/** Others may change the hub at the same time; after so many rounds they are left to it. */
const MAX_ROUNDS = 4;

/**
 * Has the hub do a plan: reads, plans, writes all at once, reads again with the same request, and
 * goes on until nothing is left but what Koji refuses. What counts is what was read, never what a
 * call said.
 * @throws DistGitError where the hub can not be reached, or it is not known whether it did
 *   something; asking again is safe then
 */
export async function applyPlan(deps: ApplyDeps): Promise<Applied> {
  let reading = await readHub(deps.hub, deps.questions);
  const before = await deps.things.load();
  const ours = new Set(before.filter(({ sure }) => sure).map(({ thing }) => thing));
  // What an earlier run began and did not come back from.
  const begun = before.filter(({ sure }) => !sure).map(({ thing }) => thing);
  await settle(deps, reading, ours, begun);
  let plan = deps.plan(reading.state, ours);
  const done = new Map<string, Step>();
  const faults = new Map<string, KojiFault>();
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const steps = plan.steps.filter((step) => !faults.has(stepKey(step)));
    if (steps.length === 0) break;
    const made = steps.flatMap((step) => step.makes).filter((thing) => !ours.has(thing));
    await deps.things.begin(made);
    const { next, said } = await writeRound(deps, reading, steps);
    reading = next;
    // One call makes all of such a step or nothing.
    const failed = steps.filter((step) => step.kind !== 'group' && said.has(stepKey(step)));
    const notMade = new Set(failed.flatMap((step) => step.makes));
    await settle(deps, reading, ours, made, notMade);
    plan = deps.plan(reading.state, ours);
    const left = new Set(plan.steps.map(stepKey));
    const there = new Set(plan.unchanged);
    const isDone = (step: Step): boolean =>
      !left.has(stepKey(step)) && step.makes.every((thing) => there.has(thing));
    const now = steps.filter(isDone);
    await forgetDropped(deps, ours, now);
    for (const step of now) done.set(stepKey(step), step);
    const isRaced = [...said.values()].some(isRace);
    for (const [key, fault] of said)
      if (left.has(key) && (!isRace(fault) || round === MAX_ROUNDS)) faults.set(key, fault);
    for (const key of left) done.delete(key);
    // What depends on something else has another chance only when something was done.
    if (now.length === 0 && !isRaced) break;
  }
  return { done: [...done.values()], rest: plan, faults };
}

/**
 * What was begun is ours when it is there as it should be. Where it is there otherwise, somebody
 * else made it at the same time, and it is not for us to change.
 */
async function settle(
  deps: ApplyDeps,
  { state }: HubReading,
  ours: Set<ThingId>,
  begun: readonly ThingId[],
  notMade: ReadonlySet<ThingId> = new Set(),
): Promise<void> {
  if (begun.length === 0) return;
  const there = new Set(deps.plan(state, new Set([...ours, ...begun])).unchanged);
  const isMade = (thing: ThingId): boolean => there.has(thing) && !notMade.has(thing);
  const made = begun.filter(isMade);
  for (const thing of made) ours.add(thing);
  await deps.things.confirm(made);
  await deps.things.abandon(begun.filter((thing) => !isMade(thing)));
}

async function forgetDropped(
  { things }: ApplyDeps,
  ours: Set<ThingId>,
  done: readonly Step[],
): Promise<void> {
  const dropped = done.flatMap((step) => step.drops).filter((thing) => ours.delete(thing));
  await things.forget(dropped);
}

interface Round {
  readonly next: HubReading;
  /** The first fault of each step that had one. */
  readonly said: ReadonlyMap<string, KojiFault>;
}

async function writeRound(
  deps: ApplyDeps,
  reading: HubReading,
  steps: readonly Step[],
): Promise<Round> {
  const { hub, questions } = deps;
  const said = new Map<string, KojiFault>();
  const tagIds = new Map(reading.tagIds);
  const facts: CallFacts = {
    tagIds,
    edgesOf: (tag) => reading.state.tags.get(tag)?.inheritance ?? [],
  };
  const early = createdFirst(steps);
  if (early.length > 0) {
    const batch = batchOf(early, facts);
    const outcome = await hub.writeAll(batch.calls);
    if (outcome.kind === 'committed') return { next: await readHub(hub, questions), said };
    collectFaults(batch, outcome.answers, said);
    for (const [index, step] of batch.steps.entries()) {
      const answer = outcome.answers[index];
      if (answer === undefined || 'fault' in answer || step.kind !== 'tag') continue;
      if (typeof answer.value === 'number') tagIds.set(step.tag, answer.value);
    }
  }
  const rest = steps.filter((step) => !early.includes(step));
  const batch = batchOf(rest, facts);
  if (batch.calls.length === 0) return { next: await readHub(hub, questions), said };
  // In the same request, after all writes: they are seen by it, and committed before its answer.
  const reads = readingCalls(questions);
  const outcome = await hub.writeAll([...batch.calls, ...reads]);
  if (outcome.kind === 'committed') return { next: await readHub(hub, questions), said };
  collectFaults(batch, outcome.answers, said);
  return { next: hubReading(questions, outcome.answers.slice(batch.calls.length)), said };
}

/** New tags that others are to inherit from: their numbers are wanted, which only Koji gives. */
function createdFirst(steps: readonly Step[]): Step[] {
  const parents = new Set(
    steps.flatMap((step) => (step.kind === 'inheritance' ? step.set : [])).map((one) => one.parent),
  );
  const isNew = (step: Step): boolean => step.kind === 'tag' && step.action === 'create';
  const isWanted = steps.some(
    (step) => isNew(step) && step.kind === 'tag' && parents.has(step.tag),
  );
  return isWanted ? steps.filter(isNew) : [];
}

/** Calls, and of each the step that it is of. */
interface Batch {
  readonly calls: readonly HubCall[];
  readonly steps: readonly Step[];
}

function batchOf(all: readonly Step[], facts: CallFacts): Batch {
  const calls: HubCall[] = [];
  const steps: Step[] = [];
  for (const step of all)
    for (const call of callsOf(step, facts) ?? []) {
      calls.push(call);
      steps.push(step);
    }
  return { calls, steps };
}

function collectFaults(
  { steps }: Batch,
  answers: readonly CallAnswer[],
  said: Map<string, KojiFault>,
): void {
  for (const [index, step] of steps.entries()) {
    const answer = answers[index];
    const key = stepKey(step);
    if (answer !== undefined && 'fault' in answer && !said.has(key)) said.set(key, answer.fault);
  }
}
