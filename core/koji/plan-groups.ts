import type { DesiredGroup, DesiredTag } from './desired-state.ts';
import type { HubGroup } from './hub-state.ts';
import { type Draft, untilNamed } from './plan-draft.ts';
import { hubTag } from './plan-tag.ts';
import { type ThingId, thing } from './things.ts';

/** The groups of a tag, with their packages. What somebody else put into them stays. */
export function planGroups(draft: Draft, desired: DesiredTag): void {
  const { tag, groups } = desired;
  if (!draft.available(tag)) return;
  const found = hubTag(draft, tag)?.groups ?? [];
  for (const group of groups) {
    const has = found.find((one) => one.group === group.group) ?? null;
    if (has?.blocked === true) tellOfBlocked(draft, thing.group(tag, group.group));
    else planGroup(draft, tag, group, has);
  }
  for (const { group } of found) {
    if (groups.some((one) => one.group === group)) continue;
    const message = `Tag ${tag} has group ${group}.`;
    draft.find({ kind: 'foreign', thing: thing.group(tag, group), message, remedy: null });
  }
}

function planGroup(
  draft: Draft,
  tag: string,
  { group, packages }: DesiredGroup,
  found: HubGroup | null,
): void {
  const add: string[] = [];
  const makes: ThingId[] = [];
  if (found === null) makes.push(thing.group(tag, group));
  else draft.unchanged(thing.group(tag, group));
  for (const name of packages) {
    const id = thing.groupPackage(tag, group, name);
    const has = found?.packages.find((one) => one.package === name);
    if (has === undefined) {
      add.push(name);
      makes.push(id);
    } else if (has.blocked) tellOfBlocked(draft, id);
    else draft.unchanged(id);
  }
  const remove = foreignPackages(draft, tag, { group, packages }, found);
  if (found !== null && add.length === 0 && remove.length === 0) return;
  const before = found?.packages.filter(({ blocked }) => !blocked).map((one) => one.package);
  draft.add({
    kind: 'group',
    action: found === null ? 'create' : 'change',
    needs: 'tag',
    tag,
    group,
    before: before ?? null,
    after: [...(before ?? []).filter((name) => !remove.includes(name)), ...add],
    add,
    remove,
    makes,
    drops: remove.map((name) => thing.groupPackage(tag, group, name)),
  });
}

/** Finds packages of a group that nobody wants. @returns those that go */
function foreignPackages(
  draft: Draft,
  tag: string,
  { group, packages }: DesiredGroup,
  found: HubGroup | null,
): string[] {
  const remove: string[] = [];
  for (const { package: name, blocked } of found?.packages ?? []) {
    if (packages.includes(name) || blocked) continue;
    const id = thing.groupPackage(tag, group, name);
    if (draft.mayOverwrite(id)) remove.push(name);
    else
      draft.find({
        kind: 'foreign',
        thing: id,
        message: `Group ${group} of tag ${tag} has package ${name}.`,
        remedy: untilNamed(id, 'remove it'),
      });
  }
  return remove;
}

function tellOfBlocked(draft: Draft, id: ThingId): void {
  draft.find({
    kind: 'blocked',
    thing: id,
    message: `Somebody has blocked ${id}.`,
    remedy: 'Unblock it with the program koji if it is to be there.',
  });
}
