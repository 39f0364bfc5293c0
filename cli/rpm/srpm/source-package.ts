import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { fail } from '../../../core/api/distgit-error.ts';
import { formatBytes } from '../../../core/domain/byte-size.ts';
import { damaged } from '../../../core/domain/rpm/damaged.ts';
import { Header } from '../../../core/domain/rpm/header.ts';
import {
  identityOf,
  type PackageIdentity,
  type ReadAt,
  readPackageHead,
} from '../../../core/domain/rpm/package-head.ts';
import {
  HASH_ALGORITHMS,
  SIGNATURE_TAG,
  SPEC_FILE_FLAG,
  TAG,
} from '../../../core/domain/rpm/tags.ts';
import { parseSourceFileName, type SourceFileName } from '../../../core/domain/source-file-name.ts';
import { quoted } from '../../../core/domain/text.ts';
import { COMPRESSORS, type Compressor } from './payload.ts';

/** One file of a source package, as its header tells. */
export interface PackagedFile {
  readonly name: SourceFileName;
  /** Bytes. */
  readonly size: number;
  readonly executable: boolean;
  readonly spec: boolean;
  /** Of its content: algorithm as node names it, and lower-case hex. */
  readonly digest: Digest;
}

export interface Digest {
  readonly algorithm: string;
  readonly hex: string;
}

/** A source package whose header has been checked; its payload has not been read. */
export interface SourcePackage extends PackageIdentity {
  readonly path: string;
  readonly files: readonly PackagedFile[];
  /** Lines of the newest entry; empty where there is no changelog. */
  readonly changelog: string;
  /** SHA-256 of the header: what the package is, whoever signed it. */
  readonly headerDigest: string;
  readonly payload: {
    readonly compressor: Compressor;
    /** Where it begins in the file. */
    readonly offset: number;
    /** Of the payload as it lies in the file; null: older rpm than 4.14. */
    readonly digest: Digest | null;
    /** The header and the payload together have this MD5; null: not stated. */
    readonly md5: { readonly hex: string; readonly header: Buffer } | null;
  };
}

const MAX_HEADER = 32 * 2 ** 20;
const MAX_FILES = 10_000;
/** No package that anybody released is larger. */
const MAX_UNPACKED = 64 * 2 ** 30;
/** Sources are compressed already: a payload that grows much more is a bomb. */
const MAX_GROWTH = 200;
const GROWTH_FREE = 256 * 2 ** 20;

/**
 * Reads and checks lead, signature header and header of a source package: the header has the digest
 * that the signature header states, and every file name, size and digest is one that may be. Whose
 * signature is on it is not looked at.
 * @throws DistGitError `usage` where it is no source package, `check_failed` where it is refused
 */
export async function openSourcePackage(path: string): Promise<SourcePackage> {
  const file = await open(path).catch((cause: NodeJS.ErrnoException) =>
    fail('usage', `${path} can not be read (${cause.code}).`, 'Name a file that is there.'),
  );
  try {
    const stat = await file.stat();
    if (!stat.isFile()) fail('usage', `${path} is not a file.`, 'Name a .src.rpm file.');
    const head = await readPackageHead(reader(file, stat.size), MAX_HEADER);
    if (head === null) notSource(path);
    const { signature, main } = head;
    const headerDigest = checkHeaderDigest(new Header(signature), main);
    const header = new Header(main);
    if (header.has(TAG.sourceRpm)) notSource(path);
    const files = filesOf(header);
    checkGrowth(files, stat.size);
    const md5 = new Header(signature).bytes(SIGNATURE_TAG.md5);
    return {
      path,
      ...identityOf(header),
      files,
      changelog: header.text(TAG.changelogText) ?? '',
      headerDigest,
      payload: {
        compressor: compressorOf(header),
        offset: head.payload,
        digest: payloadDigest(header),
        md5: md5 === null ? null : { hex: md5.toString('hex'), header: main },
      },
    };
  } finally {
    await file.close();
  }
}

function notSource(path: string): never {
  fail('usage', `${path} is not a source package.`, 'Name a .src.rpm file.');
}

