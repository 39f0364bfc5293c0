import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extractSourcePackage } from '../../cli/rpm/srpm/extract.ts';
import { openSourcePackage } from '../../cli/rpm/srpm/source-package.ts';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { Header } from '../../core/domain/rpm/header.ts';
import { TAG } from '../../core/domain/rpm/tags.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  cpioEntry,
  type Forgery,
  forgePackage,
  headerOf,
  sealed,
  strippedEntry,
  type TagValue,
  TRAILER,
} from './support/forged-package.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Reads and unpacks. @returns names of what came out */
async function unpack(bytes: Buffer, signal = new AbortController().signal): Promise<string[]> {
  const work = await mkdtemp(join(folder.path, 'one-'));
  const [path, target] = [join(work, 'a.src.rpm'), join(work, 'out')];
  await writeFile(path, bytes);
  await mkdir(target);
  const source = await openSourcePackage(path);
  const program = { path: process.env.PATH ?? '', signal, onBytes: () => {} };
  await extractSourcePackage(source, target, program);
  // Nothing ever lands beside the folder.
  expect((await readdir(work)).sort()).toEqual(['a.src.rpm', 'out']);
  return (await readdir(target)).sort();
}

const SPEC = Buffer.from('Name: a\n');
const tags = (...entries: [number, TagValue | null][]): Forgery => ({ tags: new Map(entries) });
const files = (...names: string[]): Forgery => ({
  files: Object.fromEntries(names.map((name) => [name, SPEC])),
});
const archive = (...entries: Buffer[]): Forgery => ({ archive: Buffer.concat(entries) });
const sha1 = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex');

