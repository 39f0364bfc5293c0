import { beforeAll, describe, expect, it } from 'vitest';
import {
  EMPTY_PACK,
  NULL_OID,
  postToService,
  receiveRequest,
  sideBandText,
} from '../support/git-wire.ts';
import { git } from '../support/process.ts';
import { commitFiles, expectRefusal, push, refsOf } from '../support/pushing.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { specOf, workingCopy } from '../support/sclo.ts';

const scenario = scloScenario();
const EL7 = 'HEAD:refs/heads/scl-python33-el7';

/** The three lines that git shows of a push refused for one reason. */
function oneError(where: string, problem: string, policy: string, remedy: string): string[] {
  return [
    'Push to python refused: 1 error. Nothing was changed.',
    `error: ${where}: ${problem} (${policy})`,
    `  to do: ${remedy}`,
  ];
}

const annCopy = (): Promise<string> =>
  workingCopy(scenario.server, scenario.path(), scenario.people.committer);

describe('a push is refused to a branch', () => {
  it('that is no release branch', async () => {
    const lines = oneError(
      'main',
      '"main" is not a release branch',
      'branch-provisioned',
      'push to a branch named scl-<collection>-el<release>, "centpkg component show python" lists them',
    );
    await expectRefusal(await annCopy(), ['HEAD:refs/heads/main'], lines);
  });

  it('whose EL release the collection is not built for', async () => {
    const lines = oneError(
      'scl-python33-el8',
      'collection python33 is not built for EL 8',
      'branch-provisioned',
      'a member of its SIG adds it: centpkg collection add-release python33 8',
    );
    await expectRefusal(await annCopy(), ['HEAD:refs/heads/scl-python33-el8'], lines);
  });

  it('of a collection that the component is not in', async () => {
    const lines = oneError(
      'scl-devtoolset-3-el7',
      'python is not a component of collection devtoolset-3',
      'branch-provisioned',
      'a member of its SIG adds it: centpkg component add python devtoolset-3',
    );
    await expectRefusal(await annCopy(), ['HEAD:refs/heads/scl-devtoolset-3-el7'], lines);
  });

  it('that would lose commits (force push)', async () => {
    const copy = await annCopy();
    await git(copy, 'checkout', '--quiet', '--orphan', 'rewritten');
    await git(copy, 'commit', '--quiet', '--message', 'Rewrite history');
    const lines = oneError(
      'scl-python33-el7',
      'not a fast-forward: release branches only move forward',
      'forward-only',
      'fetch, then rebase or merge onto the branch, and push without --force',
    );
    await expectRefusal(copy, [`+${EL7}`], lines);
  });

  it('that would be deleted', async () => {
    const lines = oneError(
      'scl-python33-el6',
      'branches can not be deleted',
      'forward-only',
      'leave it; what was published stays reachable',
    );
    await expectRefusal(await annCopy(), [':refs/heads/scl-python33-el6'], lines);
  });

  it('outside of refs/heads and refs/tags', async () => {
    const { remote, code } = await push(await annCopy(), ['HEAD:refs/notes/commits']);
    expect(code).toBe(1);
    expect(remote.slice(0, 2)).toEqual([
      'Push to python refused: 1 error. Nothing was changed.',
      'error: refs/notes/commits: "refs/notes/commits" is not a release branch (branch-provisioned)',
    ]);
  });
});

describe('a published tag', () => {
  let copy: string;
  beforeAll(async () => {
    copy = await annCopy();
    await git(copy, 'tag', 'python33-1-1', 'origin/scl-python33-el7');
    expect(await push(copy, ['python33-1-1'])).toMatchObject({ code: 0, remote: [] });
  });

  it('can not be moved', async () => {
    const raised = specOf('python').replace('Release: 1', 'Release: 2');
    await commitFiles(copy, { 'python.spec': raised });
    await git(copy, 'tag', '--force', 'python33-1-1');
    const lines = oneError(
      'python33-1-1',
      'tags never move',
      'forward-only',
      'choose a new tag name',
    );
    await expectRefusal(copy, [EL7, '+refs/tags/python33-1-1'], lines);
  });

  it('can not be deleted', async () => {
    const lines = oneError(
      'python33-1-1',
      'tags can not be deleted',
      'forward-only',
      'leave it; what was published stays reachable',
    );
    await expectRefusal(copy, [':refs/tags/python33-1-1'], lines);
  });
});

describe('a new tag', () => {
  it('is refused on a commit that is on no branch, taken together with the branch', async () => {
    const copy = await annCopy();
    await git(copy, 'tag', '--annotate', '--message', 'Release', 'python33-1-2');
    const lines = oneError(
      'python33-1-2',
      'the tag names a commit that is on no branch',
      'tag-on-branch',
      'push the branch first, or together with the tag',
    );
    await expectRefusal(copy, ['python33-1-2'], lines);
    expect(await push(copy, [EL7, 'python33-1-2'])).toMatchObject({ code: 0, remote: [] });
  });
});

describe('100,000 refs in one push', () => {
  it('are refused quickly, and the server goes on', async () => {
    const { server, people } = scenario;
    const copy = await annCopy();
    const before = await refsOf(copy);
    const newOid = (await git(copy, 'rev-parse', 'HEAD~')).trim();
    // git's own client takes minutes to make such a request.
    const commands = Array.from({ length: 100_000 }, (_, n) => ({
      oldOid: NULL_OID,
      newOid,
      ref: `refs/tags/t${n}`,
    }));
    const request = receiveRequest(commands, EMPTY_PACK);
    const start = performance.now();
    const { status, answer } = await postToService(
      server.gitUrl('python'),
      'git-receive-pack',
      request,
      people.committer,
    );
    const seconds = (performance.now() - start) / 1000;
    expect(status).toBe(200);
    expect(sideBandText(answer).trim().split('\n')).toEqual(
      oneError(
        'python',
        'the push updates 100000 refs; at most 1000 are taken at once',
        'max-refs',
        'push the branches that you changed, by name',
      ),
    );
    expect(seconds).toBeLessThan(20);
    expect(await refsOf(copy)).toBe(before);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});

describe('afterwards', () => {
  it('the record shows the pushes that changed something, and no other', async () => {
    const { server } = scenario;
    const { items } = await server.must('listPushes', { component: 'python' });
    expect(items.map(({ user, state }) => `${user} ${state}`)).toEqual([
      'ann applied',
      'ann applied',
    ]);
    expect(faultsIn(server)).toEqual([]);
  });
});
