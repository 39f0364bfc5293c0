import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  formatSourcesFile,
  parseSourcesFile,
  type SourceEntry,
} from '../../core/domain/sources-file.ts';
import type { WorkingCopy } from './working-copy.ts';

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Whole or not at all, also when we are interrupted. */
async function replaceFile(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  await writeFile(aside, text);
  await rename(aside, path);
}

/** An absent file is an empty one. @throws DistGitError `check_failed` with each bad line */
export async function readSources(copy: WorkingCopy): Promise<SourceEntry[]> {
  return parseSourcesFile(await readOrEmpty(join(copy.root, 'sources')));
}

/** Writes `sources`, one line `/<file>` per entry into `.gitignore`, and stages both. */
export async function writeSources(
  copy: WorkingCopy,
  entries: readonly SourceEntry[],
): Promise<void> {
  await replaceFile(join(copy.root, 'sources'), formatSourcesFile(entries));
  const path = join(copy.root, '.gitignore');
  const text = await readOrEmpty(path);
  await replaceFile(path, withIgnored(text, entries));
  await copy.git.read('add', '--', 'sources', '.gitignore');
}

/** `.gitignore` with a line for each of these files that it has none for. */
export function withIgnored(text: string, entries: readonly SourceEntry[]): string {
  const have = new Set(text.split('\n'));
  const missing = entries.map(({ file }) => ignoreLine(file)).filter((line) => !have.has(line));
  const head = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return head + missing.map((line) => `${line}\n`).join('');
}

/** A trailing blank would be cut off by git; names have none, so that `/name` is enough. */
function ignoreLine(file: string): string {
  return `/${file}`;
}
