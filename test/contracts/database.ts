import { afterAll, describe } from 'vitest';
import { auditLogContract } from './database/audit-log.ts';
import { buildContract } from './database/builds.ts';
import { componentContract } from './database/components.ts';
import { constraintContract } from './database/constraints.ts';
import { directoryContract } from './database/directory.ts';
import { endOfLifeContract } from './database/end-of-life.ts';
import { jobQueueContract } from './database/job-queue.ts';
import { jobRetryContract } from './database/job-retries.ts';
import { keyContract } from './database/keys.ts';
import { kojiSetUpContract } from './database/koji-set-up.ts';
import { loginContract } from './database/login.ts';
import { migrationContract } from './database/migrations.ts';
import { permissionCacheContract } from './database/permission-cache.ts';
import { pushRecordContract } from './database/push-records.ts';
import { requestContract } from './database/requests.ts';
import { sigContract } from './database/sigs.ts';
import { sourceContract } from './database/sources.ts';
import { transactionContract } from './database/transactions.ts';
import { userContract } from './database/users.ts';
import { valueContract } from './database/values.ts';
import { webSessionContract } from './database/web-sessions.ts';
import { closeShared, type DatabaseUnderTest } from './database/world.ts';

/** What the server needs of a database; every one that it can run on passes all of it. */
export function databaseContract(name: string, under: DatabaseUnderTest): void {
  describe(name, () => {
    afterAll(() => closeShared(under));
    migrationContract(under);
    transactionContract(under);
    valueContract(under);
    constraintContract(under);
    auditLogContract(under);
    jobQueueContract(under);
    jobRetryContract(under);
    pushRecordContract(under);
    sourceContract(under);
    permissionCacheContract(under);
    loginContract(under);
    webSessionContract(under);
    directoryContract(under);
    userContract(under);
    keyContract(under);
    sigContract(under);
    requestContract(under);
    componentContract(under);
    endOfLifeContract(under);
    kojiSetUpContract(under);
    buildContract(under);
  });
}
