import { randomBytes } from 'node:crypto';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { parseSourceFileName } from '../../core/domain/source-file-name.ts';
import { PartialFiles } from '../../server/lookaside/partial-files.ts';
import type { PartialRecord } from '../../server/lookaside/partial-record.ts';
import { run } from '../support/process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MiB = 1024 * 1024;
const MODULE = new URL('../../server/lookaside/partial-files.ts', import.meta.url).href;

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: string;
let partials: PartialFiles;
beforeEach(async () => {
  temporary = await temporaryFolder();
  folder = join(temporary.path, 'resumable');
  await mkdir(folder);
  partials = new PartialFiles(folder, 7);
  await partials.recover();
});
afterEach(() => temporary[Symbol.asyncDispose]());

const recordOf = (size: number): PartialRecord => ({
  user: 'ann',
  address: {
    component: parseComponentName('python'),
    file: parseSourceFileName('a.tar'),
    checksum: { type: 'sha512', hex: 'ab'.repeat(64) },
  },
  size,
  mtime: new Date('2014-05-13T16:53:19.500Z'),
  metadata: 'component cHl0aG9u',
});
async function* of(content: Buffer, piece = 64 * 1024): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += piece) yield content.subarray(at, at + piece);
}
const codeOf = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'done',
    (error: unknown) => (error instanceof DistGitError ? error.code : String(error)),
  );

describe('a partial file', () => {
  it('comes back as it was begun, also in the next process', async () => {
    const { id } = await partials.create(recordOf(10));
    const next = new PartialFiles(folder, 7);
    await next.recover();
    expect(await next.read(id)).toMatchObject({ ...recordOf(10), id, offset: 0, stored: false });
  });

  it('has an offset beyond 32 bits', async () => {
    const size = 10 * 2 ** 30 + 1;
    const { id } = await partials.create(recordOf(size));
    // A hole: nothing is written.
    await truncate(join(folder, id), size - 4);
    const upload = await partials.read(id);
    expect(upload.offset).toBe(size - 4);
    expect(await partials.append(upload, of(Buffer.from('abc')))).toBe(size - 1);
    expect(await partials.append(await partials.read(id), of(Buffer.from('d')))).toBe(size);
    const end: Buffer[] = [];
    const body = partials.open(id);
    await using _ = body;
    expect((await partials.read(id)).offset).toBe(size - 1);
    for await (const chunk of partials.open(id).take(1)) end.push(chunk as Buffer);
    expect(end[0]?.every((byte) => byte === 0)).toBe(true);
  });

  it('has never all bytes until it is stored', async () => {
    const content = randomBytes(3 * MiB);
    const begun = await partials.create(recordOf(content.length));
    expect(await partials.append(begun, of(content))).toBe(content.length);
    const whole = await partials.read(begun.id);
    expect(whole.offset).toBe(content.length - 1);
    expect(await partials.append(whole, of(content.subarray(-1)))).toBe(content.length);
    expect((await readFile(join(folder, begun.id))).equals(content)).toBe(true);
    await partials.markStored(whole);
    expect(await partials.read(begun.id)).toMatchObject({ offset: content.length, stored: true });
  });

  it('keeps what came before its source broke off', async () => {
    const content = randomBytes(100_000);
    const upload = await partials.create(recordOf(200_000));
    async function* broken(): AsyncGenerator<Buffer> {
      yield* of(content, 1000);
      throw new DistGitError('client_gone', 'gone');
    }
    expect(await codeOf(partials.append(upload, broken()))).toBe('client_gone');
    expect((await partials.read(upload.id)).offset).toBe(content.length);
    expect((await readFile(join(folder, upload.id))).equals(content)).toBe(true);
  });

  it('is held by one at a time', async () => {
    const { id } = await partials.create(recordOf(1));
    await partials.holds.hold(id, async () => {
      expect(await codeOf(partials.holds.hold(id, () => Promise.resolve()))).toBe('locked');
      expect(await codeOf(partials.holds.requireFree(id))).toBe('locked');
    });
    expect(await codeOf(partials.holds.hold(id, () => Promise.resolve()))).toBe('done');
  });

  it('whose record is spoilt is an error, and no other file', async () => {
    const { id } = await partials.create(recordOf(1));
    const text = await readFile(join(folder, `${id}.json`), 'utf8');
    await writeFile(join(folder, `${id}.json`), text.replace('a.tar', '../a.tar'));
    expect(await codeOf(partials.read(id))).toBe('name_invalid');
  });
});

/** A piece of 4 MiB by a process that may write files of 1 MiB only; what it printed. */
async function withSizeLimit(): Promise<string> {
  const { id } = await partials.create(recordOf(4 * MiB));
  const script = `
    process.on('SIGXFSZ', () => {});
    const { PartialFiles } = await import(${JSON.stringify(MODULE)});
    const partials = new PartialFiles(${JSON.stringify(folder)}, 7);
    const id = ${JSON.stringify(id)};
    async function* body() { for (let n = 0; n < 16; n++) yield Buffer.alloc(256 * 1024); }
    const error = await partials.append(await partials.read(id), body()).catch((e) => e);
    console.log(error.name, error.code, (await partials.read(id)).offset);
  `;
  const node = [process.execPath, '--input-type=module', '--eval', script];
  const { stdout, stderr } = await run('prlimit', [`--fsize=${MiB}`, '--', ...node]);
  expect(stderr).toBe('');
  return stdout;
}

describe('a disk without room', () => {
  it('is told of, keeps what is there, and takes the rest when there is room', async () => {
    const options = ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder];
    // Without the right to mount, a limit on the size of files is what refuses to take more.
    if ((await run('mount', options)).code !== 0) {
      expect(await withSizeLimit()).toBe(`DistGitError unavailable ${MiB}\n`);
      return;
    }
    try {
      const content = randomBytes(4 * MiB);
      const begun = await partials.create(recordOf(content.length));
      expect(await codeOf(partials.append(begun, of(content)))).toBe('storage_full');
      const full = await partials.read(begun.id);
      expect(full.offset).toBeGreaterThan(MiB);
      expect(await codeOf(partials.create(recordOf(1)))).toBe('storage_full');
      expect((await run('mount', ['-o', 'remount,size=8m', folder])).code).toBe(0);
      const rest = content.subarray(full.offset);
      expect(await partials.append(full, of(rest))).toBe(content.length);
      expect((await readFile(join(folder, begun.id))).equals(content)).toBe(true);
    } finally {
      await run('umount', ['--lazy', folder]);
    }
  });

  it('or where files may not grow, keeps what is there', async () => {
    expect(await withSizeLimit()).toBe(`DistGitError unavailable ${MiB}\n`);
  });
});
