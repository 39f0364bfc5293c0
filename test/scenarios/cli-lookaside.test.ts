import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { storedFiles } from '../support/data-folder.ts';
import { FaultyProxy } from '../support/faulty-proxy.ts';
import { faultsIn } from '../support/scenario.ts';
import { put, sha512 } from '../support/sclo.ts';
import { onTerminal } from '../support/terminal.ts';

const proxy = await FaultyProxy.open();
const scenario = cliScenario({}, proxy);
beforeEach(() => proxy.forget());
afterAll(() => proxy.close());

const WIDE = { columns: 80, rows: 24 };

/** A component with these files in the look-aside cache, uploaded by ann. */
async function componentWith(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const component = await scenario.component();
  const { server, people } = scenario;
  for (const [name, content] of Object.entries(files))
    await put(server, people.committer, component, name, content);
  return component;
}

/** Overwrites the stored bytes of a file, as a bad disk would. */
async function spoil(component: string, file: string, content: string): Promise<void> {
  const paths = await storedFiles(scenario.server.data);
  const path = paths.find((one) => one.startsWith(`${component}/${file}/`)) ?? '';
  await writeFile(join(scenario.server.data, 'lookaside', path), content);
}

describe('centpkg lookaside list', () => {
  it('tells who uploaded what, how large it is, and to those who may upload, from where', async () => {
    const component = await componentWith({ 'a.tar': 'a', 'b.tar': Buffer.alloc(2048) });
    const text = await scenario.ann.must(['lookaside', 'list', component]);
    expect(text).toMatch(/^FILE +SIZE +CHECKSUM +BY +UPLOADED +FROM$/m);
    expect(text).toMatch(
      /^a\.tar +1 B +sha512 \w{12} +ann +\d{4}-\d\d-\d\d \d\d:\d\d +127\.0\.0\.1$/m,
    );
    expect(text).toMatch(/^b\.tar +2 KiB +sha512 /m);
    const visitor = await scenario.visitor();
    const env = { CENTPKG_URL: proxy.url };
    const seen = await visitor.must(['lookaside', 'list', component], { env });
    expect(seen).toMatch(/^a\.tar .* -$/m);
    expect(seen).not.toContain('127.0.0.1');
  });

  it('of a component without files, and of none', async () => {
    const component = await scenario.component();
    expect(await scenario.ann.must(['lookaside', 'list', component])).toBe('No files.\n');
    expect((await scenario.ann.run(['lookaside', 'list', 'nothing'])).code).toBe(3);
    expect((await scenario.ann.run(['lookaside', 'list', '../x'])).code).toBe(2);
  });
});

describe('centpkg lookaside show', () => {
  it('tells all of a file, of each content; one with --hash', async () => {
    const component = await componentWith({ 'two.tar': 'one', 'other.tar': 'x' });
    await put(scenario.server, scenario.people.committer, component, 'two.tar', 'second');
    const args = ['lookaside', 'show', component, 'two.tar'];
    const text = await scenario.ann.must(args);
    for (const content of ['one', 'second'])
      expect(text).toContain(
        `${proxy.url}/lookaside/${component}/two.tar/sha512/${sha512(content)}/two.tar`,
      );
    expect(text).not.toContain('other.tar');
    const hash = sha512('one').toUpperCase();
    const one = await scenario.ann.json<object[]>([...args, '--hash', hash]);
    expect(one).toEqual([
      {
        file: 'two.tar',
        hashType: 'sha512',
        hash: sha512('one'),
        size: 3,
        mtime: expect.any(String),
        uploadedBy: 'ann',
        uploadedAt: expect.any(String),
        address: '127.0.0.1',
        state: 'stored',
        usedBy: [],
      },
    ]);
    expect(text).toMatch(/^named by: +no commit$/m);
    const url = /^download: +(\S+)$/m.exec(text)?.[1] ?? '';
    expect((await fetch(url)).status).toBe(200);
  });

  it.each<[string, string[], number]>([
    ['a file that is not there', ['nothing.tar'], 3],
    ['a path', ['../x'], 2],
    ['another hash', ['a.tar', '--hash', 'ab'.repeat(64)], 3],
    ['a hash that is none', ['a.tar', '--hash', '../../x'], 2],
  ])('of %s fails', async (_, args, status) => {
    const component = await componentWith({ 'a.tar': 'a' });
    const { code, stdout, stderr } = await scenario.ann.run([
      'lookaside',
      'show',
      component,
      ...args,
    ]);
    expect({ code, stdout }).toEqual({ code: status, stdout: '' });
    expect(stderr).toMatch(/^to do: /m);
  });
});

