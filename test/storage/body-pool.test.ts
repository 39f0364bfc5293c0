import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HASH_TYPES, type HashType } from '../../core/domain/checksum.ts';
import { BodyPool } from '../../server/storage/body-pool.ts';
import type { FileEnd } from '../../server/storage/body-thread.ts';
import { eventually } from '../support/data-folder.ts';
import { run } from '../support/process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MODULE = new URL('../../server/storage/body-pool.ts', import.meta.url).href;
const hashOf = (bytes: Buffer): string => createHash('sha512').update(bytes).digest('hex');
const pool = new BodyPool(2);
afterAll(() => pool.close());

describe('a pool that hashes', () => {
  it('gives the hash of what it was given, of every type, in any pieces', async () => {
    const sizes = fc.array(fc.oneof(fc.nat({ max: 10 }), fc.nat({ max: 600_000 })), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(sizes, fc.constantFrom(...HASH_TYPES), async (all, type) => {
        const wanted = createHash(type);
        const hash = pool.hash(type);
        for (const size of all) {
          const piece = randomBytes(size);
          wanted.update(piece);
          await hash.update(piece);
        }
        expect(await hash.digest()).toBe(wanted.digest('hex'));
      }),
      {
        numRuns: 60,
        examples: [
          [[], 'sha512'],
          [[262_143, 1], 'sha512'],
          [[524_288], 'sha256'],
          [[524_287, 2, 524_287], 'sha256'],
        ],
      },
    );
  });

  it('does not see what a piece is changed to after it was taken', async () => {
    const piece = Buffer.alloc(300_000, 'a');
    const hash = pool.hash('sha256');
    await hash.update(piece);
    piece.fill('b');
    const wanted = createHash('sha256').update(Buffer.alloc(300_000, 'a')).digest('hex');
    expect(await hash.digest()).toBe(wanted);
  });

  it('waits where the hashing has fallen behind: memory does not grow with the file', async () => {
    const piece = randomBytes(1024 * 1024);
    const before = process.memoryUsage().rss;
    let peak = 0;
    const hash = pool.hash('sha512');
    const wanted = createHash('sha512');
    for (let n = 0; n < 200; n++) {
      await hash.update(piece);
      wanted.update(piece);
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    expect(await hash.digest()).toBe(wanted.digest('hex'));
    expect((peak - before) / 1024 / 1024).toBeLessThan(100);
  });

  it('goes on with the others where some are abandoned', async () => {
    const piece = randomBytes(400_000);
    const wanted = createHash('sha512').update(piece).update(piece).digest('hex');
    const digests = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const hash = pool.hash('sha512');
        await hash.update(piece);
        if (n % 2 === 0) {
          await hash.abandon();
          return null;
        }
        await hash.update(piece);
        return hash.digest();
      }),
    );
    expect(digests).toEqual(digests.map((_, n) => (n % 2 === 0 ? null : wanted)));
  });

  it('fails one alone whose hash nobody knows', async () => {
    const alone = new BodyPool(1);
    const piece = randomBytes(600_000);
    const unknown = alone.hash('md6' as HashType);
    const beside = alone.hash('sha512');
    await beside.update(piece);
    await expect(unknown.update(piece).then(() => unknown.digest())).rejects.toThrow(/digest/i);
    expect(await beside.digest()).toBe(hashOf(piece));
    await alone.close();
  });

  it('fails the bodies of a thread that dies, and takes others after it', async () => {
    const alone = new BodyPool(1);
    const piece = randomBytes(600_000);
    const threads: Worker[] = [];
    const post = vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (
      this: Worker,
      message: unknown,
    ) {
      threads.push(this);
      post.mockRestore();
      this.postMessage(message);
    });
    const one = alone.hash('sha512');
    await one.update(piece);
    const file = alone.file('/nowhere/at-all', null);
    // Nothing of this kind is ever sent: the thread ends by its own error.
    threads[0]?.postMessage(null);
    await expect(one.digest()).rejects.toThrow(TypeError);
    await expect(file.update(randomBytes(4_000_000))).rejects.toThrow(TypeError);
    await file.abandon();
    const next = alone.hash('sha512');
    await next.update(piece);
    expect(await next.digest()).toBe(hashOf(piece));
    await alone.close();
  });

  it('keeps the process alive as long as somebody waits for it, and no longer', async () => {
    const script = `
      import { BodyPool } from ${JSON.stringify(MODULE)};
      const hash = new BodyPool().hash('sha512');
      for (let n = 0; n < 20; n++) await hash.update(Buffer.alloc(1_000_000));
      console.log(await hash.digest());
    `;
    const { code, stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${hashOf(Buffer.alloc(20_000_000))}\n` });
  });

  it('has threads that make room for the others of the process', async () => {
    const alone = new BodyPool(1);
    const hash = alone.hash('sha512');
    await hash.update(randomBytes(600_000));
    await hash.digest();
    const niceOf = async (thread: string): Promise<string | undefined> => {
      const stat = await readFile(`/proc/self/task/${thread}/stat`, 'utf8');
      // The 19th field, counted behind the name, which may have blanks.
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16];
    };
    const all = await Promise.all((await readdir('/proc/self/task')).map(niceOf));
    // Nobody takes niceness back that the whole process was started with.
    const own = Number(await niceOf(String(process.pid)));
    expect(all).toContain(String(Math.max(10, own)));
    expect(own).toBe(getPriority());
    await alone.close();
  });

  it('can not be used when it is closed, and leaves nobody waiting', async () => {
    const closed = new BodyPool(1);
    const hash = closed.hash('sha512');
    await hash.update(randomBytes(600_000));
    const told = hash.digest().then(
      () => 'in time',
      (error: unknown) => String(error),
    );
    await closed.close();
    expect(['in time', 'Error: The body pool was closed.']).toContain(await told);
    expect(() => closed.hash('sha512')).toThrow('The body pool is closed.');
  });
});

describe('a pool that writes files', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let staged: string;
  let end: FileEnd;
  const content = randomBytes(1_300_000);
  beforeEach(async () => {
    folder = await temporaryFolder();
    staged = join(folder.path, 'staged');
    const path = join(folder.path, 'python/a.tar/sha512-x');
    end = { path, root: folder.path, mtime: new Date(1_600_000_000_000), hex: null };
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  it.each([0, 1, 262_144, 1_300_000])(
    'of %d bytes: hashed, with their time, at their path only',
    async (size) => {
      const bytes = content.subarray(0, size);
      const file = pool.file(staged, 'sha512');
      for (let at = 0; at < size; at += 100_000)
        await file.update(bytes.subarray(at, at + 100_000));
      expect(await file.commit(end)).toEqual({ hex: hashOf(bytes), size, stored: true });
      expect((await readFile(end.path)).equals(bytes)).toBe(true);
      expect((await stat(end.path)).mtime).toEqual(end.mtime);
      expect(await readdir(folder.path)).toEqual(['python']);
    },
  );

  it('that have another hash than they must: they stay where they were written', async () => {
    const file = pool.file(staged, 'sha512');
    await file.update(content);
    const hex = hashOf(Buffer.of());
    expect(await file.commit({ ...end, hex })).toMatchObject({ stored: false });
    expect(await readdir(folder.path)).toEqual(['staged']);
  });

  it('to a path that is taken: what is there stays', async () => {
    for (const [bytes, stored] of [
      [content, true],
      [Buffer.from('other'), false],
    ] as const) {
      const file = pool.file(staged, null);
      await file.update(bytes);
      expect(await file.commit(end)).toEqual({ hex: '', size: bytes.length, stored });
    }
    expect((await readFile(end.path)).equals(content)).toBe(true);
    expect(await readdir(folder.path)).toEqual(['python']);
  });

  it('where that can not be done: told with the code of the disk, before or at the end', async () => {
    const nowhere = join(folder.path, 'nowhere/staged');
    const small = pool.file(nowhere, 'sha512');
    await small.update(Buffer.from('x'));
    await expect(small.commit(end)).rejects.toMatchObject({ code: 'ENOENT' });
    const large = pool.file(nowhere, 'sha512');
    await expect(large.update(randomBytes(4_000_000))).rejects.toMatchObject({ code: 'ENOENT' });
    await large.abandon();
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('that are abandoned: no file is open then', async () => {
    const isOpen = async (): Promise<boolean> => {
      const all = await readdir('/proc/self/fd');
      const paths = all.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
      return (await Promise.all(paths)).includes(staged);
    };
    const file = pool.file(staged, 'sha512');
    await file.update(content);
    expect(await eventually(isOpen)).toBe(true);
    await file.abandon();
    expect(await isOpen()).toBe(false);
  });
});
