import { refuse, spend, TAG_WORK } from './budget.ts';
import { addGap, type SpecDraft, specValue } from './draft.ts';
import { expand } from './expand.ts';
import { TOP } from './expansion.ts';
import { define, makeUnknown } from './macro-store.ts';
import { withoutUndefinedMarks } from './marks.ts';
import type { SpecField, SpecFile } from './spec.ts';

type Kind = 'source' | 'patch';

const listOf = (draft: SpecDraft, kind: Kind): SpecFile[] =>
  kind === 'source' ? draft.sources : draft.patches;

/** A `Source` or `Patch` tag, or a line of `%sourcelist` or `%patchlist`. */
export function addSource(
  draft: SpecDraft,
  kind: Kind,
  stated: number | null,
  field: SpecField,
  text: string,
): void {
  const { state } = draft;
  spend(state.budget, TAG_WORK);
  const number = numberFor(draft, kind, stated);
  if (draft.stated.has(`${kind} ${number}`)) refuse(`${kind} ${number} defined multiple times`);
  draft.stated.add(`${kind} ${number}`);
  const name = fileName(text);
  listOf(draft, kind).push({ ...field, number, fileName: specValue(state, name) });
  const macro = kind.toUpperCase();
  const path = expand(state, `%{_sourcedir}/${name}`, TOP);
  const clean = path.replace(/\/{2,}/g, '/').replace(/(?:\/\.)+(?=\/)/g, '');
  define(state.macros, `${macro}${number}`, { body: withoutUndefinedMarks(state.marks, clean) });
  define(state.macros, `${macro}URL${number}`, { body: withoutUndefinedMarks(state.marks, text) });
}

/** One that nobody knows whether it counts. */
export function addDoubtfulSource(
  draft: SpecDraft,
  kind: Kind,
  stated: number | null,
  field: SpecField,
): void {
  const why = field.value.known ? 'it is not known' : field.value.why;
  spend(draft.state.budget, TAG_WORK);
  const number = numberFor(draft, kind, stated);
  listOf(draft, kind).push({ ...field, number, fileName: { known: false, why } });
  makeUnknown(draft.state.macros, `${kind.toUpperCase()}${number}`, why);
  makeUnknown(draft.state.macros, `${kind.toUpperCase()}URL${number}`, why);
  // Those behind it may have a number less.
  if (stated === null) addGap(draft, field.line, why);
}

function numberFor({ last }: SpecDraft, kind: Kind, stated: number | null): number {
  const number = stated ?? last[kind] + 1;
  last[kind] = Math.max(last[kind], number);
  return number;
}

/** What is behind the last slash, and there behind the last `=`: `https://host/get?file=/a=b.gz`. */
function fileName(text: string): string {
  const slash = text.lastIndexOf('/');
  if (slash === -1) return text;
  const name = text.slice(slash + 1);
  return name.slice(name.lastIndexOf('=') + 1);
}
