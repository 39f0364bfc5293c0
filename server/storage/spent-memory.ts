import { isMarkedAsUntransferable } from 'node:worker_threads';

/** Bytes from which it pays. */
const LARGE = 16 * 1024;

/**
 * Frees the memory of a body's pieces as they are used up, where the garbage collector would let
 * 64 MB of them gather and then walk the whole heap. A piece may be one slice of several, and the
 * ends of a body may share their memory with what was read before and behind it: memory is freed
 * when a piece of other memory was used up after it, and the first and last are left alone.
 * @returns to be called with every piece in the order in which they came, when nobody reads it any
 * more; it is empty then, or will be
 */
export function spentMemory(): (piece: Buffer) => void {
  let first: ArrayBufferLike | null = null;
  let last: ArrayBufferLike | null = null;
  return ({ buffer }) => {
    if (buffer === last) return;
    const spent = last;
    last = buffer;
    first ??= buffer;
    if (spent !== null && spent !== first && isOurs(spent)) spent.transfer(0);
  };
}

/** Neither Node's pool of small buffers nor what another thread sees. */
function isOurs(memory: ArrayBufferLike): memory is ArrayBuffer {
  if (!(memory instanceof ArrayBuffer) || memory.byteLength < LARGE) return false;
  return !isMarkedAsUntransferable(memory);
}
