import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { extractSourcePackage } from '../../cli/rpm/srpm/extract.ts';
import { openSourcePackage } from '../../cli/rpm/srpm/source-package.ts';
import { run } from '../support/process.ts';
import { buildSourceRpm, installRpmbuild } from '../support/rpmbuild.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

beforeAll(() => installRpmbuild(), 300_000);

const SPEC = `Name: python33-greeting
Epoch: 2
Version: 1.0
Release: 3.el7
Summary: Greets
License: MIT
Source0: https://example.org/greeting-%{version}.tar.gz
Source1: notes.txt
Patch0: fix.patch

%description
It greets.

%changelog
* Tue Nov 03 2015 Ann <ann@example.org> - 2:1.0-3
- Greet louder
- Do not greet twice

* Mon Nov 02 2015 Ann <ann@example.org> - 2:1.0-2
- Greet
`;

const FILES = {
  'greeting-1.0.tar.gz': randomBytes(700_001),
  'notes.txt': 'hello\n',
  'fix.patch': '--- a\n+++ b\n',
};

const options = (signal = new AbortController().signal) => ({
  path: process.env.PATH ?? '',
  signal,
  onBytes: () => {},
});

/** Everything in a folder, by name. */
async function contents(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const all = names.map(async (name) => [name, await readFile(join(folder, name), 'base64')]);
  return Object.fromEntries(await Promise.all(all)) as Record<string, string>;
}

/** rpm's own compressors, by the name in the header. */
const PAYLOADS = {
  gzip: 'w9.gzdio',
  xz: 'w2.xzdio',
  lzma: 'w2.lzdio',
  bzip2: 'w9.bzdio',
  zstd: 'w3.zstdio',
  none: 'w.ufdio',
};

describe('a source package', () => {
  it.each(Object.entries(PAYLOADS))(
    'packed with %s is unpacked as rpm2cpio and cpio do it',
    async (compressor, payload) => {
      await using folder = await temporaryFolder();
      const path = await buildSourceRpm(folder.path, {
        spec: SPEC,
        specName: 'greeting.spec',
        files: FILES,
        defines: { _source_payload: payload },
      });
      const source = await openSourcePackage(path);
      expect(source).toMatchObject({
        name: 'python33-greeting',
        nevr: 'python33-greeting-2:1.0-3.el7',
        release: '3.el7',
        changelog: '- Greet louder\n- Do not greet twice',
      });
      expect(source.payload.compressor).toBe(compressor);
      expect(source.files.filter(({ spec }) => spec).map(({ name }) => name)).toEqual([
        'greeting.spec',
      ]);
      const [ours, theirs] = [join(folder.path, 'ours'), join(folder.path, 'theirs')];
      await mkdir(ours);
      await mkdir(theirs);
      let bytes = 0;
      const onBytes = (count: number): void => {
        bytes += count;
      };
      await extractSourcePackage(source, ours, { ...options(), onBytes });
      const script = 'rpm2cpio "$1" | cpio --extract --quiet';
      const { code, stderr } = await run('sh', ['-c', script, 'sh', path], { cwd: theirs });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(await contents(ours)).toEqual(await contents(theirs));
      expect(bytes).toBe(source.files.reduce((sum, { size }) => sum + size, 0));
    },
  );

  it('of an old rpm, with MD5 in its header, is read', async () => {
    await using folder = await temporaryFolder();
    const path = await buildSourceRpm(folder.path, {
      spec: SPEC,
      specName: 'greeting.spec',
      files: FILES,
      defines: { _source_filedigest_algorithm: '1' },
    });
    const source = await openSourcePackage(path);
    expect(new Set(source.files.map(({ digest }) => digest.algorithm))).toEqual(new Set(['md5']));
    const target = join(folder.path, 'ours');
    await mkdir(target);
    await extractSourcePackage(source, target, options());
    expect((await readdir(target)).length).toBe(4);
  });

  it('packed with a program that is not there names what to install', async () => {
    await using folder = await temporaryFolder();
    const path = await buildSourceRpm(folder.path, {
      spec: SPEC,
      specName: 'greeting.spec',
      files: FILES,
      defines: { _source_payload: PAYLOADS.xz },
    });
    const source = await openSourcePackage(path);
    const target = join(folder.path, 'ours');
    await mkdir(target);
    const without = { ...options(), path: folder.path };
    await expect(extractSourcePackage(source, target, without)).rejects.toMatchObject({
      code: 'usage',
      message: 'xz can not be run; the package is packed with it.',
    });
  });

  it.each(Object.entries(PAYLOADS))('cut off anywhere is refused: %s', async (_, payload) => {
    await using folder = await temporaryFolder();
    const path = await buildSourceRpm(folder.path, {
      spec: SPEC,
      specName: 'greeting.spec',
      files: FILES,
      defines: { _source_payload: payload },
    });
    const whole = await readFile(path);
    const { offset } = (await openSourcePackage(path)).payload;
    const cuts = [0, 50, 97, 200, offset - 1, offset, offset + 1, offset + 5000, whole.length - 1];
    for (const length of cuts) {
      const cut = join(folder.path, `cut-${length}`);
      await writeFile(`${cut}.src.rpm`, whole.subarray(0, length));
      await mkdir(cut);
      const reading = openSourcePackage(`${cut}.src.rpm`).then((one) =>
        extractSourcePackage(one, cut, options()),
      );
      await expect(reading, `cut at ${length}`).rejects.toMatchObject({
        name: 'DistGitError',
        code: length < 96 ? 'usage' : 'check_failed',
      });
    }
  });
});
