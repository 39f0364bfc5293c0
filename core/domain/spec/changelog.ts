/** Every section that may follow `%changelog`, as rpm's parser knows them. */
const SECTION =
  /^%(package|description|prep|generate_buildrequires|conf|build|install|check|clean|changelog|files|sourcelist|patchlist|sepolicy|pre|post|preun|postun|pretrans|posttrans|preuntrans|postuntrans|verify|verifyscript|trigger|triggerin|triggerun|triggerprein|triggerpostun|filetriggerin|filetriggerun|filetriggerpostun|transfiletriggerin|transfiletriggerun|transfiletriggerpostun)(?![\w])/i;

/** The newest entry of a changelog. */
export interface ChangelogEntry {
  /** `Mon Jan 01 2024 Ann <ann@example.org> - 1.0-1`, without the `*`. */
  readonly header: string;
  /** The lines below it: no comments, no blanks at the ends. */
  readonly lines: readonly string[];
}

/**
 * The first entry of a spec's `%changelog`, read as text: `%%` is `%`, macros stay as they are.
 * Null where there is none, `'generated'` where rpmautospec writes it.
 */
export function latestChangelogEntry(spec: string): ChangelogEntry | 'generated' | null {
  const lines = spec.split(/\r?\n/);
  const begin = lines.findIndex((line) => /^%changelog(?!\w)/i.test(line));
  if (begin === -1) return null;
  const section = lines.slice(begin + 1);
  const end = section.findIndex((line) => SECTION.test(line));
  // rpm takes comments out of this section, too, from the # to the end of their line.
  const own = section
    .slice(0, end === -1 ? undefined : end)
    .join('\n')
    .replace(/^([ \t]*)#.*\n?/gm, '$1')
    .split('\n');
  if (own.some((line) => /^%(\{\??autochangelog\}|\??autochangelog\b)/.test(line.trim())))
    return 'generated';
  const first = own.findIndex((line) => line.trim() !== '');
  const head = own[first]?.trim() ?? '';
  if (!head.startsWith('*')) return null;
  const rest = own.slice(first + 1);
  const next = rest.findIndex((line) => line.startsWith('*'));
  const text = rest
    .slice(0, next === -1 ? undefined : next)
    .map((line) => line.replaceAll('%%', '%').trimEnd())
    .join('\n')
    .trim();
  return {
    header: head.slice(1).trim().replaceAll('%%', '%'),
    lines: text === '' ? [] : text.split('\n'),
  };
}

/**
 * An entry as the message of a commit, in rpkg's form: no blank lines, without the leading `- ` of
 * each item unless `raw`, a blank line behind the first line or the subject.
 */
export function changelogMessage(
  { lines }: ChangelogEntry,
  { raw = false, subject = null }: { raw?: boolean; subject?: string | null } = {},
): string {
  // rpkg leaves lines that begin with $ out: old specs have keywords of CVS there.
  const items = lines
    .filter((line) => line !== '' && !line.startsWith('$'))
    .map((line) => (raw ? line : line.replace('- ', '')));
  const [head, body] = subject === null ? [items[0], items.slice(1)] : [subject, items];
  if (head === undefined) return '';
  return `${[head, '', ...body].join('\n')}\n`;
}
