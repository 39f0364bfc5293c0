import { DEPENDENCY_WORK, refuse, spend, TAG_WORK } from './budget.ts';
import { parseDependencies } from './dependencies.ts';
import {
  addGap,
  PACKAGE_TAGS,
  type PackageDraft,
  type PackageTag,
  type SpecDraft,
  specValue,
} from './draft.ts';
import { define, makeUnknown } from './macro-store.ts';
import { isMarkAt, isMarked, whyUnknown, withoutUndefinedMarks } from './marks.ts';
import { parseTagLine, RICH_TAGS, type TagLine } from './preamble-tags.ts';
import { skipSpace } from './scan.ts';
import { addDoubtfulSource, addSource } from './source-tags.ts';
import type { SpecField } from './spec.ts';
import type { SpecLine } from './spec-lines.ts';

/** Takes one line of a spec's head, or of a `%package`, into account. */
export function readPreambleLine(draft: SpecDraft, target: PackageDraft, at: SpecLine): void {
  const { state } = draft;
  const text = at.text;
  const start = skipSpace(text);
  if (start >= text.length) return;
  spend(state.budget, TAG_WORK + text.length + at.raw.length);
  if (at.doubt !== null) return readDoubtfulLine(draft, target, at, at.doubt);
  if (isMarkAt(text, start)) {
    addGap(draft, at.line, whyUnknown(state.marks, text) ?? 'it is not known');
    return;
  }
  const found = parseTagLine(text);
  if (found === null) return refuse(`Unknown tag: ${text.trim()}`);
  if (found.field === '') return refuse(`Empty tag: ${text.trim()}`);
  takeTag(draft, target, found, at);
  if (found.tag.macro) defineTagMacros(draft, target, found);
}

function takeTag(draft: SpecDraft, target: PackageDraft, found: TagLine, at: SpecLine): void {
  const { tag, field } = found;
  const { state } = draft;
  const marked = isMarked(field);
  const specField = (): SpecField => ({
    raw: rawField(at),
    value: specValue(state, field),
    line: at.line,
  });
  if (tag.kind === 'word' || tag.kind === 'epoch') {
    if (/\s/.test(field)) refuse(`Tag takes single token only: ${at.text.trim()}`);
    if (!marked) checkWord(tag.name, field);
  }
  switch (tag.kind) {
    case 'word':
      return setTag(target, tag.name, specField());
    case 'text':
      // Only the summary may be given again in other languages.
      if (['', 'C'].includes(found.qualifier)) setTag(target, tag.name, specField());
      return;
    case 'epoch': {
      const stated = specField();
      const value = marked ? stated.value : ({ known: true, text: epochText(field) } as const);
      return setTag(target, tag.name, { ...stated, value });
    }
    case 'source':
      return addSource(draft, tag.name as 'source' | 'patch', found.number, specField(), field);
    case 'buildRequires':
    case 'dependency':
      return takeDependencies(draft, found, specField());
    case 'buildArch':
      return takeBuildArch(draft, target, field, at);
    case 'ignored':
      return;
  }
}

function setTag(target: PackageDraft, name: string, field: SpecField): void {
  const tag = PACKAGE_TAGS.find((known) => known === name);
  if (tag === undefined) return;
  if (target.tags.has(tag) && tag !== 'summary') refuse(`Duplicate ${tag} entries in package`);
  target.tags.set(tag, field);
}

/** The part of the line behind the colon, as written. */
function rawField({ raw }: SpecLine): string {
  const tag = /^\s*[A-Za-z]+\d*\s*(?:\([^)]*\)\s*)?:[ \t]*/.exec(raw);
  return tag === null ? raw : raw.slice(tag[0].length).trimEnd();
}

function checkWord(tag: string, field: string): void {
  const allowed = { name: /[^A-Za-z0-9._+%{}-]/, version: /[^A-Za-z0-9._+%{}~^]/ };
  const wrong =
    tag === 'name'
      ? (/^[^A-Za-z0-9_%]/.exec(field) ?? allowed.name.exec(field))
      : tag === 'version' || tag === 'release'
        ? allowed.version.exec(field)
        : null;
  if (wrong !== null) refuse(`Illegal char '${wrong[0]}' in ${tag} ${field}`);
  if (tag !== 'url' && tag !== 'epoch' && field.includes('..'))
    refuse(`Illegal sequence ".." in ${tag} ${field}`);
}

function epochText(field: string): string {
  if (!/^\+?\d{1,10}$/.test(field) || Number(field) > 0xffffffff)
    refuse(`Epoch field must be an unsigned number: ${field}`);
  return String(Number(field));
}

function takeDependencies(draft: SpecDraft, { tag, field }: TagLine, at: SpecField): void {
  const { state, buildRequires } = draft;
  const wanted = tag.kind === 'buildRequires';
  // What is unknown may hold spaces, commas and versions: nothing of it can be told apart.
  if (isMarked(field) && /\s|,/.test(field.trim()) && !onlyWholeWords(field)) {
    if (wanted) buildRequires.push(at);
    return;
  }
  const found = parseDependencies(field, RICH_TAGS.has(tag.name));
  spend(state.budget, found.length * DEPENDENCY_WORK);
  for (const text of found)
    if (wanted) buildRequires.push({ ...at, value: specValue(state, text) });
}

/** No mark is where an operator or a version could be, as far as one can see. */
function onlyWholeWords(field: string): boolean {
  return !/[<>=()]/.test(field);
}

function takeBuildArch(draft: SpecDraft, target: PackageDraft, field: string, at: SpecLine): void {
  const why = whyUnknown(draft.state.marks, field);
  if (why !== null) return addGap(draft, at.line, why);
  const archs = field.split(/\s+/);
  if (target.key !== null) {
    if (archs.length !== 1 || archs[0] !== 'noarch')
      refuse(`Only noarch subpackages are supported: ${field}`);
    return;
  }
  if (draft.buildArchs !== null) refuse(`Duplicate BuildArch entry: ${field}`);
  draft.buildArchs = archs;
}

/** `%version`, and of the main package `%VERSION`. */
function defineTagMacros(draft: SpecDraft, target: PackageDraft, { tag, field }: TagLine): void {
  const { state } = draft;
  const body = withoutUndefinedMarks(state.marks, field);
  define(state.macros, tag.name, { body });
  if (target.key === null) define(state.macros, tag.name.toUpperCase(), { body });
}

/** A line that counts, or does not. */
function readDoubtfulLine(draft: SpecDraft, target: PackageDraft, at: SpecLine, why: string): void {
  const text = at.text.trim();
  if (/^%(?:global|define|undefine|dnl)\b/.test(text)) return;
  const found = parseTagLine(text);
  if (found === null) return addGap(draft, at.line, why);
  const { tag } = found;
  const doubtful: SpecField = { raw: rawField(at), value: { known: false, why }, line: at.line };
  if (tag.kind === 'source')
    addDoubtfulSource(draft, tag.name as 'source' | 'patch', found.number, doubtful);
  else if (tag.kind === 'buildRequires') draft.buildRequires.push(doubtful);
  else if (tag.kind === 'buildArch') addGap(draft, at.line, why);
  else if ((PACKAGE_TAGS as readonly string[]).includes(tag.name))
    target.tags.set(tag.name as PackageTag, doubtful);
  if (!tag.macro) return;
  makeUnknown(draft.state.macros, tag.name, why);
  if (target.key === null) makeUnknown(draft.state.macros, tag.name.toUpperCase(), why);
}
