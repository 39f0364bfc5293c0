import { DistGitError } from '../api/distgit-error.ts';
import { checksumByLength } from './checksum.ts';
import { parseSourceFileName } from './source-file-name.ts';
import type { SourceEntry } from './sources-file.ts';
import { quoted } from './text.ts';

/** A file of it is small; a longer one is a mistake. */
const MAX_LINES = 10_000;

/**
 * Reads `.<component>.metadata` of git.centos.org: lines `<hash> <path>`, where the path is
 * `SOURCES/<file>` or the file alone, and the hash's type is told by its length.
 * @throws DistGitError `check_failed` with one problem per bad line
 */
export function parseMetadataFile(text: string): SourceEntry[] {
  const problems: { path: string; message: string }[] = [];
  const entries: SourceEntry[] = [];
  const seen = new Set<string>();
  const lines = text.split('\n');
  if (lines.length > MAX_LINES)
    throw new DistGitError('check_failed', `The metadata file has more than ${MAX_LINES} lines.`);
  lines.forEach((line, index) => {
    if (line.trim() === '') return;
    const path = `line ${index + 1}`;
    const match = /^([0-9A-Fa-f]+)[ \t]+(?:SOURCES\/)?(.+?)[ \t]*$/.exec(line);
    if (match === null) {
      problems.push({ path, message: `${quoted(line)} is not "<hash> <file>"` });
      return;
    }
    try {
      const [, hash = '', name = ''] = match;
      const entry = { file: parseSourceFileName(name), checksum: checksumByLength(hash) };
      if (seen.has(entry.file)) problems.push({ path, message: `${entry.file} is listed twice` });
      seen.add(entry.file);
      entries.push(entry);
    } catch (error) {
      problems.push({ path, message: (error as Error).message });
    }
  });
  if (problems.length > 0)
    throw new DistGitError('check_failed', 'The metadata file does not parse.', {
      detail: { problems },
    });
  return entries;
}
