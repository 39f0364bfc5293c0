import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseComponentName } from '../../../core/domain/component-name.ts';
import { addRelease, showCollection } from '../../../server/collections/collections.ts';
import {
  addToCollections,
  type ComponentDeps,
  createComponent,
  listComponents,
  showChecks,
  showComponent,
} from '../../../server/components/components.ts';
import { PROVISION_JOB, provision } from '../../../server/components/provision.ts';
import { Repositories } from '../../../server/git/repositories.ts';
import { JobRunner } from '../../../server/jobs/job-runner.ts';
import { listSources } from '../../../server/lookaside/list-sources.ts';
import { openTestGit } from '../../support/repositories.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { newCollection } from './rows.ts';
import {
  BY_ADMIN,
  byUser,
  count,
  type DatabaseUnderTest,
  parsed,
  refusal,
  sharedWorld,
  unique,
} from './world.ts';

const execFileAsync = promisify(execFile);

export function componentContract(under: DatabaseUnderTest): void {
  describe('components', () => {
    const here = sharedWorld(under);
    let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
    let repositories: Repositories;
    let deps: ComponentDeps;
    beforeAll(async () => {
      temporary = await temporaryFolder();
      repositories = new Repositories(
        await openTestGit(temporary.path),
        join(temporary.path, 'repositories'),
      );
      await repositories.recover();
      const { db } = here;
      const jobs = new JobRunner(
        db,
        [{ [PROVISION_JOB]: (name) => provision(db, repositories, parseComponentName(name)) }],
        pino({ level: 'silent' }),
      );
      deps = {
        db,
        repositories,
        runJobNow: (kind, subject) => jobs.runNow(kind, subject),
        sshUrl: () => null,
        gitUrl: (name) => `http://test/scls/${name}.git`,
      };
    });
    afterAll(() => temporary[Symbol.asyncDispose]());

    const create = (name: string, collections: string[], by = BY_ADMIN) =>
      createComponent(deps, by, parsed('createComponent', { name, collections }));
    const branches = async (name: string): Promise<string[]> => {
      const path = repositories.path(parseComponentName(name));
      const { stdout } = await execFileAsync('git', [
        '-C',
        path,
        'branch',
        '--format=%(refname:short)',
      ]);
      return stdout.split('\n').filter((line) => line !== '');
    };

    it('are made with a repository that has every branch, and no job is left', async () => {
      const { name: collection, sig } = await newCollection(here.db, ['6', '7']);
      const name = unique('python');
      const made = await create(name, [collection, collection]);
      expect(made).toEqual({
        name,
        exploded: false,
        state: 'active',
        sshUrl: null,
        gitUrl: `http://test/scls/${name}.git`,
        branches: ['6', '7'].map((release) => ({
          name: `scl-${collection}-el${release}`,
          collection,
          release,
          sig,
          builtPackage: `${collection}-${name}`,
          closed: false,
          retired: false,
        })),
        createdAt: expect.stringMatching(/Z$/),
      });
      expect(await branches(name)).toEqual(made.branches.map((branch) => branch.name));
      expect(await count(here.db.sql, 'jobs')).toBe(0);
      expect(await showComponent(deps, name as never)).toEqual(made);
      expect((await showCollection(here.db, collection as never)).components).toEqual([name]);
      expect(await listSources(here.db, BY_ADMIN, { component: name as never })).toEqual({
        items: [],
      });
    });

    it('get the branches of further collections and of further releases', async () => {
      const [one, two] = [await newCollection(here.db), await newCollection(here.db)];
      const name = unique('ruby');
      await create(name, [one.name]);
      const input = { component: name, collections: [two.name] };
      await addToCollections(deps, BY_ADMIN, parsed('addToCollections', input));
      const release = { collection: one.name, release: '9' };
      await addRelease(deps, BY_ADMIN, parsed('addRelease', release));
      const wanted = [`scl-${one.name}-el7`, `scl-${one.name}-el9`, `scl-${two.name}-el7`];
      expect(await branches(name)).toEqual(wanted.toSorted());
      await refusal(
        addToCollections(deps, BY_ADMIN, parsed('addToCollections', input)),
        'conflict',
      );
    });

    it('are refused whole: no row, no job and no repository of a bad one', async () => {
      const { name: collection } = await newCollection(here.db);
      const name = unique('perl');
      await create(name, [collection]);
      const before = await count(here.db.sql, 'audit_log');
      await refusal(create(name, [collection]), 'conflict');
      await refusal(create(name.toUpperCase(), [collection]), 'conflict');
      const missing = await refusal(create(unique('x'), ['none', collection, 'gone']), 'not_found');
      expect(missing.message).toBe('There is no collection none, gone.');
      expect(await count(here.db.sql, 'audit_log')).toBe(before);
      expect(await count(here.db.sql, 'jobs')).toBe(0);
      expect(await repositories.exists(parseComponentName(name.toUpperCase()))).toBe(false);
      await refusal(create(unique('y'), [collection], byUser('sam')), 'not_allowed');
      await refusal(showComponent(deps, 'nothing' as never), 'not_found');
    });

    it('are made by the job where git failed at first', async () => {
      const { name: collection } = await newCollection(here.db);
      const name = unique('late');
      const path = repositories.path(parseComponentName(name));
      // A file where the repository should come.
      await writeFile(path, '');
      await expect(create(name, [collection])).rejects.toThrow();
      expect(await showComponent(deps, name as never)).toMatchObject({ state: 'creating' });
      expect(await count(here.db.sql, 'jobs')).toBe(1);
      await rm(path);
      await provision(here.db, repositories, parseComponentName(name));
      await provision(here.db, repositories, parseComponentName(name));
      expect(await showComponent(deps, name as never)).toMatchObject({ state: 'active' });
      expect(await branches(name)).toEqual([`scl-${collection}-el7`]);
      await here.db.sql.deleteFrom('jobs').execute();
    });

    it('are listed by name, page by page, also of one collection', async () => {
      const { name: collection } = await newCollection(here.db);
      const names = ['a', 'b', 'c'].map((letter) => unique(letter));
      for (const name of names) await create(name, [collection]);
      const page = async (input: object): Promise<string[]> => {
        const { items } = await listComponents(deps, parsed('listComponents', { ...input }));
        return items.map(({ name }) => name);
      };
      expect(await page({ collection, limit: 2 })).toEqual(names.slice(0, 2));
      expect(await page({ collection, limit: 2, after: names[1] })).toEqual(names.slice(2));
      expect((await page({})).length).toBeGreaterThan(3);
    });

    it('tell what a push of the asking user would be checked against', async () => {
      const { name: collection, sig } = await newCollection(here.db);
      const name = unique('checks');
      await create(name, [collection]);
      const checks = { limits: { maxFileSize: 1, maxRefs: 2 }, levels: { default: {}, sigs: {} } };
      const shown = await showChecks(here.db, byUser('sam'), checks, name as never);
      expect(shown).toMatchObject({ component: name, ...checks });
      expect(shown.branches).toEqual([
        {
          collection,
          release: '7',
          sig,
          sclName: collection,
          closed: false,
          decision: expect.objectContaining({ allowed: false }),
        },
      ]);
    });
  });
}