describe('centpkg lookaside verify', () => {
  it('reads each file and computes its checksum', async () => {
    const component = await componentWith({ 'a.tar': randomBytes(3_000_000), 'b.tar': '' });
    const text = await scenario.ann.must(['lookaside', 'verify', component]);
    expect(text.split('\n').sort()).toEqual(['', 'a.tar: good (2.9 MiB)', 'b.tar: good (0 B)']);
    expect(proxy.of('GET', /\/lookaside\//)).toHaveLength(2);
    proxy.forget();
    const one = await scenario.ann.json<object>(['lookaside', 'verify', component, 'a.tar']);
    expect(one).toMatchObject({ files: [{ file: 'a.tar', good: true, size: 3_000_000 }] });
    expect(proxy.of('GET', /\/lookaside\//)).toHaveLength(1);
  });

  it('tells each file that is not what its checksum says: exit status 6', async () => {
    const component = await componentWith({
      'good.tar': 'good',
      'bad.tar': 'bad',
      'long.tar': 'l',
    });
    await spoil(component, 'bad.tar', 'bax');
    const { code, stdout, stderr } = await scenario.ann.run(['lookaside', 'verify', component]);
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toMatch(/^error: 1 of 3 files in the look-aside cache are not/m);
    expect(stderr).toContain(
      `  bad.tar: sha512 is ${sha512('bax')}, not ${sha512('bad')}; 3 bytes`,
    );
    expect(stderr).not.toContain('  good.tar');
    const good = await scenario.ann.run(['lookaside', 'verify', component, 'good.tar']);
    expect(good.code).toBe(0);
  });

  it('finds bytes that were changed on the way, too', async () => {
    const component = await componentWith({ 'way.tar': randomBytes(100_000) });
    proxy.break('GET', /way/, { kind: 'flip-answer', after: 50_000 });
    expect((await scenario.ann.run(['lookaside', 'verify', component])).code).toBe(6);
  });

  it('goes on where a connection broke off, with the same result', async () => {
    const content = randomBytes(1_000_000);
    const component = await componentWith({ 'cut.tar': content });
    proxy.break('GET', /cut/, { kind: 'cut-answer', after: 300_000 }, 2);
    const files = await scenario.ann.json<object>(['lookaside', 'verify', component]);
    expect(files).toMatchObject({ files: [{ received: sha512(content), size: 1_000_000 }] });
    const asked = proxy.of('GET', /cut/);
    expect(asked).toHaveLength(3);
    expect(asked.at(-1)?.headers.range).toMatch(/^bytes=\d{6}-$/);
  });

  it('does not call a file good or bad that it can not read', async () => {
    const component = await componentWith({ 'a.tar': 'a' });
    proxy.break('GET', /\/lookaside\//, { kind: 'answer', status: 403, body: '' });
    const { code, stderr } = await scenario.ann.run(['lookaside', 'verify', component]);
    expect(code).toBe(4);
    expect(stderr).not.toContain('not what their checksum');
  });

  it('draws a bar on a terminal', async () => {
    const component = await componentWith({ 'bar.tar': Buffer.alloc(4096) });
    const command = `centpkg lookaside verify ${component}`;
    const { code, history } = await onTerminal(scenario.ann, command, { ...WIDE });
    expect(code).toBe(0);
    expect(history[0]).toMatch(/^bar\.tar +\[#{24}\] 100% 4 KiB$/);
    expect(history[1]).toBe('bar.tar: good (4 KiB)');
  });
});

describe.each(['upload', 'new-sources'])('centpkg %s', (command) => {
  async function copyWith(files: Readonly<Record<string, string>>) {
    const { folder: cwd, component } = await scenario.annCopy();
    await writeFile(join(cwd, 'sources'), `SHA512 (old.tar) = ${sha512('old')}\n`);
    for (const [name, content] of Object.entries(files)) await writeFile(join(cwd, name), content);
    proxy.forget();
    return { cwd, component };
  }
  const line = (name: string, content: string): string => `SHA512 (${name}) = ${sha512(content)}\n`;
  const kept = command === 'upload' ? line('old.tar', 'old') : '';

  it('--offline writes sources and .gitignore, and asks the server for nothing', async () => {
    const { cwd, component } = await copyWith({ 'new.tar': 'new' });
    const text = await scenario.ann.must([command, '--offline', 'new.tar'], { cwd });
    expect(text).toContain('Nothing was uploaded');
    expect(proxy.seen).toEqual([]);
    expect(await readFile(join(cwd, 'sources'), 'utf8')).toBe(kept + line('new.tar', 'new'));
    expect(await readFile(join(cwd, '.gitignore'), 'utf8')).toContain('/new.tar\n');
    expect(await scenario.cached(component)).toEqual([]);
    await scenario.ann.must([command, 'new.tar'], { cwd });
    expect(await scenario.cached(component)).toEqual(['new.tar']);
  });

  it('--dry-run says what would be done, and does nothing', async () => {
    const { cwd, component } = await copyWith({ 'new.tar': 'new', 'there.tar': 'there' });
    await put(scenario.server, scenario.people.committer, component, 'there.tar', 'there');
    const status = (): Promise<string> => scenario.ann.git(cwd, 'status', '--porcelain');
    const before = await status();
    const text = await scenario.ann.must([command, '--dry-run', 'new.tar', 'there.tar'], { cwd });
    const lines = [
      'new.tar: would be uploaded (3 B)\nthere.tar: is in the look-aside cache already\n',
      `sources would be:\n${kept}${line('new.tar', 'new')}${line('there.tar', 'there')}`,
      'Nothing was changed.\n',
    ];
    expect(text).toBe(lines.join(''));
    expect(proxy.seen.every(({ method }) => method === 'HEAD' || method === 'GET')).toBe(true);
    expect(await status()).toBe(before);
    expect(await scenario.cached(component)).toEqual(['there.tar']);
    const data = await scenario.ann.json<object>([command, '--dry-run', 'new.tar'], { cwd });
    expect(data).toMatchObject({
      dryRun: true,
      files: [{ file: 'new.tar', size: 3, inCache: false, resumesAt: 0 }],
    });
  });

  it('--dry-run --offline does not even ask', async () => {
    const { cwd } = await copyWith({ 'new.tar': 'new' });
    const text = await scenario.ann.must([command, '--dry-run', '--offline', 'new.tar'], { cwd });
    expect(text).toContain('new.tar: would not be uploaded (3 B)');
    expect(proxy.seen).toEqual([]);
  });

  it.each(['--offline', '--dry-run'])('%s refuses a file that is not there: 2', async (option) => {
    const { cwd } = await copyWith({});
    expect((await scenario.ann.run([command, option, 'nothing.tar'], { cwd })).code).toBe(2);
  });
});

it('the server had no fault of its own', () => {
  expect(faultsIn(scenario.server)).toEqual([]);
});
