import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BodyPool } from '../../server/storage/body-pool.ts';
import { S3Store, type S3StoreOptions } from '../../server/storage/s3-store.ts';
import {
  bodyOf,
  keyOf,
  listed,
  MTIME,
  mtime,
  read,
  someBytes,
} from '../contracts/object-store/world.ts';
import { objectStoreContract } from '../contracts/object-store.ts';
import { eventually } from '../support/data-folder.ts';
import { BUILD_MS, type MakeName, S3_MAKES, S3Server } from '../support/s3-server.ts';

const MIB = 1024 * 1024;
const pool = new BodyPool();
afterAll(() => pool.close());
const storeOf = (options: S3StoreOptions): S3Store => new S3Store(options, pool);
const MODULE = new URL('../../server/storage/s3-store.ts', import.meta.url).href;
/** A put that never ends, in a process of its own; it prints when some parts must be there. */
const ENDLESS_PUT = `
  const { S3Store } = await import(process.env.MODULE);
  // Without a checksum nothing is hashed.
  const store = new S3Store(JSON.parse(process.env.OPTIONS), null);
  async function* body() {
    for (let n = 0; ; n++) {
      yield Buffer.alloc(1024 * 1024, n);
      if (n > 30) console.log('wrote');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  await store.put(process.env.KEY, body(), () => new Date());
`;

