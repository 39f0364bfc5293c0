import { createHash, type Hash, randomBytes } from 'node:crypto';

const BLOCK = randomBytes(1024 * 1024);
/** The end of every file, and what makes it different from the others. */
const TAIL = 64;

/** A form's fields, behind its boundary, as curl writes them. */
export function formFields() {
  const boundary = `------------------------${randomBytes(8).toString('hex')}`;
  const field = (name: string, value: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  return { boundary, field };
}

/** rpkg's multipart form of a file that nobody has sent before: fields, file, mtime behind it. */
export function uploadForm(component: string, file: string, size: number) {
  const tail = randomBytes(TAIL);
  const { boundary, field } = formFields();
  const hash = commonPart(size).copy().update(tail).digest('hex');
  const head = Buffer.from(
    `${field('name', component)}${field('sha512sum', hash)}--${boundary}\r\n` +
      `Content-Disposition: form-data; name="file"; filename="${file}"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  );
  const end = Buffer.from(`\r\n${field('mtime', '1400000000')}--${boundary}--\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    length: head.length + size + end.length,
    *pieces(): Iterable<Buffer> {
      yield head;
      yield* blocks(size - TAIL);
      yield tail;
      yield end;
    },
  };
}

const known = new Map<number, Hash>();

/** The hash of all but the tail, so that a new file costs next to nothing. */
function commonPart(size: number): Hash {
  const before = known.get(size);
  if (before !== undefined) return before;
  const hash = createHash('sha512');
  for (const block of blocks(size - TAIL)) hash.update(block);
  known.set(size, hash);
  return hash;
}

function* blocks(bytes: number): Iterable<Buffer> {
  let left = bytes;
  for (; left > BLOCK.length; left -= BLOCK.length) yield BLOCK;
  yield BLOCK.subarray(0, left);
}

/** rpkg's question whether the cache has a file, for a `PostJob`. */
export function questionFor(component: string, file: string, hash: string, authorization: string) {
  const { boundary, field } = formFields();
  const fields = field('name', component) + field('sha512sum', hash) + field('filename', file);
  return {
    headers: {
      Authorization: authorization,
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
    },
    body: `${fields}--${boundary}--\r\n`,
    // "Missing", or more.
    atLeastBytes: 5,
  };
}
