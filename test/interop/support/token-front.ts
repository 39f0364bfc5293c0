import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** One request as it came to the front. */
export interface FrontRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The body, of uploads only. */
  body: string;
  status: number;
}

/**
 * The web server in front that logs people in. rpkg logs in by Kerberos or a client certificate
 * and by nothing else, so that a site has such a front; this one knows who is there without
 * asking, and hands the request on with that person's token, as a front does after a handshake.
 * Only what is posted to an upload.cgi is logged in: all else goes through untouched.
 */
export class TokenFront {
  readonly #server: Server;
  #target = '';
  /** The token of whoever is there; null: nobody is. */
  token: string | null = null;
  seen: FrontRequest[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<TokenFront> {
    const server = createServer({ requestTimeout: 0 });
    const front = new TokenFront(server);
    server.on('request', (req: IncomingMessage, res: ServerResponse) => {
      front.#pass(req, res).catch(() => res.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  forwardTo(url: string): void {
    this.#target = url;
  }

  /** What was posted to an upload.cgi. */
  get uploads(): FrontRequest[] {
    return this.seen.filter(({ method, path }) => method === 'POST' && path.endsWith('.cgi'));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #pass(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = req;
    const seen: FrontRequest = { method, path, headers, body: '', status: 0 };
    this.seen.push(seen);
    const isUpload = method === 'POST' && path.endsWith('.cgi');
    const sent = { ...headers };
    // Node has let the body come already.
    delete sent.expect;
    if (isUpload) delete sent.authorization;
    if (isUpload && this.token !== null) sent.authorization = `Bearer ${this.token}`;
    const upstream = httpRequest(this.#target + path, { method, headers: sent, agent: false });
    res.on('close', () => upstream.destroy());
    if (isUpload)
      req.on('data', (chunk: Buffer) => {
        seen.body += chunk.toString('latin1');
      });
    const answered = once(upstream, 'response') as Promise<[IncomingMessage]>;
    // A server that answers early reads no further; its answer counts.
    pipeline(req, upstream).catch(() => {});
    const [answer] = await answered;
    seen.status = answer.statusCode ?? 0;
    res.writeHead(seen.status, answer.headers);
    await pipeline(answer, res);
  }
}

/** The names of a form's fields in their order. */
export function fieldsOf(form: string): string[] {
  return [...form.matchAll(/Content-Disposition: form-data; name="([^"]+)"/gi)].map(
    ([, name = '']) => name,
  );
}