describe('a forged package', () => {
  it('that is sound is unpacked, so that a refusal below is for its own reason', async () => {
    expect(await unpack(forgePackage())).toEqual(['a.spec']);
    expect(await unpack(forgePackage(files('a.spec', 'b.patch')))).toEqual(['a.spec', 'b.patch']);
    const dotted = archive(cpioEntry('./a.spec', SPEC), TRAILER);
    expect(await unpack(forgePackage(dotted))).toEqual(['a.spec']);
  });

  it('with checksums, and in the stripped form, is unpacked', async () => {
    const summed = archive(cpioEntry('a.spec', SPEC, 0o100644, '070702'), TRAILER);
    expect(await unpack(forgePackage(summed))).toEqual(['a.spec']);
    const stripped = archive(strippedEntry(0, SPEC), TRAILER);
    expect(await unpack(forgePackage(stripped))).toEqual(['a.spec']);
  });

  const REFUSED: readonly [what: string, Forgery, why: RegExp][] = [
    ['a name with a folder', files('../a.spec'), /"\.\.\/a\.spec" is no name/],
    ['an absolute name', files('/etc/passwd'), /"\/etc\/passwd" is no name/],
    ['a name of two dots', files('..'), /"\.\." is no name/],
    ['a name that git reads', files('.git'), /"\.git" is no name/],
    ['a name that hides its end', files('a\u202e.spec'), /is no name/],
    ['the name of sources', files('a.spec', 'sources'), /"sources" is no name/],
    ['one name twice', tags([TAG.basenames, { texts: ['a', 'a'] }]), /differ in length/],
    [
      'one name twice, with all that belongs to it',
      tags(
        [TAG.basenames, { texts: ['a', 'a'] }],
        [TAG.fileSizes, { numbers: [1, 1] }],
        [TAG.fileModes, { shorts: [0o100644, 0o100644] }],
        [TAG.fileDigests, { texts: ['0'.repeat(64), '0'.repeat(64)] }],
        [TAG.fileFlags, { numbers: [0, 0] }],
      ),
      /same name twice/,
    ],
    ['a folder', tags([TAG.dirNames, { texts: ['/usr/'] }]), /it has folders/],
    ['no files', tags([TAG.basenames, null]), /no files/],
    [
      'far too many names',
      tags([TAG.basenames, { texts: Array<string>(100_001).fill('') }]),
      /tag 1117 has 100001 values/,
    ],
    [
      'far too many sizes',
      tags([TAG.fileSizes, { shorts: Array<number>(100_001).fill(0) }]),
      /tag 1028 has 100001 values/,
    ],
    ['too many files', tags([TAG.basenames, { texts: Array(10_001).fill('a') }]), /10001 files/],
    ['a symlink', tags([TAG.fileModes, { shorts: [0o120777] }]), /not a regular file/],
    ['a device', tags([TAG.fileModes, { shorts: [0o020644] }]), /not a regular file/],
    ['no digest of a file', tags([TAG.fileDigests, { texts: [''] }]), /no sha256 digest/],
    ['a digest that is no digest', tags([TAG.fileDigests, { texts: ['z'.repeat(64)] }]), /no sha2/],
    ['an unknown hash', tags([TAG.fileDigestAlgo, { numbers: [3] }]), /algorithm 3/],
    ['a bad file digest', tags([TAG.fileDigests, { texts: ['0'.repeat(64)] }]), /digest that is/],
    ['a bad payload digest', tags([TAG.payloadDigest, { texts: ['0'.repeat(64)] }]), /digest that/],
    ['a size that is another', tags([TAG.fileSizes, { numbers: [7] }]), /another size/],
    ['a bomb', tags([TAG.fileSizes, { numbers: [2 ** 31] }]), /would unpack to 2 GiB/],
    ['no name', tags([TAG.name, null]), /"" is no name/],
    ['a name with control characters', tags([TAG.name, { text: 'a\u001b[2J' }]), /is no name/],
    ['a number for a name', tags([TAG.name, { numbers: [1] }]), /tag 1000 is no text/],
    ['a text for sizes', tags([TAG.fileSizes, { text: 'a' }]), /tag 1028 is no number/],
    ['another format', tags([TAG.payloadFormat, { text: 'drpm' }]), /"drpm", not cpio/],
    ['another compressor', tags([TAG.payloadCompressor, { text: 'sh' }]), /compressed by "sh"/],
    ['the wrong compressor', tags([TAG.payloadCompressor, { text: 'zstd' }]), /be unpacked/],
    ['the wrong program', tags([TAG.payloadCompressor, { text: 'xz' }]), /be unpacked/],
    ['packed where it says not', tags([TAG.payloadCompressor, null]), /no cpio archive/],
    ['a symlink in the payload', archive(cpioEntry('a.spec', SPEC, 0o120777)), /no regular file/],
    ['another path in the payload', archive(cpioEntry('../a.spec', SPEC)), /not in its header/],
    ['a deep path in the payload', archive(cpioEntry('x/a.spec', SPEC)), /not in its header/],
    [
      'a file twice in the payload',
      archive(cpioEntry('a.spec', SPEC), cpioEntry('a.spec', SPEC), TRAILER),
      /not in its header/,
    ],
    ['a file too few', archive(TRAILER), /a\.spec is missing/],
    ['an index too high', archive(strippedEntry(7, SPEC), TRAILER), /"7" is in its payload/],
    ['no end', archive(cpioEntry('a.spec', SPEC)), /ends too early/],
    ['more behind the end', archive(cpioEntry('a.spec', SPEC), TRAILER, SPEC), /more behind/],
    [
      'a flood of nothing behind the end',
      archive(cpioEntry('a.spec', SPEC), TRAILER, Buffer.alloc(8 * 2 ** 20)),
      /more behind/,
    ],
    [
      'a checksum that is wrong',
      archive(
        Buffer.from(
          cpioEntry('a.spec', SPEC, 0o100644, '070702').toString('latin1').replace('Name', 'Nbme'),
          'latin1',
        ),
        TRAILER,
      ),
      /checksum in its payload/,
    ],
    ['a header that is no number', archive(Buffer.from(`070701${'g'.repeat(104)}`)), /no number/],
    [
      'a name of 2 GiB',
      archive(Buffer.from(`070701${'0'.repeat(88)}7fffffff00000000`)),
      /name in its payload is too long/,
    ],
    [
      'a name without an end',
      archive(Buffer.from(`070701${'0'.repeat(88)}0000000400000000abcd`)),
      /has no end/,
    ],
    ['no archive', archive(Buffer.from('not an archive')), /no cpio archive/],
    [
      'a header of another SHA-256',
      { signature: new Map([[273, { text: '0'.repeat(64) }]]) },
      /SHA-256 that it states/,
    ],
    [
      'a header of another SHA-1',
      { signature: new Map([[269, { text: '0'.repeat(40) }]]) },
      /SHA-1 that it states/,
    ],
    [
      'no digest of the header',
      { signature: new Map([[1000, { numbers: [1] }]]) },
      /no digest of its header/,
    ],
  ];

  it.each(REFUSED)('with %s is refused', async (_what, forgery, why) => {
    await expect(unpack(forgePackage(forgery))).rejects.toMatchObject({
      name: 'DistGitError',
      code: 'check_failed',
      message: expect.stringMatching(why) as string,
      detail: { remedy: expect.any(String) as string },
    });
  });

  it('whose MD5 of header and payload is wrong is refused, and read where it is right', async () => {
    const sound = forgePackage(tags([TAG.payloadDigest, null]));
    const signature = 96 + Math.ceil((32 + 65) / 8) * 8;
    const rest = sound.subarray(signature);
    const entries = rest.readUInt32BE(8);
    const end = 16 + entries * 16 + rest.readUInt32BE(12);
    const [header, payload] = [rest.subarray(0, end), rest.subarray(end)];
    const withMd5 = (bytes: Buffer) =>
      sealed(
        header,
        payload,
        new Map([
          [269, { text: sha1(header) }],
          [1004, { bytes }],
        ]),
      );
    const md5 = createHash('md5').update(rest).digest();
    expect(await unpack(withMd5(md5))).toEqual(['a.spec']);
    await expect(unpack(withMd5(Buffer.alloc(16)))).rejects.toMatchObject({
      message: expect.stringContaining('does not have the digest') as string,
    });
  });

  it('that is a built package, or no package, is told apart', async () => {
    const code = 'usage';
    const message = expect.stringContaining('is not a source package') as string;
    const binary = forgePackage();
    binary.writeUInt16BE(0, 6);
    await expect(unpack(binary)).rejects.toMatchObject({ code, message });
    const named = forgePackage(tags([TAG.sourceRpm, { text: 'a-1-1.src.rpm' }]));
    await expect(unpack(named)).rejects.toMatchObject({ code, message });
    await expect(unpack(Buffer.from('hello'))).rejects.toMatchObject({ code, message });
    await expect(unpack(gzipSync(Buffer.alloc(5000)))).rejects.toMatchObject({ code });
    await expect(openSourcePackage(folder.path)).rejects.toMatchObject({ code });
    const missing = openSourcePackage(join(folder.path, 'missing'));
    await expect(missing).rejects.toMatchObject({ code });
  });

  it('that says its header is huge is refused before memory is taken', async () => {
    const lead = forgePackage().subarray(0, 96);
    const intro = (entries: number, values: number): Buffer => {
      const bytes = Buffer.from('8eade801000000000000000000000000', 'hex');
      bytes.writeUInt32BE(entries, 8);
      bytes.writeUInt32BE(values, 12);
      return bytes;
    };
    const refused: readonly [Buffer, RegExp][] = [
      [intro(0xffffffff, 16), /has 4294967295 entries/],
      [intro(0, 16), /has 0 entries/],
      [intro(1, 0xffffffff), /bytes/],
      [intro(1, 500_000), /ends within a header/],
      [Buffer.alloc(16), /does not begin as one/],
    ];
    for (const [header, why] of refused)
      await expect(unpack(Buffer.concat([lead, header, Buffer.alloc(64)]))).rejects.toMatchObject({
        code: 'check_failed',
        message: expect.stringMatching(why) as string,
      });
  });

  it('whose tags point outside, or stand twice, is refused', async () => {
    const header = headerOf(new Map([[TAG.name, { text: 'a' }]]));
    const changed = (at: number, value: number): Buffer => {
      const copy = Buffer.from(header);
      copy.writeUInt32BE(value, at);
      return sealed(copy, Buffer.alloc(0));
    };
    const twice = Buffer.from(
      headerOf(
        new Map([
          [1, { text: 'a' }],
          [2, { text: 'b' }],
        ]),
      ),
    );
    twice.writeUInt32BE(1, 32);
    const unended = Buffer.from(header);
    unended.writeUInt32BE(2, 28);
    expect(() => new Header(unended).texts(TAG.name)).toThrow(/has no end/);
    const refused: readonly [Buffer, RegExp][] = [
      [changed(24, 0x7fffffff), /points outside/],
      [changed(28, 0xffffffff), /points outside/],
      [changed(20, 77), /unknown type 77/],
      [sealed(twice, Buffer.alloc(0)), /stands in a header twice/],
    ];
    for (const [bytes, why] of refused)
      await expect(unpack(bytes)).rejects.toMatchObject({
        message: expect.stringMatching(why) as string,
      });
  });

  it('with any bytes changed, and its digests made right again, never gets out of hand', async () => {
    const sound = forgePackage(files('a.spec', 'b.patch'));
    const signature = 96 + Math.ceil((32 + 65) / 8) * 8;
    const rest = sound.subarray(signature);
    const end = 16 + rest.readUInt32BE(8) * 16 + rest.readUInt32BE(12);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(end - 1), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        async (changes) => {
          const header = Buffer.from(rest.subarray(0, end));
          for (const [at, byte] of changes) header[at] = byte;
          await unpack(sealed(header, rest.subarray(end))).catch((error: unknown) => {
            refused++;
            expect(error).toBeInstanceOf(DistGitError);
          });
        },
      ),
      { numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(50);
  });

  it('with any archive in it never gets out of hand', async () => {
    const sound = Buffer.concat([cpioEntry('a.spec', SPEC), TRAILER]);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.integer({ min: 32, max: 126 })), {
          minLength: 1,
          maxLength: 3,
        }),
        async (changes) => {
          const changed = Buffer.from(sound);
          for (const [at, byte] of changes) changed[at] = byte;
          await unpack(forgePackage({ archive: changed })).catch((error: unknown) => {
            refused++;
            expect(error).toBeInstanceOf(DistGitError);
          });
        },
      ),
      { numRuns: 300 },
    );
    expect(refused).toBeGreaterThan(50);
  });

  it('stops where it is told to', async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(unpack(forgePackage(), stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });
});
