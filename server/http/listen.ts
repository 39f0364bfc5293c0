import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import type { TlsFiles } from './tls-files.ts';

/** How long requests may go on when the server is asked to stop. */
const STOP_MS = 10_000;
/** Of a whole request's head. */
const HEADERS_MS = 60_000;
const OPTIONS = { requestTimeout: 0, headersTimeout: HEADERS_MS } as const;

export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Listens, by TLS where there is a certificate for it; slow clients are cut by idle time, never by
 * total time. A request with `Expect: 100-continue` goes to the app like any other, which lets the
 * body come or refuses it.
 */
export async function listen(
  app: Express,
  options: { host: string; port: number; idleSeconds: number; tls: TlsFiles | null },
): Promise<Listening> {
  const { host, port, idleSeconds, tls } = options;
  const server =
    tls === null
      ? createServer(OPTIONS, app)
      : createTlsServer({ ...OPTIONS, ...tls.options, handshakeTimeout: HEADERS_MS }, app);
  if (tls !== null && 'setSecureContext' in server) tls.watch(server);
  serve(server, app, idleSeconds);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { address, port: bound, family } = server.address() as AddressInfo;
  const name = family === 'IPv6' ? `[${address}]` : address;
  return {
    url: `${tls === null ? 'http' : 'https'}://${name}:${bound}`,
    close: () => closed(server),
  };
}

/** What every listener has alike. */
export function serve(server: Server, app: Express, idleSeconds: number): void {
  server.timeout = idleSeconds * 1000;
  server.on('checkContinue', app);
}

/** Takes no more requests, and waits for those under way. */
export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), STOP_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** A plain server that is not listening yet. */
export function plainServer(app: Express): Server {
  return createServer(OPTIONS, app);
}
