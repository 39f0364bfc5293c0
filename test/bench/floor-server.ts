/**
 * The floor of an upload, a program of its own: takes the same form as `upload.cgi`, hashes the
 * file, writes it, fsyncs it and renames it to its hash. No login, no database, no checks.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** Bytes gathered before a write. */
const WRITE_SIZE = 1024 * 1024;

const [folder = '.'] = process.argv.slice(2);
let files = 0;

const server = createServer({ requestTimeout: 0 }, (req, res) => {
  store(req).then(
    (said) => res.end(said),
    (error: unknown) => res.writeHead(400).end(`${String(error)}\n`),
  );
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
process.on('SIGTERM', () => process.exit());

async function store(req: IncomingMessage): Promise<string> {
  const boundary = /boundary=(\S+)$/.exec(req.headers['content-type'] ?? '')?.[1] ?? '';
  const chunks = req[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const { wanted, rest } = await readHead(chunks);
  const staged = join(folder, `${files++}.part`);
  const handle = await open(staged, 'wx');
  const hash = createHash('sha512');
  try {
    const body = fileBytes(rest, chunks, Buffer.from(`\r\n--${boundary}`));
    await write(handle, body, (piece) => hash.update(piece));
    // What follows the file is read to nowhere.
    while ((await chunks.next()).done !== true);
    await handle.sync();
  } finally {
    await handle.close();
  }
  const digest = hash.digest('hex');
  if (digest !== wanted) throw new Error(`sha512 is ${digest}`);
  await rename(staged, join(folder, digest));
  return 'stored\n';
}

/** Up to the file's first byte. */
async function readHead(chunks: AsyncIterator<Buffer>): Promise<{ wanted: string; rest: Buffer }> {
  let data = Buffer.alloc(0);
  for (;;) {
    const file = data.indexOf('filename="');
    const end = file === -1 ? -1 : data.indexOf('\r\n\r\n', file);
    if (end !== -1) {
      const head = data.toString('latin1', 0, end);
      const wanted = /name="sha512sum"\r\n\r\n(\w+)\r\n/.exec(head)?.[1] ?? '';
      return { wanted, rest: data.subarray(end + 4) };
    }
    const next = await chunks.next();
    if (next.done) throw new Error('no file');
    data = Buffer.concat([data, next.value]);
  }
}

/** Everything before `delimiter`; only the seams between chunks are copied. */
async function* fileBytes(
  first: Buffer,
  chunks: AsyncIterator<Buffer>,
  delimiter: Buffer,
): AsyncGenerator<Buffer> {
  const overlap = delimiter.length - 1;
  let held: Buffer = Buffer.alloc(0);
  for (let chunk = first; ; ) {
    const short = chunk.length < overlap;
    const seam = Buffer.concat([held, short ? chunk : chunk.subarray(0, overlap)]);
    const atSeam = seam.indexOf(delimiter);
    if (atSeam !== -1) {
      yield seam.subarray(0, atSeam);
      return;
    }
    const at = chunk.indexOf(delimiter);
    if (at !== -1) {
      yield held;
      yield chunk.subarray(0, at);
      return;
    }
    if (short) held = seam;
    else {
      yield held;
      yield chunk.subarray(0, chunk.length - overlap);
      held = chunk.subarray(chunk.length - overlap);
    }
    const next = await chunks.next();
    if (next.done) throw new Error('the form has no end');
    chunk = next.value;
  }
}

async function write(
  handle: FileHandle,
  body: AsyncIterable<Buffer>,
  seen: (piece: Buffer) => void,
): Promise<void> {
  let pending: Buffer[] = [];
  let bytes = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const flush = async (): Promise<void> => {
    await writing;
    writing = handle.writev(pending);
    pending = [];
    bytes = 0;
  };
  for await (const piece of body) {
    if (piece.length === 0) continue;
    seen(piece);
    pending.push(piece);
    bytes += piece.length;
    if (bytes >= WRITE_SIZE) await flush();
  }
  if (bytes > 0) await flush();
  await writing;
}
