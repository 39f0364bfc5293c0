import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { git, tryGit } from './process.ts';

export interface PushOutcome {
  readonly code: number | null;
  /** What the server said: the lines behind `remote:`. */
  readonly remote: readonly string[];
  readonly stderr: string;
}

/** `git push origin <refspecs>`, whatever comes of it. */
export async function push(
  folder: string,
  refspecs: readonly string[],
  config: readonly string[] = [],
): Promise<PushOutcome> {
  const { code, stderr } = await tryGit(folder, [...config, 'push', 'origin', ...refspecs]);
  const remote = stderr
    .split('\n')
    .filter((line) => line.startsWith('remote:'))
    .map((line) => line.slice('remote: '.length).trimEnd());
  return { code, remote, stderr };
}

/** Every ref of the remote and what it points at. */
export function refsOf(folder: string): Promise<string> {
  return git(folder, 'ls-remote', 'origin');
}

/** Pushes; the server must refuse with exactly these lines, and have the refs that it had. */
export async function expectRefusal(
  folder: string,
  refspecs: readonly string[],
  lines: readonly string[],
): Promise<PushOutcome> {
  const before = await refsOf(folder);
  const outcome = await push(folder, refspecs);
  expect(outcome.remote).toEqual(lines);
  expect(outcome.code).toBe(1);
  expect(await refsOf(folder)).toBe(before);
  return outcome;
}

/** Writes files and commits them. */
export async function commitFiles(
  folder: string,
  files: Readonly<Record<string, string | Buffer>>,
  message = 'Change files',
): Promise<void> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  await git(folder, 'add', '--all', '--force');
  await git(folder, 'commit', '--quiet', '--message', message);
}
