import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseCollectionName } from '../../../core/domain/collection.ts';
import { findDrift, lookForDrift } from '../../../server/collections/koji-drift.ts';
import { showKoji } from '../../../server/collections/koji-status.ts';
import { madeThings } from '../../../server/collections/made-things.ts';
import {
  applyKoji,
  type KojiDeps,
  provisionKoji,
} from '../../../server/collections/provision-koji.ts';
import { KOJI_JOB } from '../../../server/components/koji-jobs.ts';
import { loadSettings } from '../../../server/config/load-settings.ts';
import { finish, giveBack, lease } from '../../../server/jobs/job-queue.ts';
import type { Hub } from '../../../server/koji/hub.ts';
import { type Koji, openKoji } from '../../../server/koji/open-koji.ts';
import { type HubForServer, hubForServer } from '../../support/koji-scenario.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { newCollection } from './rows.ts';
import { BY_ADMIN, byUser, type DatabaseUnderTest, parsed, refusal, sharedWorld } from './world.ts';

export function kojiSetUpContract(under: DatabaseUnderTest): void {
  describe('the set-up of Koji', () => {
    const here = sharedWorld(under);
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    let stand: HubForServer;
    let koji: Koji;
    beforeAll(async () => {
      folder = await temporaryFolder();
      stand = await hubForServer(join(folder.path, 'hub'));
      koji = openKoji(loadSettings(null, stand.settings).koji);
      const { state } = stand.hub;
      state.as('kojiadmin', 'createTag', 'buildsys7');
      for (const part of ['os', 'updates', 'extras'])
        state.as('kojiadmin', 'createExternalRepo', `centos7-${part}`, 'http://example.org/');
    }, 300_000);
    afterAll(async () => {
      await koji.close();
      await stand[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    });
    beforeEach(async () => {
      await here.db.sql.deleteFrom('jobs').execute();
      await here.db.sql.deleteFrom('koji_things').execute();
      await here.db.sql.deleteFrom('koji_drift').execute();
      await here.db.sql.deleteFrom('koji_provisions').execute();
    });
    const deps = (): KojiDeps => ({ db: here.db, koji, wakeJobs: () => {} });
    /** A collection on EL 7 whose SIG has all that an admin of the hub gives it. */
    const ready = async () => {
      const { name, sig } = await newCollection(here.db, ['7']);
      const { state } = stand.hub;
      state.addUser(sig);
      state.as('kojiadmin', 'grantPermission', sig, `build-${sig}`, true);
      const of = { collection: parseCollectionName(name), release: '7' as const };
      return { collection: name, sig, of };
    };
    const apply = (collection: string) =>
      applyKoji(deps(), BY_ADMIN, parsed('applyKoji', { collection }));
    const stateOf = async (collection: string) =>
      (await showKoji(deps(), collection as never)).items[0]?.state;
    /** Runs all jobs that are due. @returns their subjects */
    const work = async (): Promise<string[]> => {
      const done: string[] = [];
      for (let job = await lease(here.db); job !== null; job = await lease(here.db)) {
        if (job.kind === KOJI_JOB) await provisionKoji(deps(), job.subject);
        done.push(job.subject);
        await finish(here.db, job);
      }
      return done;
    };

    it('is done once for a request, and remembers what it made', async () => {
      const { collection, of } = await ready();
      expect(await stateOf(collection)).toBe('none');
      const asked = await apply(collection);
      expect(asked.items).toMatchObject([{ state: 'waiting', requestedBy: 'admin' }]);
      await apply(collection);
      expect(await work()).toEqual([`${collection} 7`]);
      expect(await stateOf(collection)).toBe('done');
      const things = await madeThings(here.db, of).load();
      expect(things.length).toBeGreaterThan(50);
      expect(things.every(({ sure }) => sure)).toBe(true);
    });

    it('that is asked for again while it runs is not told as done by the earlier run', async () => {
      const { collection } = await ready();
      await apply(collection);
      const job = await lease(here.db);
      const hub = koji.hub();
      const meanwhile: Hub = {
        ...hub,
        async readAll(calls) {
          await apply(collection);
          return hub.readAll(calls);
        },
      };
      const other = { ...deps(), koji: { ...koji, hub: () => meanwhile } };
      await provisionKoji(other, job?.subject ?? '');
      if (job !== null) await finish(here.db, job);
      expect(await stateOf(collection)).toBe('waiting');
      expect(await work()).toEqual([`${collection} 7`]);
      expect(await stateOf(collection)).toBe('done');
    });

    it('is refused for a release that is not there, and to who may not', async () => {
      const { collection } = await ready();
      const input = parsed('applyKoji', { collection, releases: ['8'] });
      await refusal(applyKoji(deps(), BY_ADMIN, input), 'not_found');
      const mine = parsed('applyKoji', { collection });
      await refusal(applyKoji(deps(), byUser('sam'), mine), 'not_allowed');
      const one = parsed('findDrift', { collection });
      await refusal(findDrift(deps(), byUser('sam'), one), 'not_allowed');
      const none = await findDrift(deps(), byUser('sam'), parsed('findDrift', {}));
      expect(none).toEqual({ looked: 0, items: [] });
      const off = { ...deps(), koji: openKoji(loadSettings(null, {}).koji) };
      await refusal(applyKoji(off, BY_ADMIN, mine), 'unavailable');
      expect(await stateOf(collection)).toBe('none');
    });

    it('does not go on by itself where the site admins are to be asked', async () => {
      const { name: collection, sig } = await newCollection(here.db, ['7']);
      await apply(collection);
      await work();
      await here.db.transaction((sql) =>
        sql
          .updateTable('sigs')
          .set({ koji_policy: 'admins' })
          .where('name', '=', sig as never)
          .execute(),
      );
      stand.hub.state.as('kojiadmin', 'grantPermission', 'distgit', `build-${sig}`, true);
      await lookForDrift(deps());
      expect(await work()).toEqual([]);
      expect(await stateOf(collection)).toBe('attention');
      await apply(collection);
      await work();
      expect(await stateOf(collection)).toBe('done');
    });

    it('is for the older of two collections that come to the same names', async () => {
      const [older, younger] = [await ready(), await ready()];
      const subject = { ...older.of, sig: older.sig as never, vendor: 'rh' as const };
      const names: Koji['names'] = (of) =>
        koji.names(of.collection === younger.of.collection ? subject : of);
      const alike = { ...deps(), koji: { ...koji, names } };
      const ask = (collection: string) =>
        applyKoji(alike, BY_ADMIN, parsed('applyKoji', { collection }));
      const { message } = await refusal(ask(younger.collection), 'conflict');
      expect(message).toContain(`belongs to scl-${older.collection}-el7`);
      expect(await stateOf(younger.collection)).toBe('none');
      await ask(older.collection);
      expect(await stateOf(older.collection)).toBe('waiting');
    });

    it('goes on with the next look when an admin of the hub has done what was asked', async () => {
      const { name: collection, sig } = await newCollection(here.db, ['7']);
      await apply(collection);
      await work();
      const [status] = (await showKoji(deps(), collection as never)).items;
      expect(status).toMatchObject({ state: 'attention' });
      expect(status?.requests.flatMap(({ commands }) => commands)).toEqual([
        `koji grant-permission --new build-${sig} distgit`,
      ]);
      await lookForDrift(deps());
      await work();
      expect(await stateOf(collection)).toBe('attention');
      stand.hub.state.as('kojiadmin', 'grantPermission', 'distgit', `build-${sig}`, true);
      await lookForDrift(deps());
      expect(await work()).toEqual([`${collection} 7`]);
      const [end] = (await showKoji(deps(), collection as never)).items;
      expect(end).toMatchObject({ state: 'done', requests: [] });
      // Of all runs for the request.
      expect(end?.steps.map(({ step }) => step.split(' ')[0])).toContain('target');
      expect(end?.steps.map(({ step }) => step)).toContain(
        `tag ${sig}7-${collection}-rh-el7-build group build`,
      );
    });

    it('that was given up is tried again with the next look, and on demand', async () => {
      const { collection } = await ready();
      await apply(collection);
      const giveUp = async () => {
        await here.db.sql.updateTable('jobs').set({ attempts: 7 }).execute();
        const job = await lease(here.db);
        if (job !== null) await giveBack(here.db, job, 'Koji can not be reached.');
      };
      await giveUp();
      const parked = (await showKoji(deps(), collection as never)).items;
      expect(parked).toMatchObject([{ state: 'parked', error: 'Koji can not be reached.' }]);
      expect(await work()).toEqual([]);
      await lookForDrift(deps());
      expect(await stateOf(collection)).toBe('waiting');
      await giveUp();
      expect((await apply(collection)).items).toMatchObject([{ state: 'waiting', error: null }]);
      expect(await work()).toEqual([`${collection} 7`]);
      expect(await stateOf(collection)).toBe('done');
    });

    it('is compared with what Koji has, and what differs is kept until it is mended', async () => {
      const { collection, sig } = await ready();
      await apply(collection);
      await work();
      const { state } = stand.hub;
      const target = `${sig}7-${collection}-rh-el7`;
      state.as('kojiadmin', 'deleteBuildTarget', target);
      await lookForDrift(deps());
      const driftOf = async () => (await showKoji(deps(), collection as never)).items[0]?.drift;
      expect(await driftOf()).toMatchObject({ steps: 1, findings: 0 });
      const found = await findDrift(deps(), BY_ADMIN, parsed('findDrift', { collection }));
      expect(found).toMatchObject({ looked: 1, items: [{ plan: { steps: [{ target }] } }] });
      await apply(collection);
      await work();
      expect(await driftOf()).toBeNull();
      expect(state.as('kojiadmin', 'getBuildTarget', target)).not.toBeNull();
      const again = await findDrift(deps(), BY_ADMIN, parsed('findDrift', {}));
      expect(again).toEqual({ looked: 1, items: [] });
    });
  });
}
