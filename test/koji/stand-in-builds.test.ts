import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BuildRow } from '../../server/builds/build-rows.ts';
import { findTask } from '../../server/builds/find-task.ts';
import { talkOfBuilds } from '../support/koji-hub/build-talk.ts';
import { hubCertificates } from '../support/koji-hub/certificates.ts';
import { Builder } from '../support/koji-hub/play.ts';
import { standIn } from '../support/koji-hub/site.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The same talk, heard at a real hub of Koji 1.35.3; see `real-hub-builds.test.ts`. */
const HEARD = resolve(import.meta.dirname, '../fixtures/koji-builds.json');

const COMMIT = 'c'.repeat(40);
const SOURCE = `git+https://example.org/a.git#${COMMIT}`;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let place: Awaited<ReturnType<typeof standIn>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  place = await standIn(await hubCertificates(folder.path, ['kojiadmin', 'distgit']));
});
afterAll(async () => {
  await place[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

it('answers all about builds as the real hub did', { timeout: 240_000 }, async () => {
  const { hub, server } = place;
  const heard = await talkOfBuilds({ hub: server, builder: new Builder(hub.state) }, 'talk');
  const recorded = JSON.parse(readFileSync(HEARD, 'utf8')) as unknown[];
  expect(recorded.length).toBeGreaterThan(200);
  expect(heard).toEqual(recorded);
});

it('has a build that was asked for below many tasks of builders', async () => {
  const { hub, server } = place;
  const options = { custom_user_metadata: { distgit_builds: [4711] } };
  const outcome = await server.write('build', SOURCE, 'talk', options);
  const task = outcome.kind === 'answered' ? Number(outcome.value) : expect.unreachable();
  hub.state.startTask(task);
  // They are of the account that asked, as the build is.
  for (let arch = 0; arch < 150; arch++)
    hub.state.addChild(task, 'buildArch', `a${arch}`, 'noarch');
  const row = {
    id: 4711,
    kind: 'build',
    commit: COMMIT,
    srpm: null,
    asked_at: new Date(),
  } as BuildRow;
  const koji = { hub: () => server } as Parameters<typeof findTask>[0]['koji'];
  expect(await findTask({ koji }, row, false)).toBe(task);
  expect(await findTask({ koji }, row, true)).toBeNull();
});