describe.each(Object.keys(S3_MAKES) as MakeName[])('%s', (make) => {
  let server: S3Server;
  beforeAll(async () => {
    server = await S3Server.open(make);
    // What memory the SDK's code takes when it is first run is not what a body takes.
    const store = storeOf(server.options(await server.newBucket()));
    await store.put(keyOf('warm'), bodyOf(someBytes(6 * 1024 * 1024)), mtime);
    await read(store, keyOf('warm'));
  }, BUILD_MS);
  afterAll(() => server[Symbol.asyncDispose]());

  objectStoreContract('S3Store', {
    outages: ['a bucket that is gone', 'a server that does not run'],
    async open() {
      const bucket = await server.newBucket();
      return {
        store: storeOf(server.options(bucket)),
        async outage(kind) {
          if (kind === 'a bucket that is gone') return server.takeBucketAway(bucket);
          await server.stop();
          return () => server.start();
        },
        leftovers: () => server.leftovers(bucket),
        close: async () => {},
      };
    },
  });

  it('is whole, and the same for all, when large puts race for its key', async () => {
    const bucket = await server.newBucket();
    const store = storeOf(server.options(bucket));
    await store.recover();
    const key = keyOf('raced');
    const contents = Array.from({ length: 5 }, (_, n) => someBytes(11 * MIB + n));
    const infos = await Promise.all(contents.map((one) => store.put(key, bodyOf(one), mtime)));
    const winner = contents.find(({ length }) => length === infos[0]?.size);
    for (const info of infos) expect(info).toEqual(infos[0]);
    expect((await read(store, key))?.equals(winner ?? Buffer.alloc(0))).toBe(true);
    expect(await server.leftovers(bucket)).toEqual([]);
  });

  it('is left as it is by a put of another process, small or large', async () => {
    const bucket = await server.newBucket();
    const [one, other] = [0, 1].map(() => storeOf(server.options(bucket)));
    if (one === undefined || other === undefined) throw new Error('There are two.');
    await one.recover();
    await other.recover();
    for (const size of [1000, 11 * MIB]) {
      const [key, first] = [keyOf(`of ${size}`), someBytes(size)];
      async function* late() {
        yield someBytes(size);
        await one?.put(key, bodyOf(first), mtime);
      }
      const info = await other.put(key, late(), mtime);
      expect(info).toEqual({ key, size, mtime: MTIME });
      expect((await read(other, key))?.equals(first)).toBe(true);
    }
    expect(await server.leftovers(bucket)).toEqual([]);
  });

  it('has what a killed process left removed at the next start, and nothing of others', async () => {
    const bucket = await server.newBucket();
    const options = server.options(bucket);
    const kept = storeOf(options);
    await kept.recover();
    await kept.put(keyOf('kept'), bodyOf(someBytes(11 * MIB)), mtime);
    const Key = `lookaside/${keyOf('of-another-tool')}`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', ENDLESS_PUT], {
      env: {
        PATH: process.env.PATH,
        MODULE,
        OPTIONS: JSON.stringify(options),
        KEY: keyOf('a.tar'),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(await server.leftovers(bucket)).not.toEqual([]);
    await server.client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));

    const next = storeOf(options);
    expect((await listed(next)).map(({ key }) => key)).toEqual([keyOf('kept')]);
    await next.recover();
    const { Uploads: [other] = [] } = await server.client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: Key }),
    );
    expect(other?.Key).toBe(Key);
    const { UploadId } = other ?? {};
    await server.client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
    expect(await server.leftovers(bucket)).toEqual([]);
    expect((await listed(next)).map(({ key }) => key)).toEqual([keyOf('kept')]);
  });

  it('has nothing to do with what is beside its prefix', async () => {
    const bucket = await server.newBucket();
    const [one, other] = ['one/', 'one/two/'].map((prefix) =>
      storeOf(server.options(bucket, { prefix })),
    );
    await one?.recover();
    await other?.recover();
    const store = storeOf(server.options(bucket, { prefix: '' }));
    await store.recover();
    await store.put(keyOf('a.tar'), bodyOf('x'), mtime);
    await other?.put(keyOf('b.tar'), bodyOf('yy'), mtime);
    const keys: string[] = [];
    for await (const key of other?.list() ?? []) keys.push(key);
    expect(keys).toEqual([keyOf('b.tar')]);
    expect(await server.names(bucket)).toEqual(
      [`one/two/${keyOf('b.tar')}`, keyOf('a.tar')].toSorted(),
    );
  });

  it('is found in many pages of a list', async () => {
    const bucket = await server.newBucket();
    const store = storeOf(server.options(bucket));
    await store.recover();
    for (let n = 0; n < 1100; n += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, m) => store.put(keyOf(`${n + m}`), bodyOf('x'), mtime)),
      );
    expect(new Set((await listed(store)).map(({ key }) => key)).size).toBe(1100);
  });

  it('is had from a signed URL by GET alone, and for a while', async () => {
    const bucket = await server.newBucket();
    const store = storeOf(server.options(bucket, { presignSeconds: 2 }));
    await store.recover();
    const key = keyOf('a b+c.tar');
    expect(await store.presignedUrl(key)).toBeNull();
    await store.put(key, bodyOf('hello world'), mtime);
    const url = (await store.presignedUrl(key)) ?? '';
    const whole = await fetch(url);
    expect([whole.status, await whole.text()]).toEqual([200, 'hello world']);
    expect(whole.headers.get('content-type')).toBe('application/octet-stream');
    const part = await fetch(url, { headers: { Range: 'bytes=6-' } });
    expect([part.status, await part.text()]).toEqual([206, 'world']);
    for (const method of ['HEAD', 'PUT', 'DELETE'])
      expect([method, (await fetch(url, { method })).status]).toEqual([method, 403]);
    const elsewhere = url.replace('a%20b', 'b%20b');
    expect((await fetch(elsewhere)).status).toBe(403);
    const expired = async () => {
      const answer = await fetch(url);
      await answer.arrayBuffer();
      return answer.status === 403;
    };
    expect(await eventually(expired)).toBe(true);
    expect(await storeOf(server.options(bucket)).presignedUrl(key)).toBeNull();
  });

  it('shows uploads that are left open to the check for what is left', async () => {
    const Bucket = await server.newBucket();
    const store = storeOf(server.options(Bucket));
    await store.recover();
    expect(await server.leftovers(Bucket)).toEqual([]);
    const Key = `lookaside/${keyOf('a.tar')}`;
    await server.client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    expect(await server.leftovers(Bucket)).not.toEqual([]);
  });
});
