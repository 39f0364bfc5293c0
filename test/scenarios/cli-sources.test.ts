import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { faultsIn } from '../support/scenario.ts';
import { put, sha512 } from '../support/sclo.ts';

const scenario = cliScenario();
const line = (file: string, content: string): string => `SHA512 (${file}) = ${sha512(content)}\n`;
const read = (folder: string, file: string): Promise<string> =>
  readFile(join(folder, file), 'utf8');
/** What a clone's component has in the cache. */
const cached = (cwd: string): Promise<string[]> => scenario.cached(basename(cwd));

/** Ann's clone of a new component with these files in it, known to git or not. */
async function copyWith(files: Readonly<Record<string, string>>): Promise<string> {
  const { folder } = await scenario.annCopy();
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}
const staged = (cwd: string): Promise<string> =>
  scenario.ann.git(cwd, 'diff', '--cached', '--name-only');

describe('new-sources', () => {
  it('uploads, makes the files the whole of sources, has git ignore them, and stages that', async () => {
    const cwd = await copyWith({ 'a 1.tar': 'one', 'b~2.tar': 'two', 'old.tar': 'old' });
    await scenario.ann.must(['new-sources', 'old.tar'], { cwd });
    const { code, stdout, stderr } = await scenario.ann.run(['new-sources', 'a 1.tar', 'b~2.tar'], {
      cwd,
    });
    const sources = line('a 1.tar', 'one') + line('b~2.tar', 'two');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${sources}sources and .gitignore are staged.\n`,
    });
    expect(stderr.split('\n').sort()).toEqual([
      '',
      expect.stringMatching(/^a 1\.tar: 3 B in [\d.]+ s$/),
      expect.stringMatching(/^b~2\.tar: 3 B in [\d.]+ s$/),
    ]);
    expect(await read(cwd, 'sources')).toBe(sources);
    expect(await read(cwd, '.gitignore')).toBe('/old.tar\n/a 1.tar\n/b~2.tar\n');
    expect(await staged(cwd)).toBe('.gitignore\nsources\n');
    expect(await scenario.ann.git(cwd, 'status', '--porcelain', '--untracked-files')).not.toMatch(
      /\.tar/,
    );
    expect(await cached(cwd)).toEqual(['a 1.tar', 'b~2.tar', 'old.tar']);
  });

  it.each([
    ['a name that is not allowed', ['good.tar', '#bad'], 'File name "#bad" is not valid'],
    ['the name "sources"', ['good.tar', 'sources'], 'File name "sources" is not valid'],
    ['a file that is missing', ['good.tar', 'none.tar'], 'none.tar is not a file'],
    ['a folder', ['good.tar', 'sub'], 'sub is not a file'],
    ['the same name twice', ['good.tar', 'sub/good.tar'], 'good.tar is named twice'],
  ])('with %s sends nothing and changes nothing', async (_what, args, words) => {
    const cwd = await copyWith({ 'good.tar': `good ${args.join()}`, '#bad': 'bad' });
    await mkdir(join(cwd, 'sub'));
    await writeFile(join(cwd, 'sub/good.tar'), 'other');
    const before = await read(cwd, 'sources');
    const { code, stderr } = await scenario.ann.run(['new-sources', ...args], { cwd });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(words) as string,
    });
    expect(await cached(cwd)).toEqual([]);
    expect(await read(cwd, 'sources')).toBe(before);
    expect(await staged(cwd)).toBe('');
  });

  it('--json tells of each file; git keeps the time of the file in the cache', async () => {
    const cwd = await copyWith({ 'timed.tar': 'timed' });
    const time = new Date('2014-05-13T16:53:20Z');
    await utimes(join(cwd, 'timed.tar'), time, time);
    expect(await scenario.ann.json(['new-sources', 'timed.tar'], { cwd })).toEqual({
      files: [
        { file: 'timed.tar', checksum: { type: 'sha512', hex: sha512('timed') }, uploaded: true },
      ],
    });
    await rm(join(cwd, 'timed.tar'));
    await scenario.ann.must(['sources'], { cwd });
    expect((await stat(join(cwd, 'timed.tar'))).mtime).toEqual(time);
  });
});

describe('upload', () => {
  it('adds to sources, and replaces the line of the same file', async () => {
    const cwd = await copyWith({ 'a.tar': 'one', 'b.tar': 'two' });
    await scenario.ann.must(['new-sources', 'a.tar'], { cwd });
    await scenario.ann.must(['upload', 'b.tar'], { cwd });
    await writeFile(join(cwd, 'a.tar'), 'newer');
    await scenario.ann.must(['upload', 'a.tar'], { cwd });
    expect(await read(cwd, 'sources')).toBe(line('a.tar', 'newer') + line('b.tar', 'two'));
    expect(await read(cwd, '.gitignore')).toBe('/a.tar\n/b.tar\n');
  });

  it('takes a file from any folder, named from where the user is', async () => {
    const cwd = await copyWith({});
    const sub = join(cwd, 'deep/er');
    await mkdir(sub, { recursive: true });
    await writeFile(join(sub, 'c.tar'), 'three');
    await scenario.ann.must(['upload', 'c.tar'], { cwd: sub });
    expect(await read(cwd, 'sources')).toBe(line('c.tar', 'three'));
    expect(await readdir(sub)).toEqual(['c.tar']);
  });

  it('does not send what the cache has', async () => {
    const { folder: cwd, component } = await scenario.annCopy();
    await writeFile(join(cwd, 'a.tar'), 'there');
    await put(scenario.server, scenario.people.committer, component, 'a.tar', 'there');
    const { code, stderr } = await scenario.ann.run(['upload', 'a.tar'], { cwd });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'a.tar: is in the look-aside cache already\n',
    });
    expect(await scenario.ann.json(['upload', 'a.tar'], { cwd })).toMatchObject({
      files: [{ file: 'a.tar', uploaded: false }],
    });
  });

  it('refuses what is in git, which would go on with its own', async () => {
    const cwd = await copyWith({ 'fix[1].patch': 'in git', 'new.tar': 'new' });
    await scenario.ann.git(cwd, 'add', 'fix[1].patch');
    for (const args of [['upload'], ['new-sources'], ['upload', '--dry-run']]) {
      const words = [...args, 'new.tar', 'fix[1].patch'];
      expect(await scenario.ann.run(words, { cwd })).toMatchObject({
        code: 5,
        stdout: '',
        stderr: expect.stringMatching(
          /^error: In git already: fix\[1\]\.patch\. .*\nto do: .*git rm --cached fix\[1\]\.patch\n$/,
        ) as string,
      });
    }
    expect(await cached(cwd)).toEqual([]);
    expect(await staged(cwd)).toBe('fix[1].patch\n');
  });

  it('refuses to mix with old md5 sources, before anything is sent', async () => {
    const md5 = '0123456789abcdef0123456789abcdef  old.tar\n';
    const cwd = await copyWith({ sources: md5, 'mixed.tar': 'mixed' });
    const { code, stderr } = await scenario.ann.run(['upload', 'mixed.tar'], { cwd });
    expect({ code, stderr }).toEqual({
      code: 5,
      stderr: expect.stringContaining('centpkg new-sources') as string,
    });
    expect(await read(cwd, 'sources')).toBe(md5);
    expect(await cached(cwd)).toEqual([]);
    await scenario.ann.must(['new-sources', 'mixed.tar'], { cwd });
    expect(await read(cwd, 'sources')).toBe(line('mixed.tar', 'mixed'));
  });

  it('tells every bad line of sources, before anything is sent', async () => {
    const cwd = await copyWith({ sources: 'what\n\nSHA512 (x) = 12\n', 'unsent.tar': 'unsent' });
    const { code, stderr } = await scenario.ann.run(['upload', 'unsent.tar'], { cwd });
    expect(code).toBe(6);
    expect(stderr).toMatch(
      /^ {2}line 1: .+\n {2}line 3: .+\nto do: Write it anew.*centpkg new-sources/m,
    );
    expect(await cached(cwd)).toEqual([]);
  });
});

describe('sources', () => {
  const content = (index: number): string => `content ${index}\n`.repeat(1000 * index + 1);
  async function copyWithSources(files: Readonly<Record<string, string>>) {
    const cwd = await copyWith(files);
    await scenario.ann.must(['new-sources', ...Object.keys(files)], { cwd });
    for (const name of Object.keys(files)) await rm(join(cwd, name));
    return cwd;
  }

  it('downloads and verifies every file, and is up to date the second time', async () => {
    const names = Array.from({ length: 9 }, (_, index) => `${index}.tar`);
    const files = Object.fromEntries(names.map((name, index) => [name, content(index)]));
    const cwd = await copyWithSources(files);
    const first = await scenario.ann.must(['sources'], { cwd });
    expect(first.split('\n').sort().slice(1)).toEqual(
      names.map((name) => `${name}: downloaded, verified`),
    );
    for (const [name, text] of Object.entries(files)) expect(await read(cwd, name)).toBe(text);
    const { code, stdout, stderr } = await scenario.ann.run(['sources'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').sort().slice(1)).toEqual(
      names.map((name) => `${name}: up to date, verified`),
    );
    expect(await scenario.ann.git(cwd, 'status', '--porcelain')).not.toMatch(/\.tar/);
    expect(await readdir(join(cwd, '.git/centpkg'))).toEqual([]);
  });

  it('replaces an empty file, and one that the cache has too; fetches an empty one', async () => {
    const cwd = await copyWithSources({ 'a.tar': 'older' });
    const again = { 'a.tar': 'right', 'b.tar': 'right too', 'empty.tar': '' };
    for (const [name, text] of Object.entries(again)) await writeFile(join(cwd, name), text);
    await scenario.ann.must(['new-sources', ...Object.keys(again)], { cwd });
    await writeFile(join(cwd, 'a.tar'), 'older');
    await writeFile(join(cwd, 'b.tar'), '');
    await rm(join(cwd, 'empty.tar'));
    const files = Object.keys(again).map((file) => ({
      file,
      path: join(cwd, file),
      downloaded: true,
    }));
    expect(await scenario.ann.json(['sources'], { cwd })).toEqual({ files });
    for (const [name, text] of Object.entries(again)) expect(await read(cwd, name)).toBe(text);
  });

  it('never replaces what only the user has, and says how to go on: 5', async () => {
    const cwd = await copyWithSources({ 'a.tar': 'right', 'b.tar': 'other' });
    await writeFile(join(cwd, 'a.tar'), 'mine');
    expect(await scenario.ann.run(['sources'], { cwd })).toMatchObject({
      code: 5,
      stderr: expect.stringContaining(
        'a.tar is not the one that sources names, and the look-aside cache does not have it.\n' +
          'to do: Work with yours: centpkg upload --offline a.tar; or keep it aside: mv a.tar a.tar.mine\n',
      ) as string,
    });
    expect(await read(cwd, 'a.tar')).toBe('mine');
    expect(await read(cwd, 'b.tar')).toBe('other');
    // Both ways that it names.
    await scenario.ann.must(['upload', '--offline', 'a.tar'], { cwd });
    await scenario.ann.must(['sources'], { cwd });
    expect(await read(cwd, 'a.tar')).toBe('mine');
    await scenario.ann.git(cwd, 'checkout', '--quiet', 'HEAD', '--', 'sources');
    await scenario.ann.must(['new-sources', '--offline', 'b.tar'], { cwd });
    await rm(join(cwd, 'b.tar'));
    await mkdir(join(cwd, 'b.tar'));
    expect(await scenario.ann.run(['sources'], { cwd })).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('b.tar is in the way.') as string,
    });
  });

  it('fetches two files of the same content', async () => {
    const cwd = await copyWithSources({ 'a.tar': 'same', 'b.tar': 'same', 'c.tar': 'same' });
    const { code, stderr } = await scenario.ann.run(['sources'], { cwd });
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    for (const name of ['a.tar', 'b.tar', 'c.tar']) expect(await read(cwd, name)).toBe('same');
  });

  it('run twice at once in the same clone, both succeed', async () => {
    const cwd = await copyWithSources({ 'a.tar': content(9), 'b.tar': content(8) });
    const both = await Promise.all([1, 2].map(() => scenario.ann.run(['sources'], { cwd })));
    expect(both).toMatchObject([{ code: 0 }, { code: 0 }]);
    expect(await read(cwd, 'a.tar')).toBe(content(9));
    expect(await read(cwd, 'b.tar')).toBe(content(8));
  });

  it('--outdir puts them there, made where it is missing, as seen from the user', async () => {
    const cwd = await copyWithSources({ 'a.tar': 'out' });
    await mkdir(join(cwd, 'sub'));
    await scenario.ann.must(['sources', '--outdir', 'x/SOURCES'], { cwd: join(cwd, 'sub') });
    expect(await readdir(join(cwd, 'sub/x/SOURCES'))).toEqual(['a.tar']);
    expect(await readdir(cwd)).not.toContain('a.tar');
  });

  it('says so where there are none', async () => {
    const cwd = await copyWith({});
    expect(await scenario.ann.must(['sources'], { cwd })).toBe('sources names no files.\n');
  });

  it('names every file that the cache does not have, and keeps the others', async () => {
    const cwd = await copyWithSources({ 'a.tar': 'kept' });
    const missing = line('lost.tar', 'lost') + line('gone.tar', 'gone');
    await writeFile(join(cwd, 'sources'), line('a.tar', 'kept') + missing);
    const { code, stderr } = await scenario.ann.run(['sources'], { cwd });
    expect(code).toBe(3);
    expect(stderr).toContain('lost.tar');
    expect(stderr).toContain('gone.tar');
    expect(await read(cwd, 'a.tar')).toBe('kept');
  });
});

it('the server had no fault of its own', () => {
  expect(faultsIn(scenario.server)).toEqual([]);
});
