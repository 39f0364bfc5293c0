import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { installPackages } from '../support/debian.ts';
import { specOf } from '../support/sclo.ts';

const scenario = cliScenario();
beforeAll(() => installPackages({ rpmbuild: 'rpm', cpio: 'cpio', rpmlint: 'rpmlint' }), 600_000);

/** What rpmlint has against every package of a collection that is not signed; it can not be mended. */
const USUAL = ['no-signature', 'no-packager-tag', 'no-group-tag', 'invalid-spec-name'];
/** What it has against the spec of these tests. */
const MISSING = 'no-changelogname-tag';

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
    await writeFile(join(cwd, `${component}.rpmlintrc`), `addFilter("${MISSING}")\n`);
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
    expect(stderr).toContain(`python33-${component}.src: E: ${MISSING}`);
    expect(stderr).toContain('1 errors');
    expect(stderr).toMatch(/^to do: Mend them/m);
  });

  it('--rpmlintconf names another configuration', async () => {
    const { cwd } = await copyWithSpec();
    await scenario.ann.must(['srpm'], { cwd });
    const filters = [...USUAL, MISSING].map((name) => `addFilter("${name}")\n`).join('');
    await writeFile(join(cwd, 'own.rpmlintrc'), filters);
    const args = ['lint', '--rpmlintconf', 'own.rpmlintrc'];
    const { code, stderr } = await scenario.ann.run(args, { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await writeFile(join(cwd, 'none.rpmlintrc'), '');
    const all = await scenario.ann.run(['lint', '--rpmlintconf', 'none.rpmlintrc'], { cwd });
    for (const name of USUAL) expect(all.stderr).toContain(`E: ${name}`);
  });

  it('passes a package of the collection below /opt, and no other file there', async () => {
    const { cwd, component } = await copyWithSpec();
    const spec = (more: string, files: string): string =>
      specOf(component)
        .replace(/^(%description)/m, 'BuildArch: noarch\nURL: https://example.org\n$1')
        .concat(
          `\n%install\nmkdir -p %{buildroot}%{_bindir}\n` +
            `printf '#!/bin/sh\\n' > %{buildroot}%{_bindir}/tool\n${more}\n` +
            `%files\n%attr(755,root,root) %{_bindir}/tool\n${files}\n` +
            '%changelog\n* Fri Jan 02 2026 Ann <ann@example.org> - 1-1\n- First\n',
        );
    const path = join(cwd, `${component}.spec`);
    await writeFile(path, spec('', ''));
    await scenario.ann.must(['local', '--', '--nodeps'], { cwd });
    expect(await scenario.ann.run(['lint'], { cwd })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 packages and 1 specfiles checked; 0 errors') as string,
    });
    const other = '/opt/rh/python33x';
    await writeFile(path, spec(`mkdir -p %{buildroot}${other}`, `%dir ${other}`));
    await scenario.ann.must(['local', '--', '--nodeps'], { cwd });
    const { code, stderr } = await scenario.ann.run(['lint'], { cwd });
    expect(code).toBe(6);
    expect(stderr.match(/E: .*/g)).toEqual([`E: dir-or-file-in-opt ${other}`]);
  });
});
