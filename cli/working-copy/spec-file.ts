import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { type ChangelogEntry, latestChangelogEntry } from '../../core/domain/spec/changelog.ts';
import type { Repository } from './working-copy.ts';

export interface SpecFile {
  /** `python.spec` */
  readonly name: string;
  readonly text: string;
}

/**
 * The spec of a folder: the only one there is, so that no server is asked for the component.
 * @throws DistGitError `not_found` where there is none, `conflict` where there are several
 */
export async function readSpec({ root }: Pick<Repository, 'root'>): Promise<SpecFile> {
  const specs = (await readdir(root)).filter((name) => name.endsWith('.spec')).sort();
  const [name] = specs;
  if (name === undefined)
    fail('not_found', `There is no spec in ${root}.`, 'Write one: COMPONENT.spec');
  if (specs.length > 1)
    fail(
      'conflict',
      `There are several specs: ${specs.join(', ')}.`,
      'Keep that of the component.',
    );
  return { name, text: await readFile(join(root, name), 'utf8') };
}

/**
 * @throws DistGitError `not_found` without a changelog, `check_failed` where it is generated
 */
export async function readLatestChange(copy: Pick<Repository, 'root'>): Promise<ChangelogEntry> {
  const { name, text } = await readSpec(copy);
  const entry = latestChangelogEntry(text);
  if (entry === 'generated')
    fail('check_failed', `${name} has %autochangelog.`, 'Give the message by -m or -F.');
  if (entry === null || entry.lines.length === 0)
    fail('not_found', `${name} has no entry in its %changelog.`, 'Write one, or give -m or -F.');
  return entry;
}
