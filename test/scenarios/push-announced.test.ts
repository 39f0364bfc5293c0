import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { pushMark } from '../../server/pushes/push-mark.ts';
import { EMPTY_PACK, postToService, receiveRequest } from '../support/git-wire.ts';
import { git } from '../support/process.ts';
import { commitFiles, push, refsOf } from '../support/pushing.ts';
import { foundSclo, type Sclo, workingCopy } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

const BRANCH = 'scl-python33-el7';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestServer;
let people: Sclo;
beforeAll(async () => {
  temporary = await temporaryFolder();
  server = await new TestServer(join(temporary.path, 'data')).start();
  people = await foundSclo(server);
  await server.must('approveUser', { sig: 'sclo', user: 'carol' }, people.chair);
});
afterAll(async () => {
  await server.stop();
  await temporary[Symbol.asyncDispose]();
});

/** Asks for the refs as a push begins; a git waits for the pack then. */
async function announce(token: string, user: string): Promise<void> {
  const url = `${server.gitUrl('python')}/info/refs?service=git-receive-pack`;
  const headers = { Authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` };
  await vi.waitFor(async () => {
    expect((await fetch(url, { headers })).status).toBe(200);
    expect(await waitingGits()).toContain(user);
  }, 20_000);
}

/** Whose gits wait, or work, for the server. */
async function waitingGits(): Promise<string[]> {
  const users: string[] = [];
  for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [command, environment, stat] = await Promise.all(
      ['cmdline', 'environ', 'stat'].map((file) =>
        readFile(`/proc/${id}/${file}`, 'utf8').catch(() => ''),
      ),
    );
    const parent = stat?.slice(stat.lastIndexOf(')')).split(' ')[2];
    if (!command?.includes('\0receive-pack\0') || parent !== String(server.pid)) continue;
    users.push(/\0?GIT_COMMITTER_NAME=([^\0]*)/.exec(environment ?? '')?.[1] ?? '');
  }
  return users;
}

describe('a push whose git waits already', () => {
  it('is recorded with the mark that git left, in the name of who pushed', async () => {
    const copy = await workingCopy(server, join(temporary.path, 'own'), people.chair);
    await announce(people.committer, 'ann');
    await announce(people.chair, 'carol');
    expect((await push(copy, ['HEAD'])).code).toBe(0);
    const { items } = await server.must('listPushes', { component: 'python' });
    expect(items[0]).toMatchObject({ user: 'carol', state: 'applied' });
    const log = await readFile(
      join(server.data, 'repositories/python.git/logs/refs/heads', BRANCH),
      'utf8',
    );
    expect(log.trim().split('\n').at(-1)).toContain(` carol <${pushMark(items[0]?.id ?? '')}> `);
  });

  it('is refused where the right to push was withdrawn meanwhile', async () => {
    const copy = await workingCopy(server, join(temporary.path, 'late'), people.committer);
    await commitFiles(copy, { 'a.patch': 'late\n' });
    const before = await refsOf(copy);
    const [newOid, oldOid] = (await git(copy, 'rev-parse', 'HEAD', `origin/${BRANCH}`)).split('\n');
    await announce(people.committer, 'ann');
    await server.must('revokeApproval', { sig: 'sclo', user: 'ann' }, people.chair);
    const body = receiveRequest(
      [{ oldOid: oldOid ?? '', newOid: newOid ?? '', ref: `refs/heads/${BRANCH}` }],
      EMPTY_PACK,
    );
    const { status } = await postToService(
      server.gitUrl('python'),
      'git-receive-pack',
      body,
      people.committer,
    );
    expect(status).toBe(403);
    expect(await refsOf(copy)).toBe(before);
  });
});
