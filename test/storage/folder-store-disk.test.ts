import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BodyPool } from '../../server/storage/body-pool.ts';
import { FolderStore } from '../../server/storage/folder-store.ts';
import {
  bodyOf,
  expectNothing,
  expectStoreError,
  keyOf,
  listed,
  mtime,
  read,
  someBytes,
  thrown,
} from '../contracts/object-store/world.ts';
import { run } from '../support/process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MIB = 1024 * 1024;
const MODULE = new URL('../../server/storage/folder-store.ts', import.meta.url).href;
const POOL = new URL('../../server/storage/body-pool.ts', import.meta.url).href;
const key = keyOf('a.tar');
const pool = new BodyPool();
afterAll(() => pool.close());

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let root: string;
let store: FolderStore;
const staged = (): Promise<string[]> => readdir(join(root, '.staging'));
beforeEach(async () => {
  temporary = await temporaryFolder();
  root = join(temporary.path, 'store');
  await mkdir(root);
  store = new FolderStore(root, pool);
  await store.recover();
});
afterEach(async () => {
  const left = await staged();
  await temporary[Symbol.asyncDispose]();
  expect(left).toEqual([]);
});

/** Runs `act` with a disk of one MiB under the store; false: this machine lets us mount none. */
async function onSmallDisk(act: () => Promise<void>): Promise<boolean> {
  const options = ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', root];
  if ((await run('mount', options)).code !== 0) return false;
  try {
    await store.recover();
    await act();
    expect(await staged()).toEqual([]);
  } finally {
    await run('umount', ['--lazy', root]);
  }
  return true;
}

/** A put of 4 MiB by a process that may write files of 1 MiB only; what it printed. */
async function withSizeLimit(): Promise<string> {
  const script = `
    process.on('SIGXFSZ', () => {});
    const { FolderStore } = await import(${JSON.stringify(MODULE)});
    const { BodyPool } = await import(${JSON.stringify(POOL)});
    const store = new FolderStore(${JSON.stringify(root)}, new BodyPool());
    async function* body() { for (let n = 0; n < 16; n++) yield Buffer.alloc(256 * 1024); }
    const error = await store.put(${JSON.stringify(key)}, body(), () => new Date()).catch((e) => e);
    console.log(error.name, error.code, error.cause?.code);
  `;
  const node = [process.execPath, '--input-type=module', '--eval', script];
  const { stdout, stderr } = await run('prlimit', [`--fsize=${MIB}`, '--', ...node]);
  expect(stderr).toBe('');
  return stdout;
}

describe('a disk without room', () => {
  it('is told of, leaves nothing, and takes what fits again', async () => {
    const mounted = await onSmallDisk(async () => {
      expectStoreError(await thrown(store.put(key, bodyOf(someBytes(4 * MIB)), mtime)), [
        'storage_full',
      ]);
      await expectNothing(store, key);
      const pieces = Array.from({ length: 40 }, () => someBytes(64 * 1024));
      expectStoreError(await thrown(store.put(key, bodyOf(...pieces), mtime)), ['storage_full']);
      await expectNothing(store, key);
      await store.put(key, bodyOf(someBytes(MIB / 2)), mtime);
      const other = keyOf('other');
      expectStoreError(await thrown(store.put(other, bodyOf(someBytes(MIB)), mtime)), [
        'storage_full',
      ]);
      expect(await store.head(other)).toBeNull();
      expect((await store.head(key))?.size).toBe(MIB / 2);
    });
    // Without the right to mount, a limit on the size of files is what refuses to take more.
    if (!mounted) expect(await withSizeLimit()).toBe('DistGitError unavailable EFBIG\n');
    await expectNothing(store, key);
  });

  it('is told of where files may not grow, and leaves nothing', async () => {
    expect(await withSizeLimit()).toBe('DistGitError unavailable EFBIG\n');
    await expectNothing(store, key);
  });
});

describe('a process that dies while it stores', () => {
  it('leaves nothing that anybody sees, and what it leaves goes at the next start', async () => {
    await store.put(keyOf('kept'), bodyOf('kept'), mtime);
    const script = `
      const { FolderStore } = await import(${JSON.stringify(MODULE)});
    const { BodyPool } = await import(${JSON.stringify(POOL)});
      const store = new FolderStore(${JSON.stringify(root)}, new BodyPool());
      async function* body() {
        for (;;) {
          yield Buffer.alloc(2 * 1024 * 1024);
          console.log('wrote');
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
      await store.put(${JSON.stringify(key)}, body(), () => new Date());
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(await staged()).toHaveLength(1);
    expect(await store.head(key)).toBeNull();
    expect((await listed(store)).map((info) => info.key)).toEqual([keyOf('kept')]);

    const next = new FolderStore(root, pool);
    await next.recover();
    expect(await staged()).toEqual([]);
    expect(await read(next, keyOf('kept'))).toEqual(Buffer.from('kept'));
  });
});

describe('the folder', () => {
  it('has each object as a file at the path that its key spells', async () => {
    await store.put(key, bodyOf('content'), mtime);
    expect(await readFile(join(root, key), 'utf8')).toBe('content');
  });

  it.each(['/', '/.', '/../store//'])('may be named with %s at its end', async (end) => {
    const named = new FolderStore(root + end, pool);
    await named.put(key, bodyOf('content'), mtime);
    expect(await readFile(join(root, key), 'utf8')).toBe('content');
    expect((await listed(named)).map((info) => info.key)).toEqual([key]);
  });

  it('is seen alike by every process that looks', async () => {
    const other = new FolderStore(root, pool);
    await store.put(key, bodyOf('content'), mtime);
    expect(await read(other, key)).toEqual(Buffer.from('content'));
    await other.delete(key);
    expect(await store.head(key)).toBeNull();
  });

  it('may have a file where a folder should come: told of, and nothing is left', async () => {
    await writeFile(join(root, 'python'), 'a file');
    expectStoreError(await thrown(store.put(key, bodyOf('x'), mtime)), ['unavailable']);
    expect(await store.head(key)).toBeNull();
  });

  it('gets every open file back, however reads and puts end', async () => {
    const open = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
    await store.put(key, bodyOf(someBytes(3 * MIB)), mtime);
    await read(store, key);
    const before = await open();
    async function* failing() {
      yield someBytes(10);
      throw new Error('broke off');
    }
    for (let n = 0; n < 20; n++) {
      await read(store, key);
      const opened = await store.get(key);
      opened?.body.destroy();
      if (opened !== null) await once(opened.body, 'close');
      await thrown(store.put(keyOf('other'), failing(), mtime));
      await store.get(keyOf('none'));
    }
    expect(await open()).toBeLessThanOrEqual(before + 2);
  });
});
