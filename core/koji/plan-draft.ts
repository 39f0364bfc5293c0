import { shellWord } from '../domain/text.ts';
import type { HubState } from './hub-state.ts';
import type { AdminRequest, Finding, Need, Plan, PlanOptions, Step } from './plan.ts';
import type { ThingId } from './things.ts';

/** A plan while it is made. */
export interface Draft {
  readonly hub: HubState;
  /** May it be overwritten: is it ours, or was it named? */
  mayOverwrite(thing: ThingId): boolean;
  isNamed(thing: ThingId): boolean;
  /** Is the tag there when a step of this plan runs: on the hub now, or created before? */
  available(tag: string): boolean;
  willCreate(tag: string): void;
  /** A tag that can not be created before a request is met. */
  holdBack(tag: string, message: string): void;
  /** Is the tag held back? Then these wait for the same request. */
  isHeldBack(tag: string, blocks: readonly ThingId[]): boolean;
  add(step: Step): void;
  unchanged(thing: ThingId): void;
  find(finding: Finding): void;
  /** Asked for once, whatever waits for it. */
  request(message: string, commands: readonly string[], blocks: readonly ThingId[]): void;
  finish(): Plan;
}

export function openDraft(hub: HubState, { ours, named }: PlanOptions): Draft {
  const steps: Step[] = [];
  const findings: Finding[] = [];
  const unchanged: ThingId[] = [];
  const created = new Set<string>();
  const heldBack = new Map<string, string>();
  const requests = new Map<string, AdminRequest>();
  const draft: Draft = {
    hub,
    mayOverwrite: (thing) => ours.has(thing) || named.has(thing),
    isNamed: (thing) => named.has(thing),
    available: (tag) => (created.has(tag) && may(hub, 'tag')) || isThere(hub, tag),
    willCreate: (tag) => created.add(tag),
    holdBack: (tag, message) => heldBack.set(tag, message),
    isHeldBack(tag, blocks) {
      const message = heldBack.get(tag);
      if (message === undefined) return false;
      draft.request(message, requests.get(message)?.commands ?? [], blocks);
      return true;
    },
    add: (step) => {
      steps.push(step);
    },
    unchanged: (thing) => {
      unchanged.push(thing);
    },
    find: (finding) => {
      findings.push(finding);
    },
    request(message, commands, blocks) {
      const asked = requests.get(message);
      const all = new Set([...(asked?.blocks ?? []), ...blocks]);
      requests.set(message, { message, commands, blocks: [...all] });
    },
    finish() {
      const able = steps.filter((step) => isPermitted(draft, step));
      return { steps: able, findings, requests: [...requests.values()], unchanged };
    },
  };
  return draft;
}

/** @throws Error when nobody asked: a guess would leave edges out */
function isThere({ tags, parents }: HubState, tag: string): boolean {
  const found = tags.get(tag);
  const there = found === undefined ? parents.get(tag) : found !== null;
  if (there === undefined) throw new Error(`Tag ${tag} was not looked for on the hub.`);
  return there;
}

function may({ account: { permissions } }: HubState, need: Need): boolean {
  // Koji's package list has a policy of its own, that only Koji can tell of.
  return need === 'package_list' || permissions.has('admin') || permissions.has(need);
}

/** Steps that Koji would refuse are asked for instead. */
function isPermitted(draft: Draft, step: Step): boolean {
  const { needs } = step;
  if (may(draft.hub, needs)) return true;
  const { user } = draft.hub.account;
  draft.request(
    `The account ${user} has no permission ${needs} on the hub.`,
    [`koji grant-permission ${needs} ${shellWord(user)}`],
    [...step.makes, ...step.drops],
  );
  return false;
}

/** What says that a thing stays as it is until it is named; names on a hub can be any text. */
export const untilNamed = (thing: ThingId, then: string): string =>
  `It stays. To ${then}, name it: --overwrite ${shellWord(thing)}`;
