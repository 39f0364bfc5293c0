import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BodyPool } from '../../server/storage/body-pool.ts';
import { S3Store } from '../../server/storage/s3-store.ts';
import {
  bodyOf,
  contentOf,
  expectNothing,
  expectStoreError,
  keyOf,
  listed,
  MTIME,
  mtime,
  read,
  someBytes,
  thrown,
} from '../contracts/object-store/world.ts';
import { type Fault, FaultyProxy } from '../support/faulty-proxy.ts';
import { BUILD_MS, type MakeName, S3_MAKES, S3Server } from '../support/s3-server.ts';

const MIB = 1024 * 1024;
const pool = new BodyPool();
afterAll(() => pool.close());
const ALWAYS = 1_000_000;
/** For a line that does what it should, on a machine that is busy. */
const PATIENT_MS = 30_000;
/** Where a line is to be given up. */
const HASTY_MS = 1500;
const key = keyOf('a.tar');
const small = someBytes(100_000);
/** Three parts, the last one short. */
const large = someBytes(11 * MIB);

const xml = (code: string): string =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`;
const FAULTS: Readonly<Record<string, Fault>> = {
  '500': { kind: 'answer', status: 500, body: xml('InternalError') },
  '502 of a proxy': { kind: 'answer', status: 502, body: '<html>Bad gateway</html>' },
  SlowDown: { kind: 'answer', status: 503, body: xml('SlowDown') },
  'a reset': { kind: 'reset' },
  'a reset on the way': { kind: 'cut-request', after: 1 },
  'no answer in time': { kind: 'hang' },
  'a lost answer': { kind: 'lose-answer' },
};
/** Every kind of request that a put in parts makes, in their order. */
const LARGE_REQUESTS: readonly (readonly [string, string, RegExp])[] = [
  ['the note of what is open', 'PUT', /\.open\//],
  ['the start', 'POST', /\?uploads/],
  ['a part', 'PUT', /partNumber=2/],
  ['the time', 'PUT', /\.times\//],
  ['the commit', 'POST', /\?uploadId=/],
  ['the removal of the note', 'DELETE', /\.open\//],
];

describe.each(Object.keys(S3_MAKES) as MakeName[])('S3Store on %s, through a line', (make) => {
  let server: S3Server;
  let proxy: FaultyProxy;
  let bucket: string;
  let store: S3Store;
  const withTimeout = (timeoutMs: number): S3Store =>
    new S3Store(server.options(bucket, { endpoint: proxy.url, timeoutMs }), pool);
  beforeAll(async () => {
    server = await S3Server.open(make);
    proxy = await FaultyProxy.open();
    proxy.forwardTo(server.url);
  }, BUILD_MS);
  afterAll(async () => {
    await proxy.close();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    proxy.forget();
    bucket = await server.newBucket();
    store = withTimeout(PATIENT_MS);
    await store.recover();
    proxy.forget();
  });
  afterEach(async () => {
    expect(await server.leftovers(bucket)).toEqual([]);
  });
  /** The object is there and right, and there is no other. */
  const expectOnly = async (content: Buffer): Promise<void> => {
    proxy.forget();
    expect((await read(store, key))?.equals(content)).toBe(true);
    expect(await listed(store)).toEqual([{ key, size: content.length, mtime: MTIME }]);
  };

  describe.each(Object.entries(FAULTS))('that has %s once', (_, fault) => {
    if (fault.kind === 'hang')
      beforeEach(() => {
        store = withTimeout(HASTY_MS);
      });

    it('stores a small object', async () => {
      proxy.break('PUT', /a\.tar/, fault);
      const info = await store.put(key, bodyOf(small), mtime);
      expect(info).toEqual({ key, size: small.length, mtime: MTIME });
      expect(proxy.of('PUT', /a\.tar/).length).toBeGreaterThan(1);
      await expectOnly(small);
    });

    it.each(LARGE_REQUESTS)('stores a large object, when it hits %s', async (_of, method, path) => {
      proxy.break(method, path, fault);
      const info = await store.put(key, bodyOf(large), mtime);
      expect(info).toEqual({ key, size: large.length, mtime: MTIME });
      expect(proxy.of(method, path).length).toBeGreaterThan(0);
      await expectOnly(large);
    });

    // A question has no body that could break off.
    if (fault.kind !== 'cut-request')
      it('answers all questions', async () => {
        await store.put(key, bodyOf(small), mtime);
        const info = { key, size: small.length, mtime: MTIME };
        const questions: readonly (readonly [string, RegExp, () => Promise<unknown>, unknown])[] = [
          ['HEAD', /a\.tar/, () => store.head(key), info],
          ['HEAD', /b\.tar/, () => store.head(keyOf('b.tar')), null],
          ['GET', /a\.tar/, () => read(store, key), small],
          ['GET', /b\.tar/, () => read(store, keyOf('b.tar')), null],
          ['GET', /list-type/, () => listed(store), [info]],
          ['DELETE', /a\.tar/, () => store.delete(key), undefined],
        ];
        for (const [method, path, ask, answer] of questions) {
          proxy.break(method, path, fault);
          expect(await ask()).toEqual(answer);
          expect(proxy.of(method, path).length).toBeGreaterThan(1);
        }
        await expectNothing(store, key);
      });
  });

  // These never come to the server, whichever it is.
  if (make === 'versitygw')
    describe.each([
      ['500', FAULTS['500']],
      ['SlowDown', FAULTS.SlowDown],
      ['a reset', FAULTS['a reset']],
      ['403', { kind: 'answer', status: 403, body: xml('AccessDenied') }],
      ['404 of a proxy', { kind: 'answer', status: 404, body: '<html>Not found</html>' }],
      ['404 for its bucket', { kind: 'answer', status: 404, body: xml('NoSuchBucket') }],
      ['200 with a page of HTML', { kind: 'answer', status: 200, body: '<html>Log in</html>' }],
    ] as [string, Fault][])('that always has %s', (name, fault) => {
      it('says so at every question, and never that there is none', async () => {
        await store.put(key, bodyOf(small), mtime);
        const acts: readonly (readonly [string, () => Promise<unknown>])[] = [
          ['head', () => store.head(key)],
          ['head of none', () => store.head(keyOf('b.tar'))],
          ['get', () => read(store, key)],
          ['list', () => listed(store)],
          ['put', () => store.put(keyOf('b.tar'), bodyOf(small), mtime)],
          ['large put', () => store.put(keyOf('b.tar'), bodyOf(large), mtime)],
          ['delete', () => store.delete(key)],
        ];
        for (const method of ['HEAD', 'GET', 'PUT', 'POST', 'DELETE'])
          proxy.break(method, /./, fault, ALWAYS);
        for (const [act, run] of acts) {
          // The answer to this has nothing but its status.
          if (name.startsWith('200') && act === 'delete') continue;
          const error = await thrown(run());
          expect([act, (error as Error).message]).not.toEqual([act, 'Nothing was thrown']);
          expectStoreError(error, ['unavailable']);
        }
        expect(await thrown(store.recover())).toMatchObject({ code: 'unavailable' });
        await expectOnly(small);
      });
    });

  it('that hangs is given up, whatever is asked', async () => {
    await store.put(key, bodyOf(small), mtime);
    for (const method of ['HEAD', 'GET', 'PUT']) proxy.break(method, /./, { kind: 'hang' }, ALWAYS);
    const hasty = withTimeout(200);
    for (const ask of [() => hasty.head(key), () => read(hasty, key), () => listed(hasty)])
      expectStoreError(await thrown(ask()), ['unavailable']);
    await expectOnly(small);
  });

  it('that is full says so', async () => {
    const full: Fault = { kind: 'answer', status: 507, body: xml('XMinioStorageFull') };
    proxy.break('PUT', /a\.tar/, full, ALWAYS);
    for (const content of [small, large])
      expectStoreError(await thrown(store.put(key, bodyOf(content), mtime)), ['storage_full']);
    proxy.forget();
    await expectNothing(store, key);
  });

  it.each([
    ['a small object', small, 'PUT', /a\.tar/],
    ['a large object', large, 'POST', /\?uploadId=/],
  ] as const)(
    'that loses every answer to the commit of %s has it',
    async (_, content, how, path) => {
      proxy.break(how, path, { kind: 'lose-answer' }, ALWAYS);
      const info = await store.put(key, bodyOf(content), mtime);
      expect(info).toEqual({ key, size: content.length, mtime: MTIME });
      await expectOnly(content);
    },
  );

  it.each([
    ['a small object', small, /a\.tar/],
    ['a part of a large one', large, /partNumber=2/],
  ] as const)('that flips a bit of %s is found out by the server', async (_, content, path) => {
    proxy.break('PUT', path, { kind: 'flip-request', after: 70_000 }, ALWAYS);
    expectStoreError(await thrown(store.put(key, bodyOf(content), mtime)), ['unavailable']);
    proxy.forget();
    await expectNothing(store, key);
  });

  it.each(['cut-answer', 'stall-answer'] as const)(
    'that has a %s ends no body well',
    async (kind) => {
      await store.put(key, bodyOf(large), mtime);
      const hasty = withTimeout(HASTY_MS);
      for (const range of [undefined, { start: 5, end: 9 * MIB }]) {
        proxy.break('GET', /a\.tar/, { kind, after: 3 * MIB });
        const opened = await hasty.get(key, range);
        const error = opened === null ? null : await thrown(contentOf(opened.body));
        expectStoreError(error, ['unavailable']);
      }
      await expectOnly(large);
    },
  );

  it('is not cut for a reader that is slow', async () => {
    await store.put(key, bodyOf(large), mtime);
    const opened = await withTimeout(HASTY_MS).get(key);
    const got: Buffer[] = [];
    for await (const chunk of opened?.body ?? []) {
      if (got.length === 0) await new Promise((resolve) => setTimeout(resolve, 2 * HASTY_MS));
      got.push(chunk as Buffer);
    }
    expect(Buffer.concat(got).equals(large)).toBe(true);
  });

  it('goes away while a large object comes: what is left goes at the next start', async () => {
    async function* body() {
      yield large;
      for (const method of ['HEAD', 'GET', 'PUT', 'POST', 'DELETE'])
        proxy.break(method, /./, { kind: 'reset' }, ALWAYS);
      yield large;
    }
    expectStoreError(await thrown(store.put(key, body(), mtime)), ['unavailable']);
    proxy.forget();
    await expectNothing(store, key);
    expect(await server.leftovers(bucket)).not.toEqual([]);
    await withTimeout(PATIENT_MS).recover();
  });

  it.each([
    ['passes over', 200, ''],
    ['does not know', 501, xml('NotImplemented')],
  ])('to a server that %s conditions keeps what was first', async (_, status, body) => {
    proxy.break('PUT', /\.conditional/, { kind: 'delay', ms: 0 });
    proxy.break('PUT', /\.conditional/, { kind: 'answer', status, body });
    const plain = withTimeout(PATIENT_MS);
    await plain.recover();
    proxy.forget();
    const contents = [large, small, someBytes(6 * MIB), someBytes(7 * MIB), someBytes(50_000)];
    const infos = await Promise.all(contents.map((one) => plain.put(key, bodyOf(one), mtime)));
    for (const { headers } of proxy.seen) expect(headers['if-none-match']).toBeUndefined();
    for (const info of infos) expect(info).toEqual(infos[0]);
    const winner = contents.find(({ length }) => length === infos[0]?.size);
    await expectOnly(winner ?? Buffer.alloc(0));
  });

  it('shows no secret in what it throws', async () => {
    proxy.break('HEAD', /./, { kind: 'answer', status: 403, body: '' }, ALWAYS);
    const shown = inspect(await thrown(store.head(key)), { depth: 20, showHidden: true });
    expect(shown).toContain('403');
    const { accessKeyId, secretAccessKey } = server.credentials;
    for (const secret of [accessKeyId, secretAccessKey, 'Signature'])
      expect(shown).not.toContain(secret);
    proxy.forget();
  });
});
