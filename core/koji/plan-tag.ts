import { shellWord } from '../domain/text.ts';
import type { DesiredTag } from './desired-state.ts';
import type { HubTag } from './hub-state.ts';
import type { TagSettings, TagStep } from './plan.ts';
import { type Draft, untilNamed } from './plan-draft.ts';
import type { ExtraValue } from './profile.ts';
import { type ThingId, thing } from './things.ts';

/** Null: not on the hub. @throws Error when it was not read */
export function hubTag({ hub }: Draft, tag: string): HubTag | null {
  const found = hub.tags.get(tag);
  if (found === undefined) throw new Error(`Tag ${tag} was not read from the hub.`);
  return found;
}

/** The tag itself: architectures, permission, lock, extras. */
export function planTag(draft: Draft, desired: DesiredTag): void {
  const found = hubTag(draft, desired.tag);
  if (found !== null) changeTag(draft, desired, found);
  // There is nothing to end where nothing began.
  else if (!desired.locked) createTag(draft, desired);
}

function createTag(draft: Draft, desired: DesiredTag): void {
  const { tag, extra } = desired;
  const arches = desired.arches ?? [];
  const makes = [
    thing.tag(tag),
    ...(desired.arches === null ? [] : [thing.arches(tag)]),
    ...(desired.perm === null ? [] : [thing.perm(tag)]),
    ...Object.keys(extra).map((key) => thing.extra(tag, key)),
  ];
  // Without its permission the tag would be open to everybody: it waits.
  if (!permissionExists(draft, desired, makes)) return;
  draft.willCreate(tag);
  const perm = desired.perm === null ? {} : { perm: desired.perm };
  draft.add({
    kind: 'tag',
    action: 'create',
    needs: 'tag',
    tag,
    before: null,
    after: { arches, perm: desired.perm, locked: false, extra },
    set: { arches, ...perm, extra },
    makes,
    drops: [],
  });
}

function permissionExists(draft: Draft, desired: DesiredTag, blocks: readonly ThingId[]): boolean {
  const { perm, packages } = desired;
  if (perm === null || draft.hub.permissions.has(perm)) return true;
  const users = new Set([...packages.map(({ owner }) => owner), draft.hub.account.user]);
  const message = `The hub has no permission ${perm}.`;
  if (hubTag(draft, desired.tag) === null) draft.holdBack(desired.tag, message);
  draft.request(
    message,
    [`koji grant-permission --new ${perm} ${[...users].map(shellWord).join(' ')}`],
    blocks,
  );
  return false;
}

/** What changes of a tag, gathered aspect by aspect. */
interface Change {
  set: { -readonly [K in keyof TagStep['set']]: TagStep['set'][K] };
  readonly makes: ThingId[];
  readonly drops: ThingId[];
}

function changeTag(draft: Draft, desired: DesiredTag, found: HubTag): void {
  const { tag } = desired;
  draft.unchanged(thing.tag(tag));
  const change: Change = { set: {}, makes: [], drops: [] };
  changeArches(draft, desired, found, change);
  changePerm(draft, desired, found, change);
  changeLock(draft, desired, found, change);
  changeExtra(draft, desired, found, change);
  if (Object.keys(change.set).length === 0) return;
  const touched = [...Object.keys(change.set.extra ?? {}), ...(change.set.removeExtra ?? [])];
  const before = {
    ...found,
    extra: Object.fromEntries(
      touched.filter((key) => key in found.extra).map((key) => [key, found.extra[key]]),
    ),
  };
  const { arches, perm, locked } = before;
  draft.add({
    kind: 'tag',
    action: 'change',
    needs: 'tag',
    tag,
    before: { arches, perm, locked, extra: before.extra },
    after: after(before, change.set),
    ...change,
  });
}

const after = (before: TagSettings, set: TagStep['set']): TagSettings => ({
  arches: set.arches ?? before.arches,
  perm: set.perm ?? before.perm,
  locked: set.locked ?? before.locked,
  extra: set.extra ?? {},
});

