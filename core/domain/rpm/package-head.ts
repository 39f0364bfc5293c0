import { quoted } from '../text.ts';
import { damaged } from './damaged.ts';
import { HEADER_INTRO, type Header, headerSize } from './header.ts';
import { TAG } from './tags.ts';

/** What stands before the payload of a source package. */
export interface PackageHead {
  /** The signature header, whole. */
  readonly signature: Buffer;
  /** The main header, whole. */
  readonly main: Buffer;
  /** Where the payload begins in the file. */
  readonly payload: number;
}

/** What a source package says it is. */
export interface PackageIdentity {
  readonly name: string;
  readonly version: string;
  readonly release: string;
  /** `name-[epoch:]version-release`. */
  readonly nevr: string;
  /** Seconds since 1970. */
  readonly buildTime: number;
}

/** Bytes of a file from one place on; fewer only where the file ends before. */
export type ReadAt = (at: number, length: number) => Promise<Buffer>;

const LEAD = 96;
const LEAD_MAGIC = 0xedabeedb;
const SOURCE_TYPE = 1;
/** Signature headers have some kilobytes, main headers with long changelogs some hundred. */
const MAX_SIGNATURE = 2 ** 20;

/**
 * Lead, signature header and main header of a source package; what is in them is not looked at.
 * @param maxHeader bytes that the main header may have
 * @returns null where the file does not begin as a source package does
 * @throws DistGitError `check_failed` where it ends too early, or a header is none
 */
export async function readPackageHead(
  read: ReadAt,
  maxHeader: number,
): Promise<PackageHead | null> {
  const lead = await read(0, LEAD);
  if (lead.length < LEAD || lead.readUInt32BE(0) !== LEAD_MAGIC) return null;
  if (lead.readUInt16BE(6) !== SOURCE_TYPE) return null;
  const signature = await readHeader(read, LEAD, MAX_SIGNATURE);
  // The main header begins at a multiple of eight.
  const start = LEAD + Math.ceil(signature.length / 8) * 8;
  const main = await readHeader(read, start, maxHeader);
  return { signature, main, payload: start + main.length };
}

async function readHeader(read: ReadAt, at: number, limit: number): Promise<Buffer> {
  const intro = await readExactly(read, at, HEADER_INTRO);
  return readExactly(read, at, headerSize(intro, limit));
}

async function readExactly(read: ReadAt, at: number, length: number): Promise<Buffer> {
  const bytes = await read(at, length);
  if (bytes.length < length) damaged('the file ends within a header');
  return bytes;
}

/**
 * Of a source package.
 * @throws DistGitError `check_failed` where name, version or release is none
 */
export function identityOf(header: Header): PackageIdentity {
  const word = (tag: number, what: string): string => {
    const text = header.text(tag);
    if (text === null || !/^[A-Za-z0-9._+~^-]{1,200}$/.test(text))
      damaged(`${quoted(text ?? '')} is no ${what}`);
    return text;
  };
  const name = word(TAG.name, 'name');
  const version = word(TAG.version, 'version');
  const release = word(TAG.release, 'release');
  const [epoch] = header.numbers(TAG.epoch);
  const [buildTime = 0] = header.numbers(TAG.buildTime);
  const nevr = `${name}-${epoch === undefined ? '' : `${epoch}:`}${version}-${release}`;
  return { name, version, release, nevr, buildTime };
}
