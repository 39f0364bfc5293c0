import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { storedFiles } from '../support/data-folder.ts';
import { put, sha512 } from '../support/sclo.ts';

const scenario = cliScenario({
  DISTGIT_LOOKASIDE_UNUSED_DAYS: '0',
  DISTGIT_LOOKASIDE_QUARANTINE_DAYS: '30',
});
const admin = (...args: string[]): Promise<string> => scenario.admin.must(args);
const hash = sha512('unused');

describe('centpkg as the keeper of the look-aside cache', () => {
  it('tells the usage, and sets quotas', async () => {
    await put(scenario.server, scenario.people.committer, 'python', 'unused.tar', 'unused');
    expect(await scenario.ann.must(['lookaside', 'usage'])).toBe(
      'SIG   FILES  SIZE  QUOTA\nsclo  1      6 B   -\n\nin all: 1 file, 6 B\n',
    );
    expect(await admin('sig', 'quota', 'sclo', '500 GiB')).toBe(
      'SIG sclo has 500 GiB, and uses 1 file, 6 B.\n',
    );
    expect(await admin('sig', 'quota', 'sclo', 'none')).toBe(
      'SIG sclo has no quota, and uses 1 file, 6 B.\n',
    );
    const wrong = await scenario.admin.run(['sig', 'quota', 'sclo', 'much']);
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      'error: much is not a size.\nto do: Write "500 GiB", "20 MiB", or none.\n',
    ]);
    expect((await scenario.carol.run(['sig', 'quota', 'sclo', 'none'])).code).toBe(4);
  });

  it('finds what is unused, puts it into quarantine, and takes it back', async () => {
    const row = `python     unused.tar  sha512:${hash.slice(0, 12)}  6 B\n`;
    expect(await admin('lookaside', 'gc')).toBe(
      `COMPONENT  FILE        HASH                 SIZE\n${row}\n` +
        'Would go into quarantine: 1 file, 6 B. Would be deleted: 0 files, 0 B.\n' +
        'Nothing was changed; do it with --apply.\n',
    );
    expect(await admin('lookaside', 'quarantine')).toBe('Nothing is in quarantine.\n');
    expect(await admin('lookaside', 'gc', '--apply')).toContain('Into quarantine: 1 file, 6 B.');
    expect(await admin('lookaside', 'quarantine')).toMatch(
      /^COMPONENT +FILE +HASH +SIZE +STATE +SINCE\npython +unused\.tar +[0-9a-f]{12} +6 B +unreferenced +\d{4}-/,
    );
    const wrong = await scenario.admin.run([
      'lookaside',
      'restore',
      'python',
      'unused.tar',
      '0000',
    ]);
    expect([wrong.code, wrong.stderr]).toEqual([
      3,
      'error: None of the files in quarantine match.\n' +
        'to do: See "centpkg lookaside quarantine"; give more of the hash.\n',
    ]);
    const args = ['lookaside', 'restore', 'python', 'unused.tar', hash.slice(0, 12)];
    expect((await scenario.ann.run(args)).code).toBe(4);
    expect(await admin(...args)).toBe('python/unused.tar can be had again.\n');
  });

  it('scrubs, and shows what was found', async () => {
    expect(await admin('lookaside', 'scrub')).toBe(
      'Never scrubbed. There are 1 file, 6 B to read.\n',
    );
    const [stored = ''] = await storedFiles(scenario.server.data);
    await writeFile(join(scenario.server.data, 'lookaside', stored), 'broken');
    await admin('lookaside', 'scrub', '--start');
    let text = '';
    for (const end = Date.now() + 30_000; Date.now() < end && !/finished: +\d/.test(text); )
      text = await admin('lookaside', 'scrub');
    expect(text).toMatch(/^scrub: +1, started .+ by admin\nfinished: +\d{4}-/);
    expect(text).toContain('1 in quarantine: centpkg lookaside quarantine');
    expect(await admin('lookaside', 'quarantine')).toContain(' damaged ');
  });
});
