import { damaged } from './damaged.ts';

/** Bytes of a header before its index: magic, version, four reserved, two counts. */
export const HEADER_INTRO = 16;
const INDEX_ENTRY = 16;
const MAGIC = Buffer.from([0x8e, 0xad, 0xe8, 0x01]);
/** rpm's own limit of entries; real packages have about a hundred. */
const MAX_ENTRIES = 0xffff;
/** Values of one tag that are taken as a list. */
const MAX_VALUES = 100_000;

/** Types of values, with the size of one where it is fixed (rpm's `rpmTagType`). */
const TYPE_SIZES = new Map([
  [0, 0],
  [1, 1],
  [2, 1],
  [3, 2],
  [4, 4],
  [5, 8],
  [7, 1],
]);
const TEXT_TYPES = new Set([6, 8, 9]);

interface Entry {
  readonly type: number;
  readonly offset: number;
  readonly count: number;
}

/**
 * Sizes of a header from its first bytes.
 * @param intro `HEADER_INTRO` bytes
 * @param limit bytes that index and values may have together
 * @returns bytes of the whole header, without padding
 */
export function headerSize(intro: Buffer, limit: number): number {
  if (!intro.subarray(0, 4).equals(MAGIC)) damaged('a header does not begin as one');
  const entries = intro.readUInt32BE(8);
  const values = intro.readUInt32BE(12);
  if (entries === 0 || entries > MAX_ENTRIES) damaged(`a header says it has ${entries} entries`);
  const rest = entries * INDEX_ENTRY + values;
  if (rest > limit) damaged(`a header says it has ${rest} bytes`);
  return HEADER_INTRO + rest;
}

/** A header of a package: values by tag. Nothing is read before it is asked for. */
export class Header {
  readonly #entries = new Map<number, Entry>();
  readonly #values: Buffer;

  /** @param bytes the whole header, as `headerSize` says */
  constructor(bytes: Buffer) {
    const count = bytes.readUInt32BE(8);
    this.#values = bytes.subarray(HEADER_INTRO + count * INDEX_ENTRY);
    for (let index = 0; index < count; index++) {
      const at = HEADER_INTRO + index * INDEX_ENTRY;
      const tag = bytes.readUInt32BE(at);
      const entry = {
        type: bytes.readUInt32BE(at + 4),
        offset: bytes.readUInt32BE(at + 8),
        count: bytes.readUInt32BE(at + 12),
      };
      this.#check(tag, entry);
      if (this.#entries.has(tag)) damaged(`tag ${tag} stands in a header twice`);
      this.#entries.set(tag, entry);
    }
  }

  #check(tag: number, { type, offset, count }: Entry): void {
    const size = TYPE_SIZES.get(type);
    if (size === undefined && !TEXT_TYPES.has(type)) damaged(`tag ${tag} has unknown type ${type}`);
    // A text has a byte at least: its end.
    if (offset > this.#values.length || count * (size ?? 1) > this.#values.length - offset)
      damaged(`tag ${tag} points outside of its header`);
  }

  has(tag: number): boolean {
    return this.#entries.has(tag);
  }

  /** Texts, or none where the tag is not there. */
  texts(tag: number): string[] {
    return this.#texts(tag, Number.POSITIVE_INFINITY);
  }

  /** The first text; null where the tag is not there. */
  text(tag: number): string | null {
    return this.#texts(tag, 1)[0] ?? null;
  }

  #texts(tag: number, wanted: number): string[] {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return [];
    if (!TEXT_TYPES.has(entry.type)) damaged(`tag ${tag} is no text`);
    const count = Math.min(entry.count, wanted);
    if (count > MAX_VALUES) damaged(`tag ${tag} has ${count} values`);
    const found: string[] = [];
    let at = entry.offset;
    for (let index = 0; index < count; index++) {
      const end = this.#values.indexOf(0, at);
      if (end === -1) damaged(`a text of tag ${tag} has no end`);
      found.push(this.#values.toString('utf8', at, end));
      at = end + 1;
    }
    return found;
  }

  /** Whole numbers, or none where the tag is not there. */
  numbers(tag: number): number[] {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return [];
    const { type, offset, count } = entry;
    if (count > MAX_VALUES) damaged(`tag ${tag} has ${count} values`);
    const size = type === 7 ? undefined : TYPE_SIZES.get(type);
    if (size === undefined || size === 0) damaged(`tag ${tag} is no number`);
    return Array.from({ length: count }, (_, index) => {
      const at = offset + index * size;
      if (size < 8) return this.#values.readUIntBE(at, size);
      const value = this.#values.readBigUInt64BE(at);
      if (value > BigInt(Number.MAX_SAFE_INTEGER)) damaged(`a number of tag ${tag} is too large`);
      return Number(value);
    });
  }

  /** Bytes; null where the tag is not there. */
  bytes(tag: number): Buffer | null {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return null;
    if (entry.type !== 7) damaged(`tag ${tag} has no bytes`);
    return this.#values.subarray(entry.offset, entry.offset + entry.count);
  }
}
