import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, leftovers, storedFiles } from '../support/data-folder.ts';
import { git, run } from '../support/process.ts';
import { scloScenario } from '../support/scenario.ts';
import {
  movementsIn,
  type PushedCommit,
  pushLoop,
  randomFrom,
  type Storm,
  type UploadedFile,
  uploadLoop,
} from '../support/storm.ts';

/** Repeat a run with SEED=<number>; the moments still depend on the machine. */
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const KILLS = 100;
/** Milliseconds that the server lives at most, before and after something was acknowledged. */
const PATIENCE_MS = 4000;
const LIFE_MS = 400;
const MINUTES = 60_000;

const scenario = scloScenario();
const COMPONENTS = ['python', 'ruby'];

let pushed: PushedCommit[];
let uploaded: UploadedFile[];
let kills = 0;

beforeAll(async () => {
  process.stdout.write(`kill.test.ts: SEED=${SEED}\n`);
  const random = randomFrom(SEED);
  const { server, people } = scenario;
  // A clean end keeps the compiled code, without which every start below would take twice as long.
  await server.stop();
  await server.start();
  await server.must('createComponent', { name: 'ruby', collections: ['python33'] });
  const storm: Storm = { over: false, pushes: 0, uploads: 0 };
  const pushers = [
    { component: 'python', branch: 'scl-python33-el7' },
    { component: 'python', branch: 'scl-rh-python34-el6' },
    { component: 'ruby', branch: 'scl-python33-el7' },
  ].map((where) => pushLoop(storm, server, people.committer, scenario.path(), where));
  const uploaders = ['a', 'b'].map((name) =>
    uploadLoop(storm, server, people.committer, name, randomFrom(SEED + name.charCodeAt(0))),
  );
  for (; kills < KILLS; kills++) {
    // Slow machines get something done between two kills, too.
    const { pushes, uploads } = storm;
    const kind = random() < 0.7 ? 'push' : 'upload';
    const patience = Date.now() + PATIENCE_MS;
    while (
      (kind === 'push' ? storm.pushes === pushes : storm.uploads === uploads) &&
      Date.now() < patience
    )
      await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, random() * LIFE_MS));
    await server.kill();
    if (random() < 0.1) {
      // Killed while it starts, too.
      const starting = server.start().catch(() => null);
      await new Promise((resolve) => setTimeout(resolve, random() * LIFE_MS));
      await server.kill();
      await starting;
    }
    await server.start();
  }
  storm.over = true;
  pushed = (await Promise.all(pushers)).flat();
  uploaded = (await Promise.all(uploaders)).flat();
  await server.stop();
  await server.start();
}, 30 * MINUTES);

const repository = (component: string): string =>
  join(scenario.server.data, `repositories/${component}.git`);
const count = (list: readonly { acknowledged: boolean }[], acknowledged: boolean): number =>
  list.filter((one) => one.acknowledged === acknowledged).length;

describe(`after ${KILLS} times kill -9`, () => {
  it('there was something to lose', () => {
    expect(kills).toBe(KILLS);
    const counts = [pushed, uploaded].map((list) => [count(list, true), count(list, false)]);
    process.stdout.write(
      `kill.test.ts: pushes and uploads [done, cut]: ${JSON.stringify(counts)}\n`,
    );
    for (const [done, cut] of counts) {
      expect(done).toBeGreaterThan(20);
      expect(cut).toBeGreaterThan(10);
    }
  });

  it('every acknowledged push is in its branch, and every other is whole or absent', async () => {
    const places = Map.groupBy(pushed, ({ component, branch }) => `${component} ${branch}`);
    expect(places.size).toBe(3);
    for (const [place, commits] of places) {
      const [component = '', branch = ''] = place.split(' ');
      const log = await git(repository(component), 'rev-list', `refs/heads/${branch}`);
      const inBranch = new Set(log.split('\n'));
      const lost = commits.filter(({ oid, acknowledged }) => acknowledged && !inBranch.has(oid));
      expect(lost).toEqual([]);
      const input = commits.map(({ oid }) => `${oid}\n`).join('');
      const check = ['-C', repository(component), 'cat-file', '--batch-check=%(objecttype)'];
      const { stdout } = await run('git', check, { input });
      const kinds = stdout.trimEnd().split('\n');
      expect(kinds).toHaveLength(commits.length);
      // What is there at all is looked through by fsck, below.
      for (const kind of kinds) expect(kind).toMatch(/^commit$|^[0-9a-f]{40} missing$/);
    }
  });

  it('the repositories are whole', async () => {
    for (const component of COMPONENTS) {
      const { code, stdout } = await run('git', ['-C', repository(component), 'fsck', '--full']);
      expect(stdout.replace(/^dangling .*\n/gm, '')).toBe('');
      expect(code).toBe(0);
    }
  });

  it('every movement of a ref is recorded, exactly once', { timeout: 5 * MINUTES }, async () => {
    const { server } = scenario;
    for (const component of COMPONENTS) {
      const moved = (await movementsIn(server, component)).map(
        ({ push, ref, oid }) => `${push} ${ref} ${oid}`,
      );
      expect(new Set(moved).size).toBe(moved.length);
      const recorded = async (): Promise<string[]> => {
        const { items } = await server.must('listPushes', { component, limit: 1000 });
        expect(items.length).toBeLessThan(1000);
        return items
          .filter(({ state }) => state === 'applied')
          .flatMap(({ id, updates }) => updates.map(({ ref, newOid }) => `${id} ${ref} ${newOid}`));
      };
      // The sweeper settles what was left open, after some time.
      await eventually(async () => (await recorded()).length >= moved.length, 60);
      expect((await recorded()).toSorted()).toEqual(moved.toSorted());
      const acknowledged = pushed.filter((one) => one.acknowledged && one.component === component);
      for (const { oid } of acknowledged)
        expect(moved.filter((line) => line.endsWith(oid))).toHaveLength(1);
    }
  });

  it('every acknowledged upload is there, and every other is whole or absent', {
    timeout: 5 * MINUTES,
  }, async () => {
    const { server } = scenario;
    const listed = await server.must('listSources', { component: 'python' });
    const rows = new Map(listed.items.map((item) => [item.file, item]));
    for (const { file, hash, size, acknowledged } of uploaded) {
      const answer = await fetch(`${server.url}/lookaside/python/${file}/sha512/${hash}`);
      const content = Buffer.from(await answer.arrayBuffer());
      expect(`${file} ${answer.status}`).toMatch(acknowledged ? / 200$/ : / (200|404)$/);
      expect(rows.has(file)).toBe(answer.status === 200);
      if (answer.status !== 200) continue;
      expect(content).toHaveLength(size);
      expect(createHash('sha512').update(content).digest('hex')).toBe(hash);
    }
    expect(rows.size).toBe(listed.items.length);
  });

  it('what an unacknowledged upload left is found by its repetition', async () => {
    const stored = new Set(
      (await storedFiles(scenario.server.data)).map((path) => path.split('/')[1]),
    );
    const recorded = await scenario.server.must('listSources', { component: 'python' });
    for (const { file } of recorded.items) expect(stored).toContain(file);
    const known = new Set(uploaded.map(({ file }) => file));
    for (const file of stored) expect(known).toContain(file);
  });

  it('no temporary file stays, and no job is parked', async () => {
    const { server } = scenario;
    expect(await leftovers(server.data)).toEqual([]);
    const { items } = await server.must('listJobs', {});
    expect(items.filter(({ state }) => state === 'parked')).toEqual([]);
  });
});
