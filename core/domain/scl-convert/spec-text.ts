/** A line of a spec, and where it stands. */
export interface SpecLine {
  readonly text: string;
  /** `preamble` for tags, of the package and its subpackages; else the section: `build`, `files`. */
  readonly section: string;
  /** The line that begins the section. */
  readonly begins: boolean;
  /** Within the body of a macro's definition, beyond its first line. */
  readonly macroBody: boolean;
}

const SECTIONS =
  'package|description|prep|generate_buildrequires|conf|build|install|check|clean|changelog|files|' +
  'sourcelist|patchlist|sepolicy|verifyscript|(?:pre|post)(?:un|trans|untrans)?|' +
  '(?:trans)?(?:file)?trigger(?:in|un|postun|prein)?';
const SECTION = new RegExp(`^%(${SECTIONS})(?![\\w(])`);
const DEFINITION = /^\s*%(?:\{!\?\w+:\s*%)?(?:global|define)\s/;

/** The section that a line begins; null: none. */
export function sectionBegun(text: string): string | null {
  return SECTION.exec(text)?.[1] ?? null;
}

/** The lines of a spec, by sections; it is read as text, and nothing of it is run. */
export function specLines(spec: string): SpecLine[] {
  let section = 'preamble';
  let continued = false;
  return spec.split('\n').map((text) => {
    const macroBody = continued;
    continued = text.endsWith('\\') && (macroBody || DEFINITION.test(text));
    const begun = macroBody ? null : sectionBegun(text);
    if (begun !== null) section = begun === 'package' ? 'preamble' : begun;
    return { text, section, begins: begun !== null, macroBody };
  });
}

/** How a line changes the depth of `%if`; an `%else` changes it not. */
export function conditionDepth(text: string): number {
  if (/^\s*%if(?:n?arch|n?os)?(?![\w])/.test(text)) return 1;
  return /^\s*%endif(?!\w)/.test(text) ? -1 : 0;
}

/** A tag of the preamble with its parts, as they stand; null: no such line. */
export function tagOf(text: string) {
  const match = /^(\s*)([A-Za-z]+\d*(?:\([^)]*\))?)(\s*:\s*)(.*?)(\s*)$/.exec(text);
  if (match === null) return null;
  const [, indent = '', tag = '', colon = '', value = '', end = ''] = match;
  return { indent, tag, name: tag.toLowerCase().replace(/\d+$|\(.*$/, ''), colon, value, end };
}
