import { DistGitError, fail } from '../../api/distgit-error.ts';
import { MAX_SPEC, newBudget, refuse, SpecRefused, spend, TAG_WORK } from './budget.ts';
import { addGap, newDraft, type PackageDraft, type SpecDraft, specValue } from './draft.ts';
import { expand } from './expand.ts';
import { type Expansion, TOP } from './expansion.ts';
import { finishedSpec } from './finished-spec.ts';
import { define, newMacroStore, undefine } from './macro-store.ts';
import type { MacroTable } from './macro-table.ts';
import { isMarkAt, newMarks, whyUnknown, withoutMarks } from './marks.ts';
import { readPreambleLine } from './preamble.ts';
import { skipSpace } from './scan.ts';
import { newPackage, packageOf, type SectionStart, sectionStart } from './sections.ts';
import { addDoubtfulSource, addSource } from './source-tags.ts';
import type { Spec } from './spec.ts';
import {
  type LineReader,
  newLineReader,
  readLine,
  type SpecLine,
  STRIP_BOTH,
} from './spec-lines.ts';

export interface ReadSpecOptions {
  /** What is defined before the spec's first line, see `sclMacros`. */
  readonly macros: MacroTable;
}

/**
 * Reads a spec without running any of it: no rpm, shell or Lua.
 * @throws DistGitError `check_failed` where rpm would refuse the spec; `too_large` where it is
 * larger, deeper or longer to expand than any spec has reason to be
 */
export function readSpec(text: string, { macros }: ReadSpecOptions): Spec {
  if (text.length > MAX_SPEC)
    fail(
      'too_large',
      `The spec has ${text.length} characters; at most ${MAX_SPEC} are read.`,
      'A spec is a small text file: keep data in files of their own.',
    );
  const state: Expansion = {
    macros: newMacroStore(macros),
    marks: newMarks(),
    budget: newBudget(),
  };
  const input = withoutMarks(text);
  const first = readOnce(state, input, true);
  return first ?? readOnce(state, input, false) ?? fail('internal', 'The spec was not read.');
}

/**
 * rpm reads a spec again from its first line once it meets `BuildArch`, for that architecture;
 * macros defined so far stay.
 * @returns null: it must be read again
 */
function readOnce(state: Expansion, text: string, first: boolean): Spec | null {
  const reader = newLineReader(state, text);
  define(state.macros, '_docdir', { body: '%{_defaultdocdir}' });
  define(state.macros, '_licensedir', { body: '%{_defaultlicensedir}' });
  try {
    const draft = newDraft(state);
    const whole = readSections(reader, draft, first);
    if (whole) return finishedSpec(draft, reader.expanded.join(''));
    const arch = draft.buildArchs?.find((name) => buildsFor(state, name));
    if (arch === undefined) refuse('No compatible architectures found for build');
    define(state.macros, '_target_cpu', { body: arch });
    return null;
  } catch (error) {
    if (error instanceof SpecRefused)
      throw new DistGitError('check_failed', `Line ${reader.read}: ${oneLine(error.message)}.`, {
        detail: { remedy: 'See what rpm says: rpmspec --parse FILE.spec' },
      });
    throw error;
  }
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim().replace(/\.$/, '');
  return line.length > 200 ? `${line.slice(0, 200)}...` : line;
}

/** May a machine of the table's architecture build for this one? */
function buildsFor({ macros }: Expansion, arch: string): boolean {
  const own = macros.stacks.get('_target_cpu')?.at(-1)?.body;
  return (
    arch === 'noarch' ||
    arch === own ||
    (own === 'x86_64' && /^(?:i[3-6]86|athlon|amd64)$/.test(arch))
  );
}

/** @returns false: it must be read again, for the architecture of `BuildArch` */
function readSections(reader: LineReader, draft: SpecDraft, first: boolean): boolean {
  const main: PackageDraft = { key: null, line: 1, tags: new Map(), described: false };
  draft.packages.push(main);
  let target = main;
  let section: SectionStart = { name: '%preamble', kind: 'preamble', strip: STRIP_BOTH };
  for (;;) {
    const line = readLine(reader, section.strip);
    const next = line === null ? null : sectionStart(line.text);
    if (line === null || next !== null) {
      leaveSection(draft, section, target);
      if (line === null || next === null) return true;
      section = next;
      target = enterSection(draft, section, line, main) ?? target;
      continue;
    }
    takeLine(draft, section, target, line);
    if (draft.buildArchs !== null && first) return false;
  }
}

function enterSection(
  draft: SpecDraft,
  { name, kind }: SectionStart,
  line: SpecLine,
  main: PackageDraft,
): PackageDraft | null {
  spend(draft.state.budget, TAG_WORK + line.raw.length);
  draft.sections.push({ name, raw: line.raw, line: line.line });
  if (line.doubt !== null) addGap(draft, line.line, line.doubt);
  if (kind === 'preamble') return newPackage(draft, line);
  if (kind === 'description') {
    const described = packageOf(draft, line);
    if (described !== null) described.described = true;
  }
  if (kind === 'script') packageOf(draft, line);
  if (kind === 'files') {
    packageOf(draft, line);
    // Within a list of files %license is a word, whatever the License tag defined.
    define(draft.state.macros, 'license', { body: '%license', argument: true });
  }
  return main;
}

function leaveSection(draft: SpecDraft, { kind }: SectionStart, target: PackageDraft): void {
  const { state } = draft;
  if (kind === 'files') undefine(state.macros, 'license');
  if (kind !== 'preamble') return;
  if (target.key === null) {
    const buildRoot = expand(state, '%{?buildroot:%{buildroot}}', TOP);
    if (buildRoot === '') return;
    define(state.macros, 'buildroot', { body: buildRoot.replace(/\/{2,}/g, '/') });
  }
}

function takeLine(
  draft: SpecDraft,
  { kind }: SectionStart,
  target: PackageDraft,
  at: SpecLine,
): void {
  if (kind === 'preamble') return readPreambleLine(draft, target, at);
  if (at.text.trim() === '') return;
  const { marks } = draft.state;
  if (kind === 'sources' || kind === 'patches') {
    const tag = kind === 'sources' ? 'source' : 'patch';
    const text = at.text;
    const field = { raw: at.raw.trim(), value: specValue(draft.state, text), line: at.line };
    if (at.doubt === null) addSource(draft, tag, null, field, text);
    else addDoubtfulSource(draft, tag, null, { ...field, value: { known: false, why: at.doubt } });
  } else if (kind === 'description' || kind === 'files' || at.raw.startsWith('%include')) {
    // A macro alone on a line may make packages; with a slash it is a file's path.
    const start = skipSpace(at.text);
    const alone = isMarkAt(at.text, start) && !at.text.includes('/');
    const why = alone ? whyUnknown(marks, at.text) : null;
    if (why !== null) addGap(draft, at.line, why);
  }
}
