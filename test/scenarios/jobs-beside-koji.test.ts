import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually } from '../support/data-folder.ts';
import { hubForServer } from '../support/koji-scenario.ts';
import { foundSclo } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

it('a hub that does not answer holds up its own jobs alone, and they are done when it does', async () => {
  await using folder = await temporaryFolder();
  await using koji = await hubForServer(join(folder.path, 'hub'));
  const settings = { ...koji.settings, DISTGIT_KOJI_TIMEOUT: '600' };
  await using server = await new TestServer(join(folder.path, 'data'), settings).start();
  const { chair } = await foundSclo(server);
  const jobs = async (): Promise<string[]> =>
    (await server.must('listJobs', {})).items.map(({ kind, state }) => `${kind} ${state}`);
  const states = async (): Promise<string[]> => {
    const { items } = await server.must('showKoji', { collection: 'python33' }, chair);
    return items.map(({ state }) => state);
  };
  // The drift that is looked for at the start.
  expect(await eventually(async () => (await jobs()).length === 0, 120)).toBe(true);

  koji.hub.fail(/sslLogin/, 'silent');
  await server.must('applyKoji', { collection: 'python33' }, chair);
  expect(await eventually(() => koji.hub.planned === 0, 120)).toBe(true);
  for (let round = 0; round < 3; round++) {
    await server.must('collectGarbage', { apply: true });
    const isDone = async () => !(await jobs()).some((job) => job.startsWith('lookaside.delete'));
    expect(await eventually(isDone, 30)).toBe(true);
    expect(await jobs()).toEqual(['koji.provision running', 'koji.provision waiting']);
  }

  expect(await states()).toEqual(['waiting', 'waiting']);
  // Its connections break, and it is asked again.
  await koji.hub.stop();
  await koji.hub.start();
  expect(await eventually(async () => (await jobs()).length === 0, 120)).toBe(true);
  // Read to its end; this hub lacks what only its admins can make.
  expect(await states()).toEqual(['attention', 'attention']);
}, 300_000);
