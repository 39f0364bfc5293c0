import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git } from '../support/process.ts';
import { commitFiles, push, refsOf } from '../support/pushing.ts';
import { foundSclo, workingCopy } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

const CONFIG = `
[pushes]
max_file_size = "1 KiB"

[pushes.levels]
spec-file = "warning"

[pushes.sigs.sclo]
text-files = "warning"
spec-file = "error"
`;

describe('a check that a SIG has set to warning', () => {
  it('is shown and lets the push pass, for branches of that SIG only', async () => {
    await using temporary = await temporaryFolder();
    const config = join(temporary.path, 'config.toml');
    await writeFile(config, CONFIG);
    await using server = await new TestServer(join(temporary.path, 'data'), {
      DISTGIT_CONFIG: config,
    }).start();
    const { committer } = await foundSclo(server);
    await server.must('createSig', { name: 'webstack' });
    await server.must('createCollection', {
      name: 'nodejs10',
      sig: 'webstack',
      releases: [{ release: '7' }],
    });
    await server.must('addToCollections', { component: 'python', collections: ['nodejs10'] });
    await server.must('approveUser', { sig: 'webstack', user: 'ann' });

    const copy = await workingCopy(server, join(temporary.path, 'copy'), committer);
    await commitFiles(copy, { 'logo.png': Buffer.from([0]), 'large.patch': 'x'.repeat(1025) });
    const commit = (await git(copy, 'rev-parse', 'HEAD')).trim();
    const short = commit.slice(0, 10);

    const accepted = await push(copy, ['HEAD:refs/heads/scl-python33-el7']);
    expect(accepted.remote).toEqual([
      'Push to python accepted with 2 warnings.',
      `warning: scl-python33-el7: large.patch in commit ${short} has 1025 bytes; the limit in git is 1024 bytes (text-files)`,
      '  to do: take it out of those commits and run: centpkg upload large.patch',
      `warning: scl-python33-el7: logo.png in commit ${short} is binary (text-files)`,
      '  to do: take it out of those commits and run: centpkg upload logo.png',
    ]);
    expect(accepted.code).toBe(0);
    expect(await refsOf(copy)).toContain(`${commit}\trefs/heads/scl-python33-el7`);

    // Two checks at once: what everybody is warned of, and what this SIG is refused for.
    await git(copy, 'rm', '--quiet', 'python.spec');
    await commitFiles(copy, { 'icon.png': Buffer.from([0]) });
    const sclo = await push(copy, ['HEAD:refs/heads/scl-python33-el7']);
    expect(sclo.remote[0]).toBe('Push to python refused: 1 error, 1 warning. Nothing was changed.');
    expect(sclo.code).toBe(1);
    const webstack = await push(copy, ['HEAD:refs/heads/scl-nodejs10-el7']);
    expect(webstack.remote[0]).toMatch(/^Push to python refused: \d errors?, 1 warning\./);
    expect(webstack.remote.filter((line) => line.startsWith('warning'))).toEqual([
      'warning: scl-nodejs10-el7: python.spec is missing (spec-file)',
    ]);
    expect(webstack.remote.join('\n')).toContain('is binary (text-files)');
    expect(webstack.code).toBe(1);
  });
});
