import { branchRef } from '../../core/domain/branch-name.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { Database, Sql } from '../db/database.ts';
import type { Repositories } from '../git/repositories.ts';
import { enqueue } from '../jobs/job-queue.ts';
import { findComponent } from './find-component.ts';

export interface ProvisionDeps {
  readonly db: Database;
  readonly repositories: Repositories;
  /** Runs a job now, see `JobRunner.runNow`. */
  runJobNow(kind: string, subject: string): Promise<void>;
}

export const PROVISION_JOB = 'component.provision';

/** In the transaction that changes what branches a component has: the intent. */
export function requestProvision(sql: Sql, component: ComponentName): Promise<void> {
  return enqueue(sql, PROVISION_JOB, component);
}

/** After it: the act, in the caller's time. Should it fail, the job tries again later. */
export function provisionComponent(deps: ProvisionDeps, component: ComponentName): Promise<void> {
  return deps.runJobNow(PROVISION_JOB, component);
}

/** The job: the repository exists and has every branch. Running it again changes nothing. */
export async function provision(
  db: Database,
  repositories: Repositories,
  name: ComponentName,
): Promise<void> {
  const component = await findComponent(db.sql, name);
  await repositories.ensure(name, component.branches.map(branchRef), component.createdAt);
  if (component.state !== 'active')
    await db.transaction((sql) =>
      sql.updateTable('components').set({ state: 'active' }).where('name', '=', name).execute(),
    );
}
