import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fail } from '../../core/api/distgit-error.ts';

/**
 * What gendiff prints: a unified diff of each FILE.SUFFIX below `folder` against FILE, with the
 * paths from `root`, by name. A FILE that is gone is one that the patch removes.
 * @throws DistGitError `usage` without diff, `check_failed` where it fails
 */
export async function unpackedChanges(
  root: string,
  folder: string,
  suffix: string,
  variables: NodeJS.ProcessEnv,
): Promise<Buffer> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const copies = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(`.${suffix}`))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
  const parts: Buffer[] = [];
  for (const copy of copies) parts.push(await diffOf(root, copy, suffix, variables));
  return Buffer.concat(parts);
}

async function diffOf(
  root: string,
  copy: string,
  suffix: string,
  variables: NodeJS.ProcessEnv,
): Promise<Buffer> {
  const file = copy.slice(0, -suffix.length - 1);
  const args = ['--unified', '--show-c-function', '--new-file', '--', copy, file];
  // Without translations, which would stand in the patch; names sort and print the same everywhere.
  const env = { ...variables, LC_ALL: 'C' };
  const child = spawn('diff', args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 2));
  });
  const [code, out] = await Promise.all([ended, buffer(child.stdout)]).catch(() =>
    fail('usage', 'diff can not be run.', 'Install diffutils.'),
  );
  // 1: they differ.
  if (code > 1)
    fail('check_failed', `diff of ${copy} and ${file} failed.`, 'Look at what it said above.');
  return out.length === 0 ? out : Buffer.concat([Buffer.from(`diff -up ${copy} ${file}\n`), out]);
}