const reader =
  (file: FileHandle, size: number): ReadAt =>
  async (at, length) => {
    // Before the memory is taken.
    if (at + length > size) return Buffer.alloc(0);
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await file.read(bytes, 0, length, at);
    return bytes.subarray(0, bytesRead);
  };

/** @returns the header's SHA-256 */
function checkHeaderDigest(signature: Header, main: Buffer): string {
  const own = (algorithm: string): string => createHash(algorithm).update(main).digest('hex');
  const sha256 = signature.text(SIGNATURE_TAG.sha256);
  const sha1 = signature.text(SIGNATURE_TAG.sha1);
  if (sha256 === null && sha1 === null) damaged('it states no digest of its header');
  if (sha256 !== null && own('sha256') !== sha256.toLowerCase())
    damaged('its header does not have the SHA-256 that it states');
  if (sha1 !== null && own('sha1') !== sha1.toLowerCase())
    damaged('its header does not have the SHA-1 that it states');
  return own('sha256');
}

function filesOf(header: Header): PackagedFile[] {
  const names = header.texts(TAG.basenames);
  const long = header.numbers(TAG.longFileSizes);
  const sizes = long.length > 0 ? long : header.numbers(TAG.fileSizes);
  const modes = header.numbers(TAG.fileModes);
  const digests = header.texts(TAG.fileDigests);
  const flags = header.numbers(TAG.fileFlags);
  if (names.length === 0) damaged('it has no files');
  if (names.length > MAX_FILES) damaged(`it has ${names.length} files`);
  if ([sizes, modes, digests, flags].some(({ length }) => length !== names.length))
    damaged('its lists of files differ in length');
  if (header.texts(TAG.dirNames).some((folder) => folder !== '')) damaged('it has folders');
  const algorithm = algorithmOf(header.numbers(TAG.fileDigestAlgo)[0] ?? 1);
  const files = names.map((text, index): PackagedFile => {
    const name = parseName(text);
    const mode = modes[index] ?? 0;
    if ((mode & 0o170000) !== 0o100000) damaged(`${name} is not a regular file`);
    const hex = (digests[index] ?? '').toLowerCase();
    if (hex.length !== createHash(algorithm).digest('hex').length || !/^[0-9a-f]+$/.test(hex))
      damaged(`${name} has no ${algorithm} digest`);
    return {
      name,
      size: sizes[index] ?? 0,
      executable: (mode & 0o100) !== 0,
      spec: ((flags[index] ?? 0) & SPEC_FILE_FLAG) !== 0,
      digest: { algorithm, hex },
    };
  });
  if (new Set(files.map(({ name }) => name)).size !== files.length)
    damaged('it has a file of the same name twice');
  return files;
}

function parseName(text: string): SourceFileName {
  try {
    return parseSourceFileName(text);
  } catch (cause) {
    return damaged(`${quoted(text)} is no name for a source file`, cause);
  }
}

function checkGrowth(files: readonly PackagedFile[], packed: number): void {
  const unpacked = files.reduce((sum, { size }) => sum + size, 0);
  if (unpacked > Math.min(MAX_UNPACKED, GROWTH_FREE + MAX_GROWTH * packed))
    damaged(`it has ${formatBytes(packed)} and would unpack to ${formatBytes(unpacked)}`);
}

function algorithmOf(number: number): string {
  return HASH_ALGORITHMS[number] ?? damaged(`hash algorithm ${number} is not known`);
}

function compressorOf(header: Header): Compressor {
  const format = header.text(TAG.payloadFormat) ?? 'cpio';
  if (format !== 'cpio') damaged(`its payload is ${quoted(format)}, not cpio`);
  // rpm leaves the tag out where it does not compress.
  const name = header.text(TAG.payloadCompressor) ?? 'none';
  const known = COMPRESSORS.find((one) => one === name);
  return known ?? damaged(`its payload is compressed by ${quoted(name)}`);
}

function payloadDigest(header: Header): Digest | null {
  const hex = header.text(TAG.payloadDigest);
  if (hex === null) return null;
  const algorithm = algorithmOf(header.numbers(TAG.payloadDigestAlgo)[0] ?? 8);
  return { algorithm, hex: hex.toLowerCase() };
}
