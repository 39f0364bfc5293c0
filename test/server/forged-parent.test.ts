import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { must } from '../support/git-history.ts';
import { postToService, receiveRequest, sideBandText } from '../support/git-wire.ts';
import { run } from '../support/process.ts';
import { scloScenario } from '../support/scenario.ts';
import { workingCopy } from '../support/sclo.ts';

const scenario = scloScenario();
const WHO = 'Test <test@example.org> 1600000000 +0000';

describe('a commit whose message head names a parent that it does not have', () => {
  it('hides no binary file from the checks, below a merge', async () => {
    const { server, people } = scenario;
    const copy = await workingCopy(server, scenario.path(), people.committer);
    const made = async (args: readonly string[], input = Buffer.alloc(0)): Promise<string> =>
      (await must(copy, args, input)).trim();
    const old = await made(['rev-parse', 'origin/scl-python33-el7']);
    const good = await made(['rev-parse', 'HEAD^{tree}']);
    const binary = await made(['hash-object', '-w', '--stdin'], Buffer.from([0, 1, 2]));
    const listing = `${await made(['ls-tree', good])}\n100644 blob ${binary}\tlogo.png\n`;
    const bad = await made(['mktree'], Buffer.from(listing));

    // Its tree is that of `decoy`, which no ref reaches, so that nothing seems to have changed.
    const decoy = await made(['commit-tree', '-m', 'decoy', bad]);
    const text = `tree ${bad}\nauthor ${WHO}\ncommitter ${WHO}\nparent ${decoy}\n\nforged\n`;
    const forged = await made(['hash-object', '-w', '-t', 'commit', '--stdin'], Buffer.from(text));
    const merge = await made(['commit-tree', '-m', 'merge', '-p', old, '-p', forged, good]);
    expect(await made(['rev-list', '--parents', '-1', forged])).toBe(forged);

    const objects = [good, bad, binary, decoy, forged, merge];
    const blobs = (await made(['ls-tree', '--format=%(objectname)', good])).split('\n');
    await made(
      ['pack-objects', '--quiet', join(copy, 'push')],
      Buffer.from(`${[...objects, ...blobs].join('\n')}\n`),
    );
    const packs = await run('sh', ['-c', 'base64 push-*.pack'], { cwd: copy });
    const body = receiveRequest(
      [{ oldOid: old, newOid: merge, ref: 'refs/heads/scl-python33-el7' }],
      Buffer.from(packs.stdout, 'base64'),
    );
    const repository = server.gitUrl('python');
    const { answer } = await postToService(repository, 'git-receive-pack', body, people.committer);
    await made(['fetch', '--quiet', 'origin']);
    const logo = [
      'log',
      '--full-history',
      '--format=%H',
      'origin/scl-python33-el7',
      '--',
      'logo.png',
    ];
    expect({
      said: sideBandText(answer),
      branch: await made(['rev-parse', 'origin/scl-python33-el7']),
      commitsWithIt: await made(logo),
    }).toEqual({
      said: expect.stringMatching(/refused: 1 error.*logo\.png in commit \w+ is binary/s),
      branch: old,
      commitsWithIt: '',
    });
  });
});
