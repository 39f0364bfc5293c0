import { join } from 'node:path';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { FLUSH, pktLine, postToService } from '../support/git-wire.ts';
import { git, run } from '../support/process.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';

const scenario = scloScenario();
const AUTHOR = ['-c', 'user.name=T', '-c', 'user.email=t@example.org'];
const DELIMITER = Buffer.from('0001');
let repository: string;

beforeAll(async () => {
  repository = join(scenario.server.data, 'repositories/python.git');
  await git(repository, 'tag', 'light', 'scl-python33-el7');
  const tag = ['tag', '-a', '-m', 'annotated', 'group/annotated', 'scl-python33-el6'];
  await git(repository, ...AUTHOR, ...tag);
});

function lsRefs(capabilities: readonly string[], args: readonly string[]): Buffer {
  const lines = (list: readonly string[]): Buffer[] => list.map((line) => pktLine(`${line}\n`));
  return Buffer.concat([
    pktLine('command=ls-refs\n'),
    ...lines(capabilities),
    DELIMITER,
    ...lines(args),
    FLUSH,
  ]);
}

async function ours(request: Buffer, protocol = 'version=2') {
  const { status, answer } = await postToService(
    scenario.server.gitUrl('python'),
    'git-upload-pack',
    request,
    null,
    { 'Git-Protocol': protocol },
  );
  return { status, text: answer.toString('latin1') };
}

/** What git itself says to the request. */
async function gitSays(request: Buffer): Promise<{ code: number | null; stdout: string }> {
  return run('git', ['upload-pack', '--stateless-rpc', repository], {
    env: { GIT_PROTOCOL: 'version=2', PATH: process.env.PATH ?? '' },
    input: request.toString('latin1'),
  });
}

const all = lsRefs(['agent=git/2.39.5'], ['peel', 'symrefs', 'unborn']);

describe('a question for refs', () => {
  it('is answered byte for byte as git does it, whatever it asks for', async () => {
    const prefix = fc.constantFrom(
      'HEAD',
      'refs/',
      'refs/heads/',
      'refs/tags/',
      'refs/tags/group/annotated',
      'refs/heads/s',
      'scl-python33-el7',
      'refs/heads/scl-python33-el7',
      'none',
      '',
    );
    const question = fc.record({
      capabilities: fc.subarray(['agent=git/2.39.5', 'object-format=sha1']),
      args: fc.subarray(['peel', 'symrefs', 'unborn']),
      prefixes: fc.array(prefix, { maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(question, async ({ capabilities, args, prefixes }) => {
        const given = [...args, ...prefixes.map((one) => `ref-prefix ${one}`)];
        const request = lsRefs(capabilities, given);
        const expected = await gitSays(request);
        expect(await ours(request)).toEqual({ status: 200, text: expected.stdout });
      }),
      { numRuns: 60 },
    );
  });

  it('of more prefixes than any client sends, or with an unknown argument, is left to git', async () => {
    const many = lsRefs(
      [],
      Array.from({ length: 500 }, (_, n) => `ref-prefix refs/heads/${n}`),
    );
    expect((await ours(many)).text).toBe('0000');
    expect((await ours(lsRefs([], ['mystery']))).status).not.toBe(200);
    expect((await ours(all.subarray(0, all.length - 4))).status).not.toBe(500);
  });

  it('tells of every movement at once, whoever made it', async () => {
    const first = (await git(repository, 'rev-parse', 'refs/heads/scl-python33-el7')).trim();
    const commit = ['commit-tree', '-m', 'x', '-p', first, `${first}^{tree}`];
    const second = (await git(repository, ...AUTHOR, ...commit)).trim();
    const steps: (readonly string[])[] = [];
    for (let n = 0; n < 15; n++)
      steps.push(
        ['update-ref', 'refs/heads/moving', first],
        ['update-ref', 'refs/heads/moving', second],
        ['update-ref', 'refs/tags/a/b/c', second],
        ['update-ref', 'refs/tags/a/b/c', first],
        ['symbolic-ref', 'HEAD', `refs/heads/scl-python33-el${n % 2 === 0 ? 6 : 7}`],
        ['pack-refs', '--all'],
        ['update-ref', '-d', 'refs/heads/moving'],
        ['update-ref', '-d', 'refs/tags/a/b/c'],
      );
    for (const step of steps) {
      await git(repository, ...step);
      expect(await ours(all)).toEqual({ status: 200, text: (await gitSays(all)).stdout });
    }
  });
});

describe('the advertisement', () => {
  it.each([
    ['git-upload-pack', null],
    ['git-upload-pack', 'version=1'],
    ['git-receive-pack', null],
  ] as const)('of %s by protocol %s follows the refs, too', async (service, protocol) => {
    const ask = async (): Promise<string> => {
      const url = `${scenario.server.gitUrl('python')}/info/refs?service=${service}`;
      const answer = await fetch(url, {
        headers: {
          Authorization: `Bearer ${scenario.people.committer}`,
          ...(protocol === null ? {} : { 'Git-Protocol': protocol }),
        },
      });
      expect(answer.status).toBe(200);
      return answer.text();
    };
    const before = await ask();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await ask()).toBe(before);
    expect(await ask()).toBe(before);
    const oid = (await git(repository, 'rev-parse', 'refs/heads/scl-python33-el7')).trim();
    await git(repository, 'update-ref', `refs/heads/new-${service}-${protocol}`, oid);
    expect(await ask()).toContain(`${oid} refs/heads/new-${service}-${protocol}`);
  });

  it('leaves the server without a fault', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
