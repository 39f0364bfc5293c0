import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

/** To a worker: pieces of a file in their order, then the end; or that nobody wants it any more. */
export type HashRequest =
  | { readonly id: number; readonly type: string; readonly pieces: readonly Uint8Array[] }
  | { readonly id: number; readonly type: string; readonly end: 'digest' | 'abandon' };
/** From a worker: `hex` null says that a piece was taken in. */
export interface HashAnswer {
  readonly id: number;
  readonly hex: string | null;
}

const open = new Map<number, Hash>();

parentPort?.on('message', (request: HashRequest) => {
  const { id, type } = request;
  const hash = open.get(id) ?? createHash(type);
  if ('pieces' in request) {
    for (const piece of request.pieces) hash.update(piece);
    open.set(id, hash);
    parentPort?.postMessage({ id, hex: null } satisfies HashAnswer);
    return;
  }
  open.delete(id);
  if (request.end === 'digest')
    parentPort?.postMessage({ id, hex: hash.digest('hex') } satisfies HashAnswer);
});
