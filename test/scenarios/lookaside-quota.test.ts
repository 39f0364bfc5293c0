import { describe, expect, it } from 'vitest';
import { leftovers } from '../support/data-folder.ts';
import { scloScenario } from '../support/scenario.ts';
import { put, sha512 } from '../support/sclo.ts';

const scenario = scloScenario();
const upload = (file: string, content: string): Promise<number> =>
  put(scenario.server, scenario.people.committer, 'python', file, content);
const limit = (quota: number | null) => scenario.server.must('setQuota', { sig: 'sclo', quota });

describe('the quota of a SIG', () => {
  it('is not there at first, and is told with the usage', async () => {
    expect(await upload('a.tar', 'a'.repeat(1000))).toBe(201);
    expect(await scenario.server.must('showUsage', {})).toEqual({
      total: { files: 1, bytes: 1000 },
      items: [{ sig: 'sclo', files: 1, bytes: 1000, quota: null }],
    });
    const metrics = await (await fetch(`${scenario.server.url}/metrics`)).text();
    expect(metrics).toContain('distgit_lookaside_bytes{sig="sclo"} 1000\n');
    expect(await limit(1500)).toEqual({ sig: 'sclo', files: 1, bytes: 1000, quota: 1500 });
  });

  it('refuses a file that has no room with 507 and words, and stores nothing', async () => {
    const content = 'b'.repeat(501);
    const url = `${scenario.server.url}/lookaside/python/b.tar/sha512/${sha512(content)}`;
    const headers = { Authorization: `Bearer ${scenario.people.committer}` };
    const answer = await fetch(url, { method: 'PUT', headers, body: content });
    expect(answer.status).toBe(507);
    expect(await answer.json()).toMatchObject({
      code: 'storage_full',
      detail: expect.stringContaining('SIG sclo has used 1000 B of its 1.5 KiB'),
      remedy: expect.stringContaining('centpkg sig quota sclo'),
    });
    expect((await fetch(url)).status).toBe(404);
    expect(await leftovers(scenario.server.data)).toEqual([]);
  });

  it('cuts a body off that does not say how long it is', async () => {
    const content = 'c'.repeat(100_000);
    const url = `${scenario.server.url}/lookaside/python/c.tar/sha512/${sha512(content)}`;
    const body = new Blob([content]).stream();
    const headers = { Authorization: `Bearer ${scenario.people.committer}` };
    const answer = await fetch(url, { method: 'PUT', headers, body, duplex: 'half' });
    expect(answer.status).toBe(413);
    expect((await fetch(url)).status).toBe(404);
  });

  it('lets a smaller file pass, and what is there already', async () => {
    expect(await upload('b.tar', 'b'.repeat(500))).toBe(201);
    expect(await upload('a.tar', 'a'.repeat(1000))).toBe(200);
    expect(await upload('d.tar', 'd')).toBe(507);
  });

  it('ends when an admin raises it or takes it away', async () => {
    await limit(1501);
    expect(await upload('d.tar', 'd')).toBe(201);
    expect(await upload('e.tar', 'e')).toBe(507);
    await limit(null);
    expect(await upload('e.tar', 'e')).toBe(201);
    expect((await scenario.server.call('setQuota', { sig: 'none', quota: 1 })).status).toBe(404);
    expect((await scenario.server.call('setQuota', { sig: 'sclo', quota: -1 })).status).toBe(400);
  });
});
