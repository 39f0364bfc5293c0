import { shellWord } from '../domain/text.ts';
import type { DesiredEdge, DesiredTag } from './desired-state.ts';
import type { HubEdge, HubTag } from './hub-state.ts';
import type { PlannedEdge } from './plan.ts';
import { type Draft, untilNamed } from './plan-draft.ts';
import { hubTag } from './plan-tag.ts';
import { freePriorities } from './priorities.ts';
import { type ThingId, thing } from './things.ts';

/** What a tag inherits from. An edge that is not ours stays, and keeps its priority. */
export function planInheritance(draft: Draft, desired: DesiredTag): void {
  const { tag } = desired;
  if (!draft.available(tag)) return;
  const found = hubTag(draft, tag)?.inheritance ?? [];
  const wanted = desired.inheritance.filter(
    ({ parent, optional }) => !optional || draft.available(parent),
  );
  const { kept, remove } = keepForeign(draft, tag, wanted, found);
  const set: PlannedEdge[] = [];
  const makes: ThingId[] = [];
  for (const { parent, priority } of placed(draft, desired, wanted, kept)) {
    const id = thing.parent(tag, parent);
    const has = found.find((edge) => edge.parent === parent);
    if (has?.priority === priority) {
      draft.unchanged(id);
      continue;
    }
    set.push({ parent, priority });
    makes.push(id);
  }
  if (set.length === 0 && remove.length === 0) return;
  const gone = new Set([...remove, ...set.map(({ parent }) => parent)]);
  const before = found.map(({ parent, priority }) => ({ parent, priority }));
  const stay = before.filter(({ parent }) => !gone.has(parent));
  draft.add({
    kind: 'inheritance',
    action: before.length === 0 ? 'create' : 'change',
    needs: 'tag',
    tag,
    before: before.length === 0 ? null : before,
    after: [...stay, ...set].sort((a, b) => a.priority - b.priority),
    set,
    remove,
    makes,
    drops: remove.map((parent) => thing.parent(tag, parent)),
  });
}

/** Goes through what the hub has: which edges stay where they are, and which are removed. */
function keepForeign(
  draft: Draft,
  tag: string,
  wanted: readonly DesiredEdge[],
  found: HubTag['inheritance'],
): { kept: HubEdge[]; remove: string[] } {
  const kept: HubEdge[] = [];
  const remove: string[] = [];
  for (const edge of found) {
    const id = thing.parent(tag, edge.parent);
    const want = wanted.find(({ parent }) => parent === edge.parent);
    if (want !== undefined) tellOfFlags(draft, tag, edge);
    if (draft.mayOverwrite(id)) {
      if (want === undefined) remove.push(edge.parent);
      continue;
    }
    kept.push(edge);
    if (want === undefined)
      draft.find({
        kind: 'foreign',
        thing: id,
        message: `Tag ${tag} inherits from ${edge.parent} with priority ${edge.priority}.`,
        remedy: untilNamed(id, 'remove it'),
      });
    else if (want.priority === edge.priority) draft.unchanged(id);
    else
      draft.find({
        kind: 'differs',
        thing: id,
        message: `Tag ${tag} inherits from ${edge.parent} with priority ${edge.priority}, not ${want.priority}.`,
        remedy: untilNamed(id, 'change it'),
      });
  }
  return { kept, remove };
}

/** What a person has set on an edge of ours stays, whoever made the edge. */
function tellOfFlags(draft: Draft, tag: string, edge: HubEdge): void {
  const flags = [
    ...(edge.maxdepth === null ? [] : [`maxdepth ${edge.maxdepth}`]),
    ...(edge.intransitive ? ['intransitive'] : []),
    ...(edge.noconfig ? ['noconfig'] : []),
    ...(edge.pkgFilter === '' ? [] : [`package filter ${edge.pkgFilter}`]),
  ];
  if (flags.length > 0)
    draft.find({
      kind: 'differs',
      thing: thing.parent(tag, edge.parent),
      message: `Tag ${tag} inherits from ${edge.parent} with ${flags.join(', ')}.`,
      remedy: null,
    });
}

/** Our edges that can be there now, with the priorities that are free for them. */
function placed(
  draft: Draft,
  { tag, arches }: DesiredTag,
  wanted: readonly DesiredEdge[],
  kept: readonly HubEdge[],
): PlannedEdge[] {
  const fixed = new Set(kept.map(({ parent }) => parent));
  const ours = wanted.filter(({ parent }) => !fixed.has(parent));
  const free = freePriorities(
    ours.map(({ parent, priority }) => ({ name: parent, priority })),
    new Set(kept.map(({ priority }) => priority)),
  );
  const found: PlannedEdge[] = [];
  for (const edge of ours) {
    const { parent } = edge;
    const priority = free.get(parent) ?? null;
    if (!draft.available(parent)) missingParent(draft, tag, edge, arches);
    else if (priority !== null) found.push({ parent, priority });
    else
      draft.find({
        kind: 'differs',
        thing: thing.parent(tag, parent),
        message: `Tag ${tag} can not inherit from ${parent}: others have priority ${edge.priority} and all after it.`,
        remedy: 'Remove, or name, one of the foreign edges of the tag.',
      });
  }
  return found;
}

function missingParent(
  draft: Draft,
  tag: string,
  { parent, collection }: DesiredEdge,
  arches: readonly string[] | null,
): void {
  const id = thing.parent(tag, parent);
  if (draft.isHeldBack(parent, [id])) return;
  const message = `Tag ${tag} is to inherit from ${parent}, which the hub does not have.`;
  if (collection === null)
    draft.request(
      `The hub has no tag ${parent}.`,
      [`koji add-tag --arches "${(arches ?? []).join(' ')}" ${shellWord(parent)}`],
      [id],
    );
  const remedy =
    collection === null
      ? 'An admin of the hub creates it; then this plan goes on.'
      : `Set up collection ${collection} first; then this plan goes on.`;
  draft.find({ kind: 'missing-parent', thing: id, message, remedy });
}
