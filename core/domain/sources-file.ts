import { DistGitError } from '../api/distgit-error.ts';
import { type Checksum, parseChecksum } from './checksum.ts';
import { parseSourceFileName, type SourceFileName } from './source-file-name.ts';
import { quoted } from './text.ts';

/** One line of a branch's `sources` file. */
export interface SourceEntry {
  readonly file: SourceFileName;
  readonly checksum: Checksum;
}

const BSD_LINE = /^([A-Za-z0-9]+) \((.+)\) = ([0-9A-Fa-f]+)$/;
const OLD_LINE = /^([0-9A-Fa-f]{32}) {2}(.+)$/;
/** A `sources` file is small; a longer one is a mistake. */
const MAX_LINES = 10_000;

/**
 * Reads `sources`: lines `SHA512 (file) = hex` (BSD form, as `sha512sum --tag` writes), or the old
 * `<md5>␠␠<file>`. Blank lines are passed over; forms or hash types may not be mixed, because
 * rpkg's clients refuse such a file; no file twice.
 * @throws DistGitError `check_failed` with one problem per bad line
 */
export function parseSourcesFile(text: string): SourceEntry[] {
  const problems: { path: string; message: string }[] = [];
  const entries: SourceEntry[] = [];
  const seen = new Set<string>();
  const lines = text.replace(/\n$/, '').split('\n');
  if (lines.length > MAX_LINES)
    throw new DistGitError('check_failed', `sources has more than ${MAX_LINES} lines.`);
  let firstForm: string | undefined;
  lines.forEach((line, index) => {
    if (line.trim() === '') return;
    const problem = (message: string): void => {
      problems.push({ path: `line ${index + 1}`, message });
    };
    const bsd = BSD_LINE.exec(line);
    const old = bsd === null ? OLD_LINE.exec(line) : null;
    const [, type = '', file = '', hex = ''] =
      bsd ?? (old === null ? [] : ['', 'md5', old[2], old[1]]);
    if (type === '') {
      problem(`${quoted(line)} is not "SHA512 (file) = checksum"`);
      return;
    }
    try {
      const entry = { file: parseSourceFileName(file), checksum: parseChecksum(type, hex) };
      const form = old === null ? `the ${entry.checksum.type} form` : 'the old md5 form';
      firstForm ??= form;
      if (form !== firstForm) problem(`${form} is mixed with ${firstForm}`);
      if (seen.has(entry.file)) problem(`${entry.file} is listed twice`);
      seen.add(entry.file);
      entries.push(entry);
    } catch (error) {
      problem((error as Error).message);
    }
  });
  if (problems.length > 0)
    throw new DistGitError('check_failed', 'The sources file does not parse.', {
      detail: {
        problems,
        remedy: 'Write it anew, with all its files: centpkg new-sources FILE...',
      },
    });
  return entries;
}

/** The BSD form, one line per entry, newline at the end of each. */
export function formatSourcesFile(entries: readonly SourceEntry[]): string {
  return entries
    .map(({ file, checksum }) => `${checksum.type.toUpperCase()} (${file}) = ${checksum.hex}\n`)
    .join('');
}

/** `entries` with `added` in place of entries of the same file, new ones at the end. */
export function withSources(
  entries: readonly SourceEntry[],
  added: readonly SourceEntry[],
): SourceEntry[] {
  const byFile = new Map(entries.map((entry) => [entry.file, entry]));
  for (const entry of added) byFile.set(entry.file, entry);
  return [...byFile.values()];
}
