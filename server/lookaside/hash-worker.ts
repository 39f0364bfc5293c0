import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

/** To a worker. Bytes are handed over in slots: memory that both sides see, told of once. */
export type HashRequest =
  | { readonly slot: number; readonly memory: SharedArrayBuffer | null }
  /** The next piece of a file: so many bytes from the start of a slot. */
  | { readonly id: number; readonly type: string; readonly slot: number; readonly bytes: number }
  /** The file's end; or nobody wants it any more. */
  | { readonly id: number; readonly type: string; readonly end: 'digest' | 'abandon' };
/** From a worker: a slot was read and may be filled again, or a file's digest. */
export type HashAnswer = { readonly slot: number } | { readonly id: number; readonly hex: string };

const open = new Map<number, Hash>();
const slots = new Map<number, Uint8Array>();

parentPort?.on('message', (request: HashRequest) => {
  const answer = (message: HashAnswer): void => parentPort?.postMessage(message);
  if ('memory' in request) {
    if (request.memory === null) slots.delete(request.slot);
    else slots.set(request.slot, new Uint8Array(request.memory));
    return;
  }
  const { id, type } = request;
  const hash = open.get(id) ?? createHash(type);
  if ('slot' in request) {
    hash.update(slots.get(request.slot)?.subarray(0, request.bytes) ?? '');
    open.set(id, hash);
    answer({ slot: request.slot });
    return;
  }
  open.delete(id);
  if (request.end === 'digest') answer({ id, hex: hash.digest('hex') });
});
