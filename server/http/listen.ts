import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';

/** How long requests may go on when the server is asked to stop. */
const STOP_MS = 10_000;
/** Of a whole request's head. */
const HEADERS_MS = 60_000;

/**
 * Listens; slow clients are cut by idle time, never by total time. A request with
 * `Expect: 100-continue` goes to the app like any other, which lets the body come or refuses it.
 */
export async function listen(
  app: Express,
  { host, port, idleSeconds }: { host: string; port: number; idleSeconds: number },
): Promise<{ server: Server; url: string; close(): Promise<void> }> {
  const server = createServer({ requestTimeout: 0, headersTimeout: HEADERS_MS }, app);
  server.timeout = idleSeconds * 1000;
  server.on('checkContinue', app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { address, port: bound, family } = server.address() as AddressInfo;
  const name = family === 'IPv6' ? `[${address}]` : address;
  return {
    server,
    url: `http://${name}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), STOP_MS);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
