import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { installPackages } from '../support/debian.ts';
import { specOf } from '../support/sclo.ts';

const scenario = cliScenario();
beforeAll(() => installPackages({ rpmbuild: 'rpm', cpio: 'cpio', rpmlint: 'rpmlint' }), 600_000);

/** What rpmlint has against every source package of a collection that is not signed. */
const USUAL = [
  'no-signature',
  'no-packager-tag',
  'no-group-tag',
  'invalid-spec-name',
  'no-changelogname-tag',
];

async function copyWithSpec() {
  const { folder: cwd, component } = await scenario.annCopy();
  await writeFile(join(cwd, `${component}.spec`), specOf(component));
  return { cwd, component };
}

describe('lint', () => {
  it('looks at the spec, and at the packages when they were built', async () => {
    const { cwd, component } = await copyWithSpec();
    const first = await scenario.ann.run(['lint'], { cwd });
    expect(first).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('0 packages and 1 specfiles checked; 0 errors') as string,
      stderr: expect.stringContaining('Nothing was built of it yet') as string,
    });
    await scenario.ann.must(['srpm'], { cwd });
    const filters = USUAL.map((name) => `addFilter("${name}")\n`).join('');
    await writeFile(join(cwd, `${component}.rpmlintrc`), filters);
    const second = await scenario.ann.run(['lint', '--info'], { cwd });
    expect(second).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 packages and 1 specfiles checked; 0 errors') as string,
      stderr: '',
    });
    // The name of the collection is known, and messages are explained.
    expect(second.stdout).toContain(`python33-${component}.src: W: no-url-tag`);
    expect(second.stdout).toContain('The URL tag is missing.');
  });

  it('fails with 6 where rpmlint finds errors, with its words', async () => {
    const { cwd, component } = await copyWithSpec();
    await scenario.ann.must(['srpm'], { cwd });
    const { code, stdout, stderr } = await scenario.ann.run(['lint'], { cwd });
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toContain(`python33-${component}.src: E: no-signature`);
    expect(stderr).toMatch(/^to do: Mend them/m);
  });

  it('--rpmlintconf names another configuration', async () => {
    const { cwd } = await copyWithSpec();
    await scenario.ann.must(['srpm'], { cwd });
    const filters = USUAL.map((name) => `addFilter("${name}")\n`).join('');
    await writeFile(join(cwd, 'own.rpmlintrc'), filters);
    const args = ['lint', '--rpmlintconf', 'own.rpmlintrc'];
    const { code, stderr } = await scenario.ann.run(args, { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
