import { createHash, webcrypto } from 'node:crypto';
import { KeyLocks } from './key-locks.ts';

/** Smaller bodies are hashed where they are: to hand them over takes longer. */
const INLINE = 64 * 1024;
/** Bodies that are hashed at once: each is copied for that. */
const AT_ONCE = 2;

const turns = new KeyLocks();
let turn = 0;

/**
 * Sets the SHA-256 of a request's body, for the server to check and for the signature: computed
 * once and beside the event loop, where the SDK would do it twice and on it.
 */
export async function hashBody(request: unknown): Promise<void> {
  const { body, headers } = request as { body?: unknown; headers: Record<string, string> };
  if (!(body instanceof Uint8Array)) return;
  const digest =
    body.length <= INLINE ? createHash('sha256').update(body).digest() : await hashBeside(body);
  headers['x-amz-checksum-sha256'] = digest.toString('base64');
  headers['x-amz-content-sha256'] = digest.toString('hex');
}

async function hashBeside(body: Uint8Array): Promise<Buffer> {
  const done = await turns.take(String(turn++ % AT_ONCE));
  try {
    return Buffer.from(await webcrypto.subtle.digest('SHA-256', body as Uint8Array<ArrayBuffer>));
  } finally {
    done();
  }
}
