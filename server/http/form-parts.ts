/**
 * Counts the parts of a multipart form on their way to its parser, which passes over a part that it
 * can not read without a word: an upload that lost its file that way would look like a question.
 */
export class PartCounter {
  readonly #delimiter: Buffer | null;
  /** What a delimiter may have begun in; a form may begin with one, without the line end. */
  #rest: Buffer = Buffer.from('\r\n');
  #delimiters = 0;

  constructor(contentType: string) {
    const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType) ?? [];
    const boundary = quoted ?? plain;
    this.#delimiter = boundary === undefined ? null : Buffer.from(`\r\n--${boundary}`, 'latin1');
  }

  see(chunk: Buffer): void {
    const delimiter = this.#delimiter;
    if (delimiter === null) return;
    const bytes = Buffer.concat([this.#rest, chunk]);
    let from = 0;
    for (let at = bytes.indexOf(delimiter); at !== -1; at = bytes.indexOf(delimiter, from)) {
      this.#delimiters++;
      from = at + delimiter.length;
    }
    this.#rest = bytes.subarray(Math.max(from, bytes.length - delimiter.length + 1));
  }

  /** Of a form that has ended: the last delimiter begins no part. */
  get parts(): number {
    return this.#delimiters - 1;
  }
}
