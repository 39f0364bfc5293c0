import type { ComponentName } from '../../core/domain/component-name.ts';
import { openObjectReader } from '../../core/git/object-reader.ts';
import { namedByCommits } from '../../core/pushes/named-sources.ts';
import type { Database } from '../db/database.ts';
import type { Git } from '../git/git.ts';
import type { Repositories } from '../git/repositories.ts';
import { enqueue } from '../jobs/job-queue.ts';
import { recordReferences } from '../lookaside/source-references.ts';

export const INDEX_JOB = 'references.index';

/** Asks for the index of every component whose pushes were taken before there was one. */
export async function requestIndex(db: Database): Promise<void> {
  const unknown = await db.sql
    .selectFrom('components')
    .select('name')
    .where('references_known', '=', false)
    .execute();
  for (const { name } of unknown) await enqueue(db.sql, INDEX_JOB, name);
}

/** Reads once, commit by commit, which sources the branches of a component name. */
export async function indexReferences(
  deps: { readonly db: Database; readonly git: Git; readonly repositories: Repositories },
  component: ComponentName,
): Promise<void> {
  const { db, git } = deps;
  const repository = ['-C', deps.repositories.path(component)];
  const objects = openObjectReader({
    catFile: git.spawn([...repository, 'cat-file', '--batch-command', '--buffer'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    }),
    run: (args) => git.run([...repository, ...args]),
    published: '--all',
  });
  const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');
  try {
    const refs = ['for-each-ref', '--format=%(refname)', 'refs/heads'];
    for (const ref of linesOf(await git.run([...repository, ...refs]))) {
      const commits = await git.run([...repository, 'rev-list', '--reverse', ref, '--']);
      const named = await namedByCommits(objects, ref, linesOf(commits));
      await recordReferences(db.sql, component, named);
    }
  } finally {
    objects.close();
  }
  await db.transaction((sql) =>
    sql
      .updateTable('components')
      .set({ references_known: true })
      .where('name', '=', component)
      .execute(),
  );
}
