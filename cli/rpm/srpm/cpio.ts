import { damaged } from '../../../core/domain/rpm/damaged.ts';

/** One file of an archive; `body` must be read before the next. */
export interface CpioEntry {
  /** Null in rpm's stripped form: `index` tells which file it is. */
  readonly name: string | null;
  readonly index: number | null;
  /** Null in the stripped form. */
  readonly mode: number | null;
  /** Null in the stripped form: it must be known from elsewhere. */
  readonly size: number | null;
  /** @param size bytes that it has */
  body(size: number): AsyncGenerator<Buffer>;
}

const MAGIC = 6;
const FIELDS = 13;
const NEWC_HEADER = MAGIC + FIELDS * 8;
const STRIPPED_HEADER = MAGIC + 8;
const MAX_NAME = 1024;
const TRAILER = 'TRAILER!!!';
/** Writers fill up to a block of at most so much. */
const MAX_PADDING = 64 * 1024;

/**
 * Reads a cpio archive as rpm writes it: `newc` (070701), the same with checksums (070702), and
 * rpm's stripped form (07070X) for packages with a file of 4 GiB or more. To the end of the input.
 * @throws DistGitError `check_failed`
 */
export async function* readCpio(input: AsyncIterable<Buffer>): AsyncGenerator<CpioEntry> {
  const bytes = new ByteReader(input);
  for (;;) {
    const magic = (await bytes.take(MAGIC)).toString('latin1');
    if (magic === '07070X') {
      const [index = 0] = fieldsOf(await bytes.take(STRIPPED_HEADER - MAGIC));
      await bytes.pad(STRIPPED_HEADER);
      yield entry(bytes, { name: null, index, mode: null, size: null, checksum: null });
      continue;
    }
    if (magic !== '070701' && magic !== '070702') damaged('its payload is no cpio archive');
    const fields = fieldsOf(await bytes.take(NEWC_HEADER - MAGIC));
    const [, mode = 0, , , , , size = 0, , , , , nameSize = 0, checksum = 0] = fields;
    if (nameSize < 2 || nameSize > MAX_NAME) damaged('a name in its payload is too long');
    const text = await bytes.take(nameSize);
    if (text.indexOf(0) !== nameSize - 1) damaged('a name in its payload has no end');
    const name = text.toString('utf8', 0, nameSize - 1);
    await bytes.pad(NEWC_HEADER + nameSize);
    if (name === TRAILER) break;
    const sum = magic === '070702' ? checksum : null;
    yield entry(bytes, { name, index: null, mode, size, checksum: sum });
  }
  await bytes.onlyZerosLeft();
}

function entry(
  bytes: ByteReader,
  head: Omit<CpioEntry, 'body'> & { readonly checksum: number | null },
): CpioEntry {
  const { checksum, ...rest } = head;
  return {
    ...rest,
    async *body(size) {
      let sum = 0;
      for await (const chunk of bytes.stream(size)) {
        if (checksum !== null) for (const byte of chunk) sum = (sum + byte) >>> 0;
        yield chunk;
      }
      await bytes.pad(size);
      if (checksum !== null && sum !== checksum) damaged('a checksum in its payload is wrong');
    },
  };
}

function fieldsOf(bytes: Buffer): number[] {
  const text = bytes.toString('latin1');
  if (!/^[0-9A-Fa-f]+$/.test(text)) damaged('a header in its payload is no number');
  return Array.from({ length: text.length / 8 }, (_, index) =>
    Number.parseInt(text.slice(index * 8, index * 8 + 8), 16),
  );
}

/** Bytes of a stream, some at a time. */
class ByteReader {
  readonly #input: AsyncIterator<Buffer>;
  #chunk: Buffer = Buffer.alloc(0);

  constructor(input: AsyncIterable<Buffer>) {
    this.#input = input[Symbol.asyncIterator]();
  }

  /** At least one byte into `#chunk`; false at the end. */
  async #more(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const { done, value } = await this.#input.next();
      if (done === true) return false;
      this.#chunk = value;
    }
    return true;
  }

  async *stream(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0; ) {
      if (!(await this.#more())) damaged('its payload ends too early');
      const part = this.#chunk.subarray(0, left);
      this.#chunk = this.#chunk.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  /** For few bytes. */
  async take(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.stream(length)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** Passes over what fills `length` up to a multiple of four. */
  async pad(length: number): Promise<void> {
    await this.take((4 - (length % 4)) % 4);
  }

  async onlyZerosLeft(): Promise<void> {
    for (let seen = 0; await this.#more(); ) {
      seen += this.#chunk.length;
      if (seen > MAX_PADDING || this.#chunk.some((byte) => byte !== 0))
        damaged('there is more behind the end of its payload');
      this.#chunk = Buffer.alloc(0);
    }
  }
}
