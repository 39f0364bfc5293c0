import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { changelogMessage, latestChangelogEntry } from '../../core/domain/spec/changelog.ts';
import { installPackages } from '../support/debian.ts';
import { run } from '../support/process.ts';

const HEAD = 'Name: a\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\n%description\nd\n';
const NOW = '* Mon Jan 05 2026 Ann <ann@example.org> - 1-2';
const BEFORE = '* Fri Jan 02 2026 Ann <ann@example.org> - 1-1';

beforeAll(() => installPackages({ rpmspec: 'rpm' }), 600_000);

/** Text of the newest entry, by rpm itself. */
async function byRpm(spec: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'changelog-'));
  try {
    await writeFile(join(folder, 'a.spec'), spec);
    const format = '[%{CHANGELOGTEXT}\\n<END>]';
    const args = ['-q', '--undefine', '_changelog_trimtime', '--qf', format];
    const { code, stdout, stderr } = await run('rpmspec', [...args, join(folder, 'a.spec')]);
    if (code !== 0) throw new Error(stderr);
    return stdout.split('\n<END>')[0] ?? '';
  } finally {
    await rm(folder, { recursive: true });
  }
}

const STYLES: readonly (readonly [name: string, changelog: string])[] = [
  ['one entry', `${NOW}\n- One\n- Two\n`],
  ['two entries', `${NOW}\n- One\n\n${BEFORE}\n- Zero\n`],
  ['blanks around', `\n\n${NOW}\n\n  - One\n\n  - Two  \n\n\n${BEFORE}\n- Zero\n`],
  ['lines that go on', `${NOW}\n- One\n  and more * of it\n* ${BEFORE.slice(2)}\n- Zero\n`],
  ['a per cent sign', `${NOW}\n- 100%% of %%{name}\n`],
  ['comments', `${NOW}\n# no\n- One\n  # no\n- Two # yes\n`],
  ['a section behind it', `${NOW}\n- One\n%files\n%doc README\n`],
  ['a word like a section', `${NOW}\n- One\n%buildsomething\n- Two\n`],
  ['no dashes', `${NOW}\nOne\nTwo - three - four\n`],
  ['tabs', `${NOW}\n\t- One\n\t- Two\n`],
  ['other letters', `* Mon Jan 05 2026 Jürgen <j@example.org> 1-2\n- Grüße – “x”\n`],
];

describe('the newest entry is what rpm says', () => {
  it.each(STYLES)('%s', async (_, changelog) => {
    const spec = `${HEAD}%changelog\n${changelog}`;
    const entry = latestChangelogEntry(spec);
    if (entry === null || entry === 'generated') throw new Error('no entry');
    expect(entry.lines.join('\n')).toBe((await byRpm(spec)).replace(/[ \t]+$/gm, ''));
  });

  it.each([
    ['no section', HEAD, null],
    ['an empty one', `${HEAD}%changelog\n`, null],
    ['nothing but text', `${HEAD}%changelog\n- One\n`, null],
    ['rpmautospec', `${HEAD}%changelog\n%autochangelog\n`, 'generated'],
    ['rpmautospec in braces', `${HEAD}%changelog\n%{?autochangelog}\n`, 'generated'],
  ])('%s', (_, spec, found) => {
    expect(latestChangelogEntry(spec)).toBe(found);
  });
});

it('an entry without text has no lines; rpm would take the next entry for its text', () => {
  const spec = `${HEAD}%changelog\n${NOW}\n${BEFORE}\n- Zero\n`;
  expect(latestChangelogEntry(spec)).toEqual({ header: NOW.slice(2), lines: [] });
});

describe('the message', () => {
  const message = (text: string, options = {}): string =>
    changelogMessage({ header: '', lines: text.split('\n') }, options);
  it.each([
    ['- One', {}, 'One\n\n'],
    ['- One\n\n- Two - b', {}, 'One\n\nTwo - b\n'],
    ['- One\n- Two', { raw: true }, '- One\n\n- Two\n'],
    ['- One\n- Two', { subject: 'Rebuild' }, 'Rebuild\n\nOne\nTwo\n'],
    ['$Id$\n- One', {}, 'One\n\n'],
  ])('%j with %j is %j', (text, options, wanted) => {
    expect(message(text, options)).toBe(wanted);
  });
});