function changeArches(draft: Draft, desired: DesiredTag, found: HubTag, change: Change): void {
  const { tag, arches } = desired;
  if (arches === null) return;
  const id = thing.arches(tag);
  const [want, has] = [[...arches].sort().join(' '), [...found.arches].sort().join(' ')];
  if (want === has) return draft.unchanged(id);
  if (has === '' || draft.mayOverwrite(id)) {
    change.set.arches = arches;
    change.makes.push(id);
    return;
  }
  const message = `Tag ${tag} is for ${found.arches.join(' ')}, not for ${arches.join(' ')}.`;
  draft.find({ kind: 'differs', thing: id, message, remedy: untilNamed(id, 'change it') });
}

function changePerm(draft: Draft, desired: DesiredTag, found: HubTag, change: Change): void {
  const { tag, perm } = desired;
  if (perm === null) return;
  const id = thing.perm(tag);
  if (perm === found.perm) return draft.unchanged(id);
  if (found.perm === null || draft.mayOverwrite(id)) {
    if (!permissionExists(draft, desired, [id])) return;
    change.set.perm = perm;
    change.makes.push(id);
    return;
  }
  const message = `Tag ${tag} needs permission ${found.perm}, not ${perm}.`;
  draft.find({ kind: 'differs', thing: id, message, remedy: untilNamed(id, 'change it') });
}

function changeLock(
  draft: Draft,
  { tag, locked }: DesiredTag,
  found: HubTag,
  change: Change,
): void {
  const id = thing.lock(tag);
  if (locked === found.locked) return locked ? draft.unchanged(id) : undefined;
  if (locked || draft.mayOverwrite(id)) {
    change.set.locked = locked;
    (locked ? change.makes : change.drops).push(id);
    return;
  }
  const message = `Tag ${tag} is locked, and not by us.`;
  draft.find({ kind: 'locked', thing: id, message, remedy: untilNamed(id, 'unlock it') });
}

function changeExtra(draft: Draft, desired: DesiredTag, found: HubTag, change: Change): void {
  const { tag } = desired;
  const set: Record<string, ExtraValue> = {};
  for (const [key, want] of Object.entries(desired.extra)) {
    const id = thing.extra(tag, key);
    const hidden = found.blockedExtra.includes(key);
    const has = Object.hasOwn(found.extra, key);
    if (!hidden && has && found.extra[key] === want) draft.unchanged(id);
    else if ((!hidden && !has) || draft.mayOverwrite(id)) {
      set[key] = want;
      change.makes.push(id);
    } else {
      const value = hidden ? 'blocked' : JSON.stringify(found.extra[key]);
      const message = `Tag ${tag} has extra ${key} ${value}, not ${JSON.stringify(want)}.`;
      draft.find({ kind: 'differs', thing: id, message, remedy: untilNamed(id, 'change it') });
    }
  }
  const remove = foreignExtra(draft, desired, found);
  change.drops.push(...remove.map((key) => thing.extra(tag, key)));
  if (Object.keys(set).length > 0) change.set.extra = set;
  if (remove.length > 0) change.set.removeExtra = remove;
}

/** Finds the keys that nobody wants. @returns those that go */
function foreignExtra(draft: Draft, { tag, extra }: DesiredTag, found: HubTag): string[] {
  const remove: string[] = [];
  for (const key of Object.keys(found.extra)) {
    if (Object.hasOwn(extra, key) || found.blockedExtra.includes(key)) continue;
    const id = thing.extra(tag, key);
    if (draft.mayOverwrite(id)) remove.push(key);
    else {
      const message = `Tag ${tag} has extra ${key} ${JSON.stringify(found.extra[key])}.`;
      draft.find({ kind: 'foreign', thing: id, message, remedy: untilNamed(id, 'remove it') });
    }
  }
  return remove;
}
