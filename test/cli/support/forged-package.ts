import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { TAG } from '../../../core/domain/rpm/tags.ts';

/** A value of a header with its type: text, texts, numbers of 2 or 4 bytes, or bytes. */
export type TagValue =
  | { readonly text: string }
  | { readonly texts: readonly string[] }
  | { readonly shorts: readonly number[] }
  | { readonly numbers: readonly number[] }
  | { readonly bytes: Buffer };

/** A header as rpm writes it, without its region. */
export function headerOf(tags: ReadonlyMap<number, TagValue>): Buffer {
  const index: Buffer[] = [];
  let values = Buffer.alloc(0);
  const add = (tag: number, type: number, count: number, value: Buffer, align: number): void => {
    const fill = (align - (values.length % align)) % align;
    values = Buffer.concat([values, Buffer.alloc(fill)]);
    const entry = Buffer.alloc(16);
    [tag, type, values.length, count].forEach((field, at) => entry.writeUInt32BE(field, at * 4));
    index.push(entry);
    values = Buffer.concat([values, value]);
  };
  const texts = (all: readonly string[]): Buffer =>
    Buffer.from(all.map((one) => `${one}\0`).join(''));
  for (const [tag, value] of tags)
    if ('text' in value) add(tag, 6, 1, texts([value.text]), 1);
    else if ('texts' in value) add(tag, 8, value.texts.length, texts(value.texts), 1);
    else if ('bytes' in value) add(tag, 7, value.bytes.length, value.bytes, 1);
    else if ('shorts' in value) {
      const bytes = Buffer.alloc(value.shorts.length * 2);
      value.shorts.forEach((one, at) => bytes.writeUInt16BE(one, at * 2));
      add(tag, 3, value.shorts.length, bytes, 2);
    } else {
      const bytes = Buffer.alloc(value.numbers.length * 4);
      value.numbers.forEach((one, at) => bytes.writeUInt32BE(one, at * 4));
      add(tag, 4, value.numbers.length, bytes, 4);
    }
  const intro = Buffer.from('8eade80100000000', 'hex');
  const counts = Buffer.alloc(8);
  counts.writeUInt32BE(index.length, 0);
  counts.writeUInt32BE(values.length, 4);
  return Buffer.concat([intro, counts, ...index, values]);
}

/** An entry of a `newc` archive. */
export function cpioEntry(
  name: string,
  content: Buffer,
  mode = 0o100644,
  magic = '070701',
): Buffer {
  const sum = magic === '070702' ? content.reduce((total, byte) => total + byte, 0) : 0;
  const fields = [1, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, sum];
  const head = magic + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  return Buffer.concat([padded(Buffer.from(`${head}${name}\0`)), padded(content)]);
}

/** An entry of rpm's stripped form. */
export function strippedEntry(index: number, content: Buffer): Buffer {
  const head = Buffer.from(`07070X${index.toString(16).padStart(8, '0')}`);
  return Buffer.concat([padded(head), padded(content)]);
}

export const TRAILER = cpioEntry('TRAILER!!!', Buffer.alloc(0), 0);

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

/** What the forged package says and holds; each part can be another. */
export interface Forgery {
  readonly files?: Readonly<Record<string, Buffer>>;
  /** Instead of those that the files make, or more; null takes one away. */
  readonly tags?: ReadonlyMap<number, TagValue | null>;
  /** The archive, before it is packed. */
  readonly archive?: Buffer;
  readonly signature?: ReadonlyMap<number, TagValue>;
}

/** A source package that is sound unless told otherwise: gzip, SHA-256 everywhere. */
export function forgePackage(forgery: Forgery = {}): Buffer {
  const files = forgery.files ?? { 'a.spec': Buffer.from('Name: a\n') };
  const names = Object.keys(files);
  const contents = Object.values(files);
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const archive =
    forgery.archive ??
    Buffer.concat([...names.map((name, at) => cpioEntry(name, contents[at] as Buffer)), TRAILER]);
  const payload = gzipSync(archive);
  const tags = new Map<number, TagValue | null>([
    [TAG.name, { text: 'a' }],
    [TAG.version, { text: '1' }],
    [TAG.release, { text: '1.el7' }],
    [TAG.buildTime, { numbers: [1_500_000_000] }],
    [TAG.fileSizes, { numbers: contents.map(({ length }) => length) }],
    [TAG.fileModes, { shorts: names.map(() => 0o100644) }],
    [TAG.fileDigests, { texts: contents.map(sha256) }],
    [TAG.fileFlags, { numbers: names.map((name) => (name.endsWith('.spec') ? 32 : 0)) }],
    [TAG.basenames, { texts: names }],
    [TAG.dirNames, { texts: [''] }],
    [TAG.payloadFormat, { text: 'cpio' }],
    [TAG.payloadCompressor, { text: 'gzip' }],
    [TAG.fileDigestAlgo, { numbers: [8] }],
    [TAG.payloadDigest, { texts: [sha256(payload)] }],
    [TAG.payloadDigestAlgo, { numbers: [8] }],
    ...(forgery.tags ?? []),
  ]);
  const given = [...tags].filter((one): one is [number, TagValue] => one[1] !== null);
  return sealed(headerOf(new Map(given)), payload, forgery.signature);
}

/** Lead and signature header around a header and payload; the SHA-256 is right unless given. */
export function sealed(
  header: Buffer,
  payload: Buffer,
  signature: ReadonlyMap<number, TagValue> = new Map([
    [273, { text: createHash('sha256').update(header).digest('hex') }],
  ]),
): Buffer {
  const lead = Buffer.alloc(96);
  lead.writeUInt32BE(0xedabeedb, 0);
  lead.writeUInt16BE(0x0300, 4);
  lead.writeUInt16BE(1, 6);
  const sealing = headerOf(signature);
  const fill = Buffer.alloc((8 - (sealing.length % 8)) % 8);
  return Buffer.concat([lead, sealing, fill, header, payload]);
}
