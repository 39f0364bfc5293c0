import type { RequestHandler } from 'express';
import type { ReadClient } from '../client.ts';
import { stateOf } from '../request-state.ts';

/**
 * Notes from where a request comes, before anything else looks at it: one with headers that only the
 * front may send, or with a certificate that does not hold, ends here.
 */
export function clientAddress(readClient: ReadClient): RequestHandler {
  return (req, res, next) => {
    (stateOf(res) as { address: string }).address = readClient(req).address;
    next();
  };
}
