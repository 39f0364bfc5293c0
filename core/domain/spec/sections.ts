import { refuse } from './budget.ts';
import { addGap, type PackageDraft, type SpecDraft } from './draft.ts';
import { isMarked, whyUnknown } from './marks.ts';
import {
  type SpecLine,
  STRIP_BOTH,
  STRIP_COMMENTS,
  STRIP_NOTHING,
  type Strip,
} from './spec-lines.ts';

/** What is done with the lines of a section. */
export type SectionKind =
  | 'preamble'
  | 'sources'
  | 'patches'
  | 'description'
  | 'files'
  | 'script'
  | 'other';

/** By name without the per cent sign. */
const SECTIONS: ReadonlyMap<string, { readonly kind: SectionKind; readonly strip: Strip }> =
  new Map<string, { kind: SectionKind; strip: Strip }>([
    ['package', { kind: 'preamble', strip: STRIP_BOTH }],
    ['description', { kind: 'description', strip: STRIP_BOTH }],
    ['files', { kind: 'files', strip: STRIP_COMMENTS }],
    ['changelog', { kind: 'other', strip: STRIP_COMMENTS }],
    ['sepolicy', { kind: 'other', strip: STRIP_BOTH }],
    ['sourcelist', { kind: 'sources', strip: STRIP_BOTH }],
    ['patchlist', { kind: 'patches', strip: STRIP_BOTH }],
    ['end', { kind: 'other', strip: STRIP_BOTH }],
    ...(
      'prep generate_buildrequires conf build install check clean triggerpostun triggerprein ' +
      'triggerun triggerin trigger filetriggerin ' +
      'filetrigger filetriggerun filetriggerpostun transfiletriggerin transfiletrigger ' +
      'transfiletriggerun transfiletriggerpostun'
    )
      .split(' ')
      .map((name) => [name, { kind: 'other', strip: STRIP_NOTHING }] as const),
    ...['pre', 'post', 'preun', 'postun', 'pretrans', 'posttrans', 'verifyscript'].map(
      (name) => [name, { kind: 'script', strip: STRIP_NOTHING }] as const,
    ),
  ]);

export interface SectionStart {
  /** `%package` */
  readonly name: string;
  readonly kind: SectionKind;
  readonly strip: Strip;
}

/** The section that begins with this line; null: none does. */
export function sectionStart(line: string): SectionStart | null {
  if (!line.startsWith('%')) return null;
  const name = /^%([a-z_]+)(?=\s|$)/i.exec(line)?.[1]?.toLowerCase() ?? '';
  const found = SECTIONS.get(name);
  return found === undefined ? null : { name: `%${name}`, ...found };
}

/** `%package` of a line: a new package, that no other has the name of. */
export function newPackage(draft: SpecDraft, at: SpecLine): PackageDraft {
  const [, ...words] = at.text.split(/\s+/).filter((word) => word !== '');
  const full = words[0] === '-n';
  const name = full ? words[1] : words[0];
  if (name === undefined || words.length > (full ? 2 : 1))
    return refuse(`Bad package specification: ${at.text.trim()}`);
  const bad = isMarked(name) ? null : /[^A-Za-z0-9._+%{}-]/.exec(name);
  if (bad !== null) refuse(`Illegal char '${bad[0]}' in ${name}`);
  const key = full ? name : `${mainName(draft)}-${name}`;
  if (draft.byKey.has(key) && !isMarked(key)) refuse(`package ${key} already exists`);
  const added = { key, line: at.line, tags: new Map(), described: false };
  draft.packages.push(added);
  draft.byKey.set(key, added);
  const why = whyUnknown(draft.state.marks, at.text);
  if (at.doubt !== null) addGap(draft, at.line, at.doubt);
  else if (why !== null && !full) addGap(draft, at.line, why);
  return added;
}

/** The package that a `%description`, `%files` or script is for; null: nobody knows. */
export function packageOf(draft: SpecDraft, at: SpecLine): PackageDraft | null {
  const [, ...words] = at.text.split(/\s+/).filter((word) => word !== '');
  let full: string | null = null;
  const names: string[] = [];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-n') full = words.shift() ?? refuse(`Bad option -n: ${at.text.trim()}`);
    else if (/^-[flpP]$/.test(word)) words.shift();
    else if (!/^-./.test(word)) names.push(word);
  }
  if (names.length > (full === null ? 1 : 0)) refuse(`Too many names: ${at.text.trim()}`);
  const [sub] = names;
  const key = full ?? (sub === undefined ? null : `${mainName(draft)}-${sub}`);
  const main = draft.packages[0];
  const found = key === null || key === nameOf(main) ? main : draft.byKey.get(key);
  if (found !== undefined) return found;
  const uncertain = at.doubt !== null || isMarked(at.text) || draft.gaps.length > 0;
  return uncertain ? null : refuse(`package ${key} does not exist`);
}

function nameOf(target: PackageDraft | undefined): string | null {
  const value = target?.tags.get('name')?.value;
  return value?.known === true ? value.text : null;
}

/** Of the main package; one that is unknown stands for itself. */
function mainName(draft: SpecDraft): string {
  return nameOf(draft.packages[0]) ?? '%{name}';
}
