/** What a tag of a spec's head or of a `%package` is for. */
export interface Tag {
  readonly name: string;
  readonly kind:
    | 'word'
    | 'text'
    | 'epoch'
    | 'source'
    | 'dependency'
    | 'buildRequires'
    | 'buildArch'
    | 'ignored';
  /** `Name: x` defines `%name`, too. */
  readonly macro: boolean;
  /** What may stand in parentheses behind it. */
  readonly qualifier: 'language' | 'scripts' | null;
}

const tag = (
  name: string,
  kind: Tag['kind'],
  { macro = false, qualifier = null }: Partial<Pick<Tag, 'macro' | 'qualifier'>> = {},
): Tag => ({ name, kind, macro, qualifier });
const MACRO = { macro: true };
const SCRIPTS = { qualifier: 'scripts' } as const;

/** In rpm's order: the first one counts that the line begins with. */
const TAGS: readonly Tag[] = [
  tag('name', 'word', MACRO),
  tag('version', 'word', MACRO),
  tag('release', 'word', MACRO),
  tag('epoch', 'epoch', MACRO),
  tag('summary', 'text', { macro: true, qualifier: 'language' }),
  tag('license', 'text', MACRO),
  tag('sourcelicense', 'ignored', MACRO),
  tag('distribution', 'ignored', MACRO),
  tag('disturl', 'ignored', MACRO),
  tag('vendor', 'ignored', MACRO),
  tag('group', 'ignored', { macro: true, qualifier: 'language' }),
  tag('packager', 'ignored', MACRO),
  tag('url', 'word', MACRO),
  tag('vcs', 'ignored', MACRO),
  tag('source', 'source'),
  tag('patch', 'source'),
  tag('nosource', 'ignored'),
  tag('nopatch', 'ignored'),
  tag('excludearch', 'ignored'),
  tag('exclusivearch', 'ignored'),
  tag('excludeos', 'ignored'),
  tag('exclusiveos', 'ignored'),
  tag('icon', 'ignored'),
  tag('provides', 'dependency'),
  tag('requires', 'dependency', SCRIPTS),
  tag('recommends', 'dependency'),
  tag('suggests', 'dependency'),
  tag('supplements', 'dependency'),
  tag('enhances', 'dependency'),
  tag('prereq', 'dependency', SCRIPTS),
  tag('conflicts', 'dependency'),
  tag('obsoletes', 'dependency'),
  tag('prefixes', 'ignored', MACRO),
  tag('prefix', 'ignored', MACRO),
  tag('buildroot', 'ignored'),
  tag('buildarchitectures', 'buildArch'),
  tag('buildarch', 'buildArch'),
  tag('buildconflicts', 'dependency'),
  tag('buildprereq', 'buildRequires'),
  tag('buildrequires', 'buildRequires'),
  tag('autoreqprov', 'ignored'),
  tag('autoreq', 'ignored'),
  tag('autoprov', 'ignored'),
  tag('docdir', 'ignored'),
  tag('disttag', 'ignored', MACRO),
  tag('bugurl', 'ignored', MACRO),
  tag('translationurl', 'ignored', MACRO),
  tag('upstreamreleases', 'ignored', MACRO),
  tag('orderwithrequires', 'dependency', SCRIPTS),
  tag('removepathpostfixes', 'ignored', MACRO),
  tag('modularitylabel', 'ignored', MACRO),
];

/** Tags whose dependencies may stand in parentheses. */
export const RICH_TAGS: ReadonlySet<string> = new Set(
  (
    'requires recommends suggests supplements enhances conflicts prereq buildprereq ' +
    'buildrequires buildconflicts'
  ).split(' '),
);

export interface TagLine {
  readonly tag: Tag;
  /** Of `Source12`; null: none. */
  readonly number: number | null;
  /** Of `Summary(de)`; `""` where none is given. */
  readonly qualifier: string;
  /** Trimmed. */
  readonly field: string;
}

const HEAD = /^(?<rest>[ \t]*)(?:\((?<qualifier>[^)]*)\)\s*)?:/;

/** The tag that a line states; null: it is none that rpm knows. */
export function parseTagLine(line: string): TagLine | null {
  const lower = line.slice(0, 30).toLowerCase();
  const tag = TAGS.find(({ name }) => lower.startsWith(name));
  if (tag === undefined) return null;
  const colon = line.indexOf(':');
  if (colon === -1) return null;
  const field = line.slice(colon + 1).trim();
  if (tag.kind === 'source') {
    const digits = /^([^: \t]*)[ \t]*/.exec(line.slice(tag.name.length, colon))?.[1] ?? '';
    if (digits === '') return { tag, number: null, qualifier: '', field };
    return /^\d{1,9}$/.test(digits) ? { tag, number: Number(digits), qualifier: '', field } : null;
  }
  const head = HEAD.exec(line.slice(tag.name.length));
  if (head === null) return null;
  const qualifier = head.groups?.qualifier;
  if (qualifier !== undefined && tag.qualifier === null) return null;
  const from = qualifier === undefined ? colon : tag.name.length + head[0].length - 1;
  return {
    tag,
    number: null,
    qualifier: qualifier?.trim() ?? '',
    field: line.slice(from + 1).trim(),
  };
}
