import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually, storedFiles } from '../support/data-folder.ts';
import { scloScenario } from '../support/scenario.ts';
import { put, sha512 } from '../support/sclo.ts';

const scenario = scloScenario({ DISTGIT_LOOKASIDE_SCRUB_RATE: '1 MiB' });
const FILES = ['a', 'b', 'c', 'd', 'e'];
const contentOf = (file: string): string => file.repeat(200_000);

const upload = (file: string): Promise<number> =>
  put(scenario.server, scenario.people.committer, 'python', file, contentOf(file));
const download = (file: string): Promise<Response> =>
  fetch(`${scenario.server.url}/lookaside/python/${file}/sha512/${sha512(contentOf(file))}`);
const pathOf = async (file: string): Promise<string> => {
  const path = (await storedFiles(scenario.server.data)).find((one) => one.split('/')[1] === file);
  return join(scenario.server.data, 'lookaside', path ?? 'none');
};
const last = async () => (await scenario.server.must('showScrub', {})).last;
async function scrub() {
  await scenario.server.must('startScrub', {});
  expect(await eventually(async () => (await last())?.finishedAt !== null, 110)).toBe(true);
  return last();
}

describe('a scrub', () => {
  it('reads everything, and says that all is well', async () => {
    expect(await scenario.server.must('showScrub', {})).toEqual({
      total: { files: 0, bytes: 0 },
      last: null,
    });
    for (const file of FILES) expect(await upload(file)).toBe(201);
    const expected = { files: 5, bytes: 1_000_000, damaged: 0, missing: 0, unknown: 0 };
    expect(await scrub()).toMatchObject({ ...expected, startedBy: 'admin' });
  });

  it('finds what is damaged, missing or unknown, and serves none of it', async () => {
    await writeFile(await pathOf('b'), `${contentOf('b').slice(1)}x`);
    await writeFile(await pathOf('c'), 'short');
    await rm(await pathOf('d'));
    const folder = join(scenario.server.data, 'lookaside/python/a');
    await writeFile(join(folder, `sha512-${'0'.repeat(128)}`), 'nobody uploaded this');
    expect(await scrub()).toMatchObject({ files: 5, damaged: 2, missing: 1 });
    const states = (await scenario.server.must('listQuarantine', {})).items.map(
      ({ file, state }) => `${file} ${state}`,
    );
    expect(states.toSorted()).toEqual(['b damaged', 'c damaged', 'd missing']);
    for (const [file, status] of [
      ['a', 200],
      ['b', 404],
      ['c', 404],
      ['d', 404],
      ['e', 200],
    ] as const)
      expect([file, (await download(file)).status]).toEqual([file, status]);
    // The bad bytes are kept, under a name that nobody asks for.
    const aside = await readdir(join(scenario.server.data, 'lookaside/python/c'));
    expect(aside).toEqual([expect.stringMatching(/^sha512-[0-9a-f]{128}\.damaged-\d{17}$/)]);
    // Those, and the one that nobody uploaded.
    expect((await last())?.unknown).toBe(3);
    const { items } = await scenario.server.must('listAudit', { limit: 20 });
    const actions = items.map(({ action, subject }) => `${action} ${subject}`);
    expect(actions).toEqual(
      expect.arrayContaining(['source.damaged python/b', 'source.missing python/d']),
    );
  });

  it('lets a good copy come back by an upload', async () => {
    for (const file of ['b', 'c', 'd']) {
      expect(await upload(file)).toBe(201);
      expect(await (await download(file)).text()).toBe(contentOf(file));
    }
    expect((await scenario.server.must('listQuarantine', {})).items).toEqual([]);
    expect(await scrub()).toMatchObject({ files: 5, damaged: 0, missing: 0 });
  });

  it('goes on where it was when its server dies', async () => {
    for (let n = 0; n < 20; n++) await upload(`more-${n}`);
    await scenario.server.must('startScrub', {});
    expect(await eventually(async () => ((await last())?.files ?? 0) > 3)).toBe(true);
    await scenario.server.kill();
    await scenario.server.start();
    const before = await last();
    expect(before?.finishedAt).toBeNull();
    expect(before?.files).toBeGreaterThan(3);
    // The job of the dead server is leased still; asking again begins no second scrub.
    const { last: asked } = await scenario.server.must('startScrub', {});
    expect(asked?.id).toBe(before?.id);
    expect(await eventually(async () => (await last())?.finishedAt !== null, 110)).toBe(true);
    expect(await last()).toMatchObject({ files: 25, damaged: 0, missing: 0 });
  });
});
