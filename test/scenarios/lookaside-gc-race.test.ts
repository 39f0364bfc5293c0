import { describe, expect, it } from 'vitest';
import { commitFiles, push } from '../support/pushing.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, sha512, workingCopy } from '../support/sclo.ts';

/** Long enough for an upload and the push that names it, short enough to meet the deletion. */
const SECONDS = 4;
const days = String(SECONDS / (24 * 60 * 60));
const scenario = scloScenario({
  DISTGIT_LOOKASIDE_UNUSED_DAYS: days,
  DISTGIT_LOOKASIDE_QUARANTINE_DAYS: days,
});
const FILES = 6;
const LOOPS = 25_000;

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
const contentOf = (file: string): string => `the content of ${file}`.repeat(50);
const get = (file: string): Promise<Response> =>
  fetch(`${scenario.server.url}/lookaside/python/${file}/sha512/${sha512(contentOf(file))}`);

describe('gc beside uploads and pushes', () => {
  it('never takes what an upload was just told to be there, nor what a push named', async () => {
    const { server, people } = scenario;
    const stop = new AbortController();
    let collected = 0;
    const collect = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const { quarantined, deleted } = await server.must('collectGarbage', { apply: true });
        collected += quarantined.files + deleted.files;
        await pause(30);
      }
    };
    let fresh = 0;
    // Files that are uploaded again and again, each time when it may be in any state of its end.
    const uploads = Array.from({ length: FILES }, async (_, n) => {
      const file = `again-${n}.tar`;
      for (const end = Date.now() + LOOPS; Date.now() < end; ) {
        const began = Date.now();
        const status = await put(server, people.committer, 'python', file, contentOf(file));
        expect([200, 201, 503]).toContain(status);
        if (status !== 503) {
          const answer = await get(file);
          // Its time may have run out where the machine is that busy.
          const found = Date.now() - began < SECONDS * 1000 ? [200] : [200, 404];
          expect(found).toContain(answer.status);
          const content = await answer.text();
          if (answer.status === 200) {
            expect(content).toBe(contentOf(file));
            fresh++;
          }
        }
        await pause(SECONDS * 1000 * (0.7 + Math.random() * 1.8));
      }
    });
    // Files that a push names, as late after their upload as it can be.
    const pushed: string[] = [];
    const copy = await workingCopy(server, scenario.path(), people.committer);
    const pushes = (async () => {
      let sources = '';
      let n = 0;
      let wait = SECONDS * 1000;
      for (const end = Date.now() + LOOPS; Date.now() < end || pushed.length === 0; n++) {
        const file = `pushed-${n}.tar`;
        await put(server, people.committer, 'python', file, contentOf(file));
        await pause(wait * (0.8 + Math.random() * 0.4));
        sources = `SHA512 (${file}) = ${sha512(contentOf(file))}\n`;
        await commitFiles(copy, { sources });
        const { code } = await push(copy, ['HEAD']);
        if (code === 0) pushed.push(file);
        else {
          // Refused, because it came too late: the commit is taken back, and the file is no loss. A
          // push takes long where the machine is busy, so the next one begins earlier.
          await commitFiles(copy, { sources: '' });
          wait *= 0.8;
        }
      }
    })();
    const collector = collect();
    await Promise.all([...uploads, pushes]);
    // Two whole lives of a file that nobody would name.
    await pause(SECONDS * 2000 + 500);
    stop.abort();
    await collector;
    expect(collected).toBeGreaterThan(3);
    expect(fresh).toBeGreaterThan(FILES);
    expect(pushed.length).toBeGreaterThan(0);
    for (const file of pushed) {
      const answer = await get(file);
      expect([file, answer.status]).toEqual([file, 200]);
      expect(await answer.text()).toBe(contentOf(file));
    }
    expect(faultsIn(server)).toEqual([]);
  }, 300_000);
});
