import { shellWord } from '../domain/text.ts';
import type { DesiredPackage, DesiredTag } from './desired-state.ts';
import type { HubPackage } from './hub-state.ts';
import type { PackageStep, PlannedPackage } from './plan.ts';
import { type Draft, untilNamed } from './plan-draft.ts';
import { hubTag } from './plan-tag.ts';
import { thing } from './things.ts';

/** The package list of a tag. An owner is changed, and a block lifted, only when it is named. */
export function planPackages(draft: Draft, desired: DesiredTag): void {
  const { tag, packages } = desired;
  if (!draft.available(tag)) return;
  const found = hubTag(draft, tag)?.packages ?? [];
  for (const one of packages) {
    const has = found.find(({ package: name }) => name === one.package);
    if (has !== undefined) changePackage(draft, tag, one, has);
    // What is retired and was never listed is not listed now.
    else if (!one.blocked) listPackage(draft, tag, one);
  }
  for (const has of found)
    if (!packages.some((one) => one.package === has.package)) foreignPackage(draft, tag, has);
}

function listPackage(draft: Draft, tag: string, { package: name, owner }: DesiredPackage): void {
  const id = thing.package(tag, name);
  const user = draft.hub.users.get(owner);
  if (user === undefined) throw new Error(`User ${owner} was not read from the hub.`);
  if (user === 'active')
    draft.add(stepOf(tag, name, { before: null, after: { owner, blocked: false } }));
  else if (user === null)
    draft.request(`The hub has no user ${owner}.`, [`koji add-user ${shellWord(owner)}`], [id]);
  else
    draft.request(
      `User ${owner} is blocked on the hub.`,
      [`koji enable-user ${shellWord(owner)}`],
      [id],
    );
}

function changePackage(
  draft: Draft,
  tag: string,
  desired: DesiredPackage,
  found: HubPackage,
): void {
  const { package: name } = desired;
  const [id, block] = [thing.package(tag, name), thing.packageBlock(tag, name)];
  const before: PlannedPackage = { owner: found.owner, blocked: found.blocked };
  let { owner, blocked } = before;
  if (desired.owner === owner) draft.unchanged(id);
  else if (draft.isNamed(id) && draft.hub.users.get(desired.owner) === 'active')
    owner = desired.owner;
  else
    draft.find({
      kind: 'owner',
      thing: id,
      message: `Package ${name} of tag ${tag} is owned by ${owner}, not by ${desired.owner}.`,
      remedy: untilNamed(id, 'give it another owner'),
    });
  if (desired.blocked === blocked) {
    if (blocked) draft.unchanged(block);
  } else if (desired.blocked || draft.mayOverwrite(block)) blocked = desired.blocked;
  else
    draft.find({
      kind: 'blocked',
      thing: block,
      message: `Package ${name} is blocked in tag ${tag}, and not by us.`,
      remedy: untilNamed(block, 'unblock it'),
    });
  if (owner !== before.owner || blocked !== before.blocked)
    draft.add(stepOf(tag, name, { before, after: { owner, blocked } }));
}

function foreignPackage(draft: Draft, tag: string, { package: name, owner, blocked }: HubPackage) {
  const [id, block] = [thing.package(tag, name), thing.packageBlock(tag, name)];
  // Builds of it may be tagged: the list must go on to have it.
  if (draft.isNamed(block) && !blocked) {
    const before = { owner, blocked };
    draft.add(stepOf(tag, name, { before, after: { owner, blocked: true } }));
    return;
  }
  draft.find({
    kind: 'foreign',
    thing: id,
    message: `Tag ${tag} lists package ${name} of ${owner}${blocked ? ', blocked' : ''}.`,
    remedy: blocked ? null : untilNamed(block, 'block it'),
  });
}

function stepOf(
  tag: string,
  name: string,
  { before, after }: { before: PlannedPackage | null; after: PlannedPackage },
): PackageStep {
  const [id, block] = [thing.package(tag, name), thing.packageBlock(tag, name)];
  const blocks = after.blocked && before?.blocked !== true;
  const unblocks = !after.blocked && before?.blocked === true;
  return {
    kind: 'package',
    action: before === null ? 'create' : 'change',
    needs: 'package_list',
    tag,
    package: name,
    before,
    after,
    makes: [...(before?.owner === after.owner ? [] : [id]), ...(blocks ? [block] : [])],
    drops: unblocks ? [block] : [],
  };
}
