import { fail } from '../api/distgit-error.ts';

/** The wire form of keys and certificates (RFC 4251, section 5), read field by field. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** A length of four bytes, and so many bytes. @throws DistGitError `input_invalid` */
  string(): Buffer {
    const length = this.#take(4).readUInt32BE(0);
    return this.#take(length);
  }

  /** @throws DistGitError `input_invalid` */
  text(): string {
    return this.string().toString('utf8');
  }

  /** @throws DistGitError `input_invalid` */
  uint32(): number {
    return this.#take(4).readUInt32BE(0);
  }

  /** @throws DistGitError `input_invalid` */
  uint64(): bigint {
    return this.#take(8).readBigUInt64BE(0);
  }

  /** A positive whole number in its shortest form. @throws DistGitError `input_invalid` */
  positive(): bigint {
    const bytes = this.string();
    const [first = 0, second = 0] = bytes;
    const shortest = first !== 0 || second >= 0x80;
    if (bytes.length === 0 || first >= 0x80 || !shortest) broken();
    return BigInt(`0x${bytes.toString('hex')}`);
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) broken();
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

/**
 * Base64 as OpenSSH writes it, one way for each content.
 * @throws DistGitError `input_invalid`
 */
export function parseBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== text) broken();
  return bytes;
}

/** @throws DistGitError `input_invalid` */
export function broken(): never {
  return fail(
    'input_invalid',
    'The SSH key is damaged.',
    'Copy the whole line of the .pub file, without line breaks.',
  );
}
