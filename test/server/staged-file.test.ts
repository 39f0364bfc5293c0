import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { StagingFolder } from '../../server/lookaside/staged-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: string;
let staging: StagingFolder;
beforeEach(async () => {
  temporary = await temporaryFolder();
  folder = join(temporary.path, 'staging');
  staging = new StagingFolder(folder);
  await staging.recover();
});
afterEach(() => temporary[Symbol.asyncDispose]());

const codeOf = async (act: Promise<unknown>): Promise<string> => {
  const error = await act.then(
    () => new Error('Nothing was thrown'),
    (raw: unknown) => raw,
  );
  expect(error).toBeInstanceOf(DistGitError);
  return (error as DistGitError).code;
};
const bytes = (size: number): Readable => Readable.from([Buffer.alloc(size, 'x')]);

describe('a staged file', () => {
  it('gives back what came, until it is removed', async () => {
    const staged = await staging.stage(Readable.from([Buffer.from('a'), Buffer.from('bc')]), 3);
    expect(await readdir(folder)).toHaveLength(1);
    for (let n = 0; n < 2; n++)
      expect(Buffer.concat(await staged.open().toArray()).toString()).toBe('abc');
    await staged.remove();
    await staged.remove();
    expect(await readdir(folder)).toEqual([]);
  });

  it('may be as large as is allowed, and not one byte larger', async () => {
    await (await staging.stage(bytes(100_000), 100_000)).remove();
    expect(await codeOf(staging.stage(bytes(100_001), 100_000))).toBe('too_large');
    expect(await readdir(folder)).toEqual([]);
  });

  it('is gone where its body breaks off', async () => {
    for (const error of [new Error('reset'), undefined]) {
      const body = new PassThrough();
      body.write('some');
      setTimeout(() => body.destroy(error), 5);
      expect(await codeOf(staging.stage(body, 100))).toBe('client_gone');
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('that can not be written is the fault of the disk, not of the client', async () => {
    await rm(folder, { recursive: true });
    await writeFile(folder, 'a file in its place');
    expect(await codeOf(staging.stage(bytes(1), 100))).toBe('unavailable');
  });

  it('is its own, among many that come at once', async () => {
    const contents = Array.from({ length: 20 }, (_, n) => `content ${n}`);
    const staged = await Promise.all(
      contents.map((text) => staging.stage(Readable.from([Buffer.from(text)]), 100)),
    );
    const read = await Promise.all(
      staged.map(async (one) => Buffer.concat(await one.open().toArray()).toString()),
    );
    expect(read).toEqual(contents);
    await Promise.all(staged.map((one) => one.remove()));
    expect(await readdir(folder)).toEqual([]);
  });

  it('of a server that died goes at the next start', async () => {
    await staging.stage(bytes(10), 100);
    await new StagingFolder(folder).recover();
    expect(await readdir(folder)).toEqual([]);
  });
});
