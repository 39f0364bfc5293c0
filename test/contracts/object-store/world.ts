import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect } from 'vitest';
import { DistGitError } from '../../../core/api/distgit-error.ts';
import type { ObjectInfo, ObjectKey, ObjectStore } from '../../../server/storage/object-store.ts';

export interface StoreKind<Outage extends string = string> {
  /** Ways in which it can become unreachable. */
  readonly outages: readonly Outage[];
  open(): Promise<StoreUnderTest<Outage>>;
}

export interface StoreUnderTest<Outage extends string = string> {
  readonly store: ObjectStore;
  /** @returns what repairs it */
  outage(kind: Outage): Promise<() => Promise<void>>;
  /** Whatever puts have left behind that is no object. */
  leftovers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** A new store for each test, which must leave nothing behind but objects. */
export function world(kind: StoreKind) {
  let under: StoreUnderTest;
  beforeEach(async () => {
    under = await kind.open();
    await under.store.recover();
  });
  afterEach(async () => {
    const left = await under.leftovers();
    await under.close();
    expect(left).toEqual([]);
  });
  return {
    get under() {
      return under;
    },
    get store() {
      return under.store;
    },
  };
}

export const MTIME = new Date('2001-02-03T04:05:06.000Z');
export const mtime = (): Date => MTIME;

/** A key as the look-aside cache makes them. */
export function keyOf(name: string, component = 'python'): ObjectKey {
  const hash = createHash('sha512').update(name).digest('hex');
  return `${component}/${name}/sha512-${hash}` as ObjectKey;
}

/** A body in these pieces. */
export function bodyOf(...pieces: readonly (Buffer | string)[]): Readable {
  return Readable.from(
    pieces.map((piece) => Buffer.from(piece as string)),
    { objectMode: false },
  );
}

/** So many bytes, different ones everywhere. */
export const someBytes = (size: number): Buffer => randomBytes(size);

export async function contentOf(body: Readable): Promise<Buffer> {
  return Buffer.concat(await body.toArray());
}

/** The whole object; null: there is none. */
export async function read(store: ObjectStore, key: ObjectKey): Promise<Buffer | null> {
  const opened = await store.get(key);
  return opened === null ? null : contentOf(opened.body);
}

export async function listed(store: ObjectStore): Promise<ObjectInfo[]> {
  const found: ObjectInfo[] = [];
  for await (const key of store.list()) {
    const info = await store.head(key);
    expect(info, `${key} is listed`).not.toBeNull();
    if (info !== null) found.push(info);
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** No door shows the object, nor anything else that was not put. */
export async function expectNothing(store: ObjectStore, key: ObjectKey): Promise<void> {
  expect(await store.head(key)).toBeNull();
  expect(await store.get(key)).toBeNull();
  expect(await listed(store)).toEqual([]);
}

/** What the act throws. */
export async function thrown(act: Promise<unknown>): Promise<unknown> {
  return act.then(
    () => new Error('Nothing was thrown'),
    (error: unknown) => error,
  );
}

/** A failure of the store in its own words, that shows nothing of the machine. */
export function expectStoreError(error: unknown, codes: readonly string[]): void {
  expect(error).toBeInstanceOf(DistGitError);
  const { code, message, detail } = error as DistGitError;
  expect(codes).toContain(code);
  expect(`${message} ${detail.remedy}`).not.toMatch(/\/|E[A-Z]{3,}/);
}
