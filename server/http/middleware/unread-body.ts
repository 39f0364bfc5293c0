import type { RequestHandler } from 'express';
import { stateOf } from '../request-state.ts';

/** How long a refused client may go on sending, so that it comes to read the answer. */
const LINGER_MS = 5000;

/**
 * A client that was answered before its body was read may still send gigabytes. Cutting it at once
 * would lose the answer (a reset overtakes it), so that it is read to nowhere for a while, as nginx
 * does with its lingering_close.
 */
export function unreadBody(): RequestHandler {
  return (req, res, next) => {
    // A request lets go of its socket when it is destroyed.
    const { socket } = req;
    res.on('finish', () => {
      if (req.complete || socket.destroyed) return;
      const timer = setTimeout(() => socket.destroy(), LINGER_MS);
      const calm = (): void => clearTimeout(timer);
      socket.once('close', calm);
      req.once('end', () => {
        calm();
        socket.off('close', calm);
      });
      // Whatever reads it (a decompressor that stands still) reads it no more.
      req.unpipe();
      req.resume();
    });
    const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => typeof res;
    res.writeHead = ((...args: unknown[]) => {
      // Nobody knows whether a body that was not asked for follows: the connection ends here.
      if (stateOf(res).expectsContinue) res.setHeader('Connection', 'close');
      return writeHead(...args);
    }) as typeof res.writeHead;
    next();
  };
}
