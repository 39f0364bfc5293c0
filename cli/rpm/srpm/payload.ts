import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { delimiter } from 'node:path';
import { PassThrough, type Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { DistGitError } from '../../../core/api/distgit-error.ts';
import { damaged } from '../../../core/domain/rpm/damaged.ts';
import type { SourcePackage } from './source-package.ts';

/** As rpm names them in the header. */
export const COMPRESSORS = ['none', 'gzip', 'zstd', 'xz', 'lzma', 'bzip2'] as const;
export type Compressor = (typeof COMPRESSORS)[number];

const CHUNK = 256 * 1024;
/** What the largest dictionary of xz needs, and not more: `xz -9` takes 65 MiB. */
const XZ_MEMORY = '512MiB';

/**
 * gzip and zstd come with node. For the others their own programs are run, which every system has
 * where packages are made: node has none of them, and packages of npm are old or translated ones.
 * rpm2cpio is not used: it is missing where rpm is, it goes by the system's own configuration, and
 * it begins to write before anything has been checked.
 */
const PROGRAMS: Partial<Record<Compressor, readonly [program: string, ...args: string[]]>> = {
  xz: ['xz', '--decompress', '--stdout', '--format=xz', `--memlimit-decompress=${XZ_MEMORY}`],
  lzma: ['xz', '--decompress', '--stdout', '--format=lzma', `--memlimit-decompress=${XZ_MEMORY}`],
  bzip2: ['bzip2', '--decompress', '--stdout'],
};

/**
 * The unpacked payload, as it comes; its digests are checked when its end is reached, so that it
 * must be read to the end. Takes constant memory.
 * @param act reads it
 * @param path where programs are looked for, as `$PATH`
 * @throws DistGitError `check_failed` where it is damaged, `usage` without the program it takes
 */
export async function withPayload<T>(
  source: SourcePackage,
  act: (payload: Readable) => Promise<T>,
  { path, signal }: { readonly path: string; readonly signal: AbortSignal },
): Promise<T> {
  const { compressor, offset, digest, md5 } = source.payload;
  const hashes = [
    ...(digest === null ? [] : [{ hash: createHash(digest.algorithm), hex: digest.hex }]),
    // Where rpm states the better one, MD5 tells no more.
    ...(md5 === null || digest !== null
      ? []
      : [{ hash: createHash('md5').update(md5.header), hex: md5.hex }]),
  ];
  const file = createReadStream(source.path, { start: offset, highWaterMark: CHUNK });
  const unpacked = new PassThrough({ highWaterMark: CHUNK });
  // Who reads it hears of errors; so does nobody once the reader has given up.
  unpacked.on('error', () => {});
  // Whatever fails first ends the others.
  const stop = new AbortController();
  const any = AbortSignal.any([signal, stop.signal]);
  const hashed = async function* (bytes: AsyncIterable<Buffer>) {
    for await (const chunk of bytes) {
      for (const { hash } of hashes) hash.update(chunk);
      yield chunk;
    }
  };
  const feeding = feed(compressor, file, hashed, unpacked, any, path).catch((error: unknown) => {
    unpacked.destroy(error as Error);
    throw error;
  });
  // The reader tells of it as well; nobody may be left without an answer.
  feeding.catch(() => {});
  try {
    const result = await act(unpacked);
    await feeding;
    for (const { hash, hex } of hashes)
      if (hash.digest('hex') !== hex)
        damaged('its payload does not have the digest that it states');
    return result;
  } catch (error) {
    stop.abort();
    await feeding.catch(() => {});
    if (signal.aborted) throw error;
    if (error instanceof DistGitError) throw error;
    const { code = '' } = error as NodeJS.ErrnoException;
    // Of zlib, and of a stream that ended early.
    if (/^(Z_|ZSTD_|ERR_ZLIB|ERR_STREAM_PREMATURE|UNPACK)/.test(code))
      return damaged('its payload can not be unpacked', error);
    throw error;
  } finally {
    file.destroy();
    unpacked.destroy();
  }
}

async function feed(
  compressor: Compressor,
  file: Readable,
  hashed: (bytes: AsyncIterable<Buffer>) => AsyncIterable<Buffer>,
  unpacked: PassThrough,
  signal: AbortSignal,
  path: string,
): Promise<void> {
  const program = PROGRAMS[compressor];
  if (program !== undefined) return feedProgram(program, file, hashed, unpacked, signal, path);
  const transform: Transform =
    compressor === 'gzip'
      ? createGunzip({ chunkSize: CHUNK })
      : compressor === 'zstd'
        ? createZstdDecompress({ chunkSize: CHUNK })
        : new PassThrough();
  await pipeline(file, hashed, transform, unpacked, { signal });
}

async function feedProgram(
  [program, ...args]: readonly [string, ...string[]],
  file: Readable,
  hashed: (bytes: AsyncIterable<Buffer>) => AsyncIterable<Buffer>,
  unpacked: PassThrough,
  signal: AbortSignal,
  path: string,
): Promise<void> {
  const child = spawn(program, args, {
    // Options of the user (XZ_OPT, BZIP2) do not count here.
    env: { PATH: path.split(delimiter).filter(Boolean).join(delimiter), LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'ignore'],
    signal,
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) =>
      reject(cause.code === 'ENOENT' ? missing(program, cause) : cause),
    );
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(codedError('UNPACK', `${program} ended with ${code}`)),
    );
  });
  const input = pipeline(file, hashed, child.stdin, { signal }).catch((error: unknown) => {
    // It has closed its input: why, its exit status tells.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  });
  const output = pipeline(child.stdout, unpacked, { signal, end: false });
  const results = await Promise.allSettled([ended, input, output]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  unpacked.end();
}

function codedError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function missing(program: string, cause: unknown): DistGitError {
  return new DistGitError('usage', `${program} can not be run; the package is packed with it.`, {
    detail: { remedy: `Install it: dnf install ${program} (Debian: apt-get install ${program}).` },
    cause,
  });
}
