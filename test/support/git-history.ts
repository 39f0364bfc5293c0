import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './process.ts';

export interface PlannedCommit {
  /** Indexes of earlier commits. */
  readonly parents: readonly number[];
  readonly files: Readonly<Record<string, Buffer>>;
}

/**
 * Makes commits in a bare repository, all at once.
 * @returns their oids, in their order
 */
export async function importHistory(
  repository: string,
  commits: readonly PlannedCommit[],
): Promise<string[]> {
  const parts: (string | Buffer)[] = [];
  const data = (content: Buffer): void => {
    parts.push(`data ${content.length}\n`, content, '\n');
  };
  commits.forEach(({ parents, files }, index) => {
    parts.push(`commit refs/import/c${index}\nmark :${index + 1}\n`);
    parts.push(`committer Test <test@example.org> ${1_600_000_000 + index * 60} +0000\n`);
    data(Buffer.from(`Commit ${index}\n`));
    const [first, ...others] = parents;
    if (first !== undefined) parts.push(`from :${first + 1}\n`);
    for (const other of others) parts.push(`merge :${other + 1}\n`);
    parts.push('deleteall\n');
    for (const [path, content] of Object.entries(files)) {
      parts.push(`M 100644 inline ${path}\n`);
      data(content);
    }
  });
  const marks = join(repository, 'marks');
  const input = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  await must(repository, ['fast-import', '--quiet', `--export-marks=${marks}`], input);
  const refs = commits.map((_, index) => `delete refs/import/c${index}\n`).join('');
  await must(repository, ['update-ref', '--stdin'], Buffer.from(refs));
  const oids: string[] = [];
  for (const line of (await readFile(marks, 'utf8')).trim().split('\n')) {
    const [mark = '', oid = ''] = line.split(' ');
    oids[Number(mark.slice(1)) - 1] = oid;
  }
  return oids;
}

/** A git in the repository that must succeed; what it printed. */
export async function must(
  repository: string,
  args: readonly string[],
  input: Buffer = Buffer.alloc(0),
): Promise<string> {
  const env = {
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Test',
    GIT_AUTHOR_EMAIL: 'test@example.org',
    GIT_COMMITTER_NAME: 'Test',
    GIT_COMMITTER_EMAIL: 'test@example.org',
  };
  const { code, stdout, stderr } = await run('git', ['-C', repository, ...args], { env, input });
  if (code !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** The commit itself and all before it, by the plan. */
export function ancestorsOf(commits: readonly PlannedCommit[], tip: number): Set<number> {
  const found = new Set([tip]);
  for (const index of found) for (const parent of commits[index]?.parents ?? []) found.add(parent);
  return found;
}
