import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { FaultyProxy } from '../support/faulty-proxy.ts';
import { put, sha512 } from '../support/sclo.ts';
import { onTerminal, withoutSequences } from '../support/terminal.ts';

const proxy = await FaultyProxy.open();
const scenario = cliScenario({}, proxy);
beforeEach(() => proxy.forget());
afterAll(() => proxy.close());

const WIDE = { columns: 80, rows: 24 };
const NARROW = { columns: 40, rows: 24 };
const LONG = 'a-very-long-name-of-a-source-archive-1.2.3-release.tar.gz';

/** Ann's clone of a component with files of so many bytes in sources and in the cache. */
async function copyWithSources(files: Readonly<Record<string, number>>): Promise<string> {
  const { folder, component } = await scenario.annCopy();
  const { server, people } = scenario;
  let sources = '';
  for (const [name, size] of Object.entries(files)) {
    const content = Buffer.alloc(size, name);
    await put(server, people.committer, component, name, content);
    sources += `SHA512 (${name}) = ${sha512(content)}\n`;
  }
  await writeFile(join(folder, 'sources'), sources);
  return folder;
}
/** Every line as it was drawn, also those that were drawn over later. */
const drawn = (raw: string): string[] => withoutSequences(raw).split(/\r?\n/);

describe('on a terminal', () => {
  it('sources draws a bar for each file, and ends with full ones and the result', async () => {
    const cwd = await copyWithSources({ 'a.tar': 1024, 'b.tar.xz': 3 * 1024 * 1024 });
    const { code, history } = await onTerminal(scenario.ann, 'centpkg sources', {
      cwd,
      ...WIDE,
    });
    expect(code).toBe(0);
    const bar = '[########################] 100%';
    const bars = history.slice(0, 2).map((line) => line.replace(/ +/g, ' '));
    expect(bars.sort()).toEqual([`a.tar ${bar} 1 KiB`, `b.tar.xz ${bar} 3 MiB`]);
    expect(history.slice(2).sort()).toEqual([
      '',
      'a.tar: downloaded, verified',
      'b.tar.xz: downloaded, verified',
    ]);
  });

  it('new-sources draws them for uploads', async () => {
    const { folder: cwd } = await scenario.annCopy();
    await writeFile(join(cwd, 'up.tar'), Buffer.alloc(2048));
    const { code, history } = await onTerminal(scenario.ann, 'centpkg new-sources up.tar', {
      cwd,
      ...WIDE,
    });
    expect(code).toBe(0);
    expect(history[0]).toMatch(/^up\.tar +\[#{24}\] 100% 2 KiB$/);
  });

  it.each([WIDE, NARROW])('of $columns columns no bar is wider', async (size) => {
    const cwd = await copyWithSources({ [LONG]: 100_000, 'a.tar': 1 });
    proxy.break('GET', /a-very/, { kind: 'cut-answer', after: 50_000 });
    const { code, raw, history } = await onTerminal(scenario.ann, 'centpkg sources >/dev/null', {
      cwd,
      ...size,
    });
    expect(code).toBe(0);
    expect(history).toHaveLength(3);
    for (const line of drawn(raw)) expect(line.length).toBeLessThan(size.columns);
  });

  it.each([WIDE, NARROW])(
    'of $columns columns each bar shows name and percentage',
    async (size) => {
      const cwd = await copyWithSources({ [LONG]: 100_000 });
      const { history } = await onTerminal(scenario.ann, 'centpkg sources >/dev/null', {
        cwd,
        ...size,
      });
      expect(history[0]).toMatch(/^a-very-.* 100%/);
    },
  );

  it('says that a download broke off and is tried again', async () => {
    const cwd = await copyWithSources({ 'a.tar': 100_000 });
    proxy.break('GET', /a\.tar/, { kind: 'cut-answer', after: 50_000 });
    const { code, raw } = await onTerminal(scenario.ann, 'centpkg sources', { cwd, ...WIDE });
    expect(code).toBe(0);
    expect(raw).toContain('broken off, trying again');
  });

  it('draws no file twice where there are more files than lines', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `${index}.tar`);
    const cwd = await copyWithSources(Object.fromEntries(names.map((name) => [name, 1000])));
    // The first one waits, so that it is still drawn when the others have come and gone.
    proxy.break('GET', /\/0\.tar/, { kind: 'cut-answer', after: 10 }, 2);
    const size = { columns: 80, rows: 8 };
    const { code, history } = await onTerminal(scenario.ann, 'centpkg sources >/dev/null', {
      cwd,
      ...size,
    });
    expect(code).toBe(0);
    const shown = history.flatMap((line) => /^\d+\.tar/.exec(line)?.[0] ?? []);
    expect(shown.sort()).toEqual(names.sort());
  });

  it('what is said between the bars stays to be read', async () => {
    const { folder: cwd, component } = await scenario.annCopy();
    await put(scenario.server, scenario.people.committer, component, 'there.tar', 'there');
    await writeFile(join(cwd, 'there.tar'), 'there');
    await writeFile(join(cwd, 'new.tar'), Buffer.alloc(1024));
    // The cache answers for the one while the bar of the other is drawn.
    proxy.break('HEAD', /there/, { kind: 'delay', ms: 400 });
    proxy.break('PUT', /new/, { kind: 'delay', ms: 800 });
    const command = 'centpkg upload new.tar there.tar >/dev/null';
    const { code, history } = await onTerminal(scenario.ann, command, { cwd, ...WIDE });
    expect(code).toBe(0);
    expect(history).toContain('there.tar: is in the look-aside cache already');
    expect(history.filter((line) => line.startsWith('new.tar '))).toHaveLength(1);
  });

  it('an error stands on a line of its own below the bars', async () => {
    const cwd = await copyWithSources({ 'a.tar': 100_000, 'b.tar': 10 });
    proxy.break('GET', /a\.tar/, { kind: 'flip-answer', after: 50_000 });
    const { code, history } = await onTerminal(scenario.ann, 'centpkg sources', { cwd, ...WIDE });
    expect(code).toBe(6);
    expect(history.find((line) => line.startsWith('error: a.tar: the download has'))).toBeDefined();
    expect(history.at(-2)).toMatch(/^to do: Nothing was kept/);
  });

  it('a command that reads standard input does not wait for the keyboard', async () => {
    const command = `centpkg login --url ${proxy.url} --token-file -`;
    const { code, history } = await onTerminal(scenario.ann, command, { ...WIDE });
    expect({ code, history }).toMatchObject({ code: 2 });
    expect(history[0]).toBe('error: Nothing is piped into standard input.');
  });

  it('what a server says comes without control characters, each row on one line', async () => {
    const fullName = 'a\u001b]0;title\u0007b\nzz\u009b31m\r\u0008';
    const user = { name: 'mallory', fullName, email: fullName, admin: false, disabled: false };
    const [list, one] = [{ items: [user] }, { ...user, createdAt: '2026-11-20T10:00:00Z' }];
    const answer = (body: object, status = 200) =>
      proxy.break('GET', /users/, { kind: 'answer', status, body: JSON.stringify(body) });
    answer(list);
    answer(one);
    answer({ code: 'not_found', detail: fullName, remedy: fullName }, 404);
    for (const words of ['user list', 'user show mallory', 'user show nobody']) {
      const { raw } = await onTerminal(scenario.ann, `centpkg ${words}`, { ...WIDE });
      expect(raw).toContain('a?]0;title?b');
      expect(raw).toMatch(/^[^\p{Cc}]+(\r\n[^\p{Cc}]*)+$/u);
      if (words !== 'user show nobody') expect(raw).not.toMatch(/^zz/m);
    }
  });

  it.each(['whoami', 'sig show sclo', 'component show python', '--help', 'sig --help', 'push'])(
    'centpkg %s sends no control characters',
    async (words) => {
      const { raw } = await onTerminal(scenario.ann, `centpkg ${words}`, { ...WIDE });
      expect(raw).toMatch(/^[^\p{Cc}]+(\r\n[^\p{Cc}]*)+$/u);
    },
  );
});

describe('elsewhere', () => {
  it('each file is a plain line, also where only standard error is not a terminal', async () => {
    const cwd = await copyWithSources({ 'a.tar': 2048 });
    const { stderr } = await scenario.ann.run(['sources'], { cwd });
    expect(stderr).toMatch(/^a\.tar: 2 KiB in \d+\.\d s\n$/);
    await scenario.ann.does('rm', ['a.tar'], { cwd });
    const { raw } = await onTerminal(scenario.ann, 'centpkg sources 2>.git/log', { cwd, ...WIDE });
    expect(raw).toBe('a.tar: downloaded, verified\r\n');
    expect(await readFile(join(cwd, '.git/log'), 'utf8')).toMatch(/^a\.tar: 2 KiB in \d+\.\d s\n$/);
  });

  it('bars do not mix with the result where that goes to a file', async () => {
    const cwd = await copyWithSources({ 'a.tar': 2048 });
    await onTerminal(scenario.ann, 'centpkg sources --json >.git/result', { cwd, ...WIDE });
    const result = JSON.parse(await readFile(join(cwd, '.git/result'), 'utf8')) as unknown;
    expect(result).toMatchObject({ files: [{ file: 'a.tar', downloaded: true }] });
  });
});
