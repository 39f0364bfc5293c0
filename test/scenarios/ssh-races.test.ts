import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually, leftovers } from '../support/data-folder.ts';
import { commitOf, packOf, receiveRequest, treeOf, wholeObject } from '../support/git-wire.ts';
import { git, run } from '../support/process.ts';
import { descendants } from '../support/process-memory.ts';
import { commitFiles, push } from '../support/pushing.ts';
import { faultsIn } from '../support/scenario.ts';
import { specOf, workingCopy } from '../support/sclo.ts';
import { sshScenario } from '../support/ssh-scenario.ts';

/** Longer than anything here takes between two bytes on a machine that is busy. */
const IDLE_SECONDS = 10;
const scenario = sshScenario({ DISTGIT_SERVER_IDLE_TIMEOUT: String(IDLE_SECONDS) });
const BRANCH = 'scl-python33-el7';
const REF = `refs/heads/${BRANCH}`;

const isClean = async (): Promise<boolean> =>
  (await leftovers(scenario.server.data)).length === 0 &&
  descendants(scenario.server.pid).length === 0;
const tip = async (): Promise<string> =>
  (await git('/', 'ls-remote', scenario.server.gitUrl('python'), REF)).slice(0, 40);

/** An ssh client of Ann's that runs `service` and is fed by hand. */
function session(service: string): ChildProcess {
  const { port, username } = new URL(scenario.sshd.url);
  const host = ['-p', port, `${username}@127.0.0.1`];
  return spawn(
    'ssh',
    [...scenario.sshd.options(scenario.key('ann')), ...host, `${service} '/scls/python.git'`],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
}

/** Sends all of it; what comes back until the end. */
async function answerOf(client: ChildProcess, request: Buffer): Promise<string> {
  let said = '';
  client.stdout!.setEncoding('latin1').on('data', (text: string) => {
    said += text;
  });
  client.stdin!.end(request);
  await once(client, 'close');
  return said;
}

/** A push of one good commit with some 400 kB of noise in it. */
async function pushRequest(): Promise<Buffer> {
  const parent = await tip();
  const objects = {
    'a.patch': wholeObject('blob', randomBytes(300_000).toString('base64')),
    'python.spec': wholeObject('blob', specOf('python')),
    sources: wholeObject('blob', ''),
  };
  const entries = Object.entries(objects);
  const tree = wholeObject(
    'tree',
    treeOf(entries.map(([name, { oid }]) => ({ mode: '100644', name, oid }))),
  );
  const commit = wholeObject('commit', commitOf(tree.oid, [parent]));
  const pack = packOf([...entries.map(([, { entry }]) => entry), tree.entry, commit.entry]);
  return receiveRequest([{ oldOid: parent, newOid: commit.oid, ref: REF }], pack);
}

describe('two pushes to one branch at once, one over SSH and one over HTTP', () => {
  it('have one winner, and the other is told to fetch', { timeout: 240_000 }, async () => {
    const { server, people } = scenario;
    const overHttp = await workingCopy(server, scenario.path(), people.committer);
    const overSsh = await workingCopy(server, scenario.path(), people.committer);
    await git(overSsh, 'remote', 'set-url', '--push', 'origin', scenario.url());
    const ROUNDS = 4;
    for (let round = 0; round < ROUNDS; round++) {
      for (const copy of [overHttp, overSsh]) {
        await git(copy, 'fetch', '--quiet', 'origin');
        await git(copy, 'reset', '--quiet', '--hard', `origin/${BRANCH}`);
        await commitFiles(copy, {
          'python.spec': specOf('python'),
          [`round-${round}.patch`]: `${copy}\n`,
        });
      }
      const [http, ssh] = await Promise.all([
        push(overHttp, ['HEAD']),
        scenario.tryGit('ann', overSsh, 'push', 'origin', 'HEAD'),
      ]);
      expect([0, 1]).toContain(http.code);
      expect(ssh.code).toBe(http.code === 0 ? 1 : 0);
      expect(http.code === 0 ? ssh.stderr : http.stderr).toMatch(/fetch/i);
      const winner = http.code === 0 ? overHttp : overSsh;
      expect(await tip()).toBe((await git(winner, 'rev-parse', 'HEAD')).trim());
    }
    const { items } = await server.must('listPushes', { component: 'python', limit: 1000 });
    expect(items.filter(({ state }) => state === 'applied')).toHaveLength(ROUNDS);
    const repository = join(server.data, 'repositories/python.git');
    expect((await run('git', ['-C', repository, 'fsck', '--full', '--strict'])).code).toBe(0);
  });
});

describe('a client over SSH that goes away', () => {
  it('in the middle of a push leaves nothing behind', { timeout: 240_000 }, async () => {
    const before = await tip();
    const request = await pushRequest();
    for (const share of [0, 0.001, 0.5, 0.99]) {
      const client = session('git-receive-pack');
      await once(client.stdout!, 'data');
      client.stdin!.write(request.subarray(0, Math.floor(request.length * share)));
      await new Promise((resolve) => setTimeout(resolve, 100));
      client.kill('SIGKILL');
      expect(await eventually(isClean, 60)).toBe(true);
    }
    expect(await tip()).toBe(before);
  });

  it('in the middle of a fetch leaves no git running', { timeout: 120_000 }, async () => {
    for (const service of ['git-upload-pack', 'git-upload-archive']) {
      const client = session(service);
      if (service === 'git-upload-pack') await once(client.stdout!, 'data');
      else expect(await eventually(() => descendants(scenario.server.pid).length > 0)).toBe(true);
      client.kill('SIGKILL');
      expect(await eventually(isClean, 60)).toBe(true);
    }
  });

  it('or says nothing any more is cut, and holds no git', { timeout: 120_000 }, async () => {
    const client = session('git-receive-pack');
    const ended = once(client, 'close');
    client.stdout!.resume();
    const [code] = (await ended) as [number];
    expect(code).not.toBe(0);
    expect(await eventually(isClean, 60)).toBe(true);
  });

  it.each(['its key removed', 'its user disabled'])(
    'is asked for again when the push comes: %s meanwhile',
    async (what) => {
      const { server, people } = scenario;
      const before = await tip();
      const request = await pushRequest();
      const client = session('git-receive-pack');
      await once(client.stdout!, 'data');
      const key = (await server.must('listKeys', {}, people.committer)).items[0]?.fingerprint ?? '';
      const text = await readFile(`${scenario.key('ann')}.pub`, 'utf8');
      if (what === 'its key removed') await server.must('removeKey', { key });
      else await server.must('updateUser', { user: 'ann', disabled: true });
      try {
        const said = await answerOf(client, request);
        expect(said).toContain('The SSH key was removed, or its user disabled.');
        expect(said).toContain('pre-receive hook declined');
        expect(await tip()).toBe(before);
        const [row] = (await server.must('listAudit', { limit: 1 })).items;
        expect(row).toMatchObject({ actor: 'ann', action: 'push', allowed: false });
      } finally {
        if (what === 'its key removed') await server.must('addKey', { key: text, user: 'ann' });
        else await server.must('updateUser', { user: 'ann', disabled: false });
      }
    },
  );

  it('is not missed: the whole request, sent by hand, is a push', async () => {
    const request = await pushRequest();
    const client = session('git-receive-pack');
    const said = await answerOf(client, request);
    expect(client.exitCode).toBe(0);
    expect(said).toContain(`ok ${REF}`);
  });
});

describe('afterwards', () => {
  it('nothing runs, and the server has nothing to complain of', async () => {
    expect(await eventually(isClean, 60)).toBe(true);
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
