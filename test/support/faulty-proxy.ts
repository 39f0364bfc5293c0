import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What goes wrong with a request. Bytes are those of the body. */
export type Fault =
  | { readonly kind: 'cut-answer' | 'stall-answer' | 'flip-answer'; readonly after: number }
  | { readonly kind: 'cut-request' | 'flip-request'; readonly after: number }
  /** The rest does not reach the server, and the line stays open. */
  | { readonly kind: 'stall-request'; readonly after: number }
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  /** Forwarded as it is, and what is answered is lost. */
  | { readonly kind: 'lose-answer' }
  /** Taken, and never answered nor passed on; or the connection is cut at once. */
  | { readonly kind: 'hang' | 'reset' }
  /** Forwarded as it is, but later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** `100 Continue` is never passed on, as HTTP/1.0 proxies do. */
  | { readonly kind: 'lose-continue' };

/** One request as the proxy saw it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Bytes of the request's body that came. */
  received: number;
  status: number;
  /** Bytes of the answer's body that were passed on. */
  sent: number;
}

interface Plan {
  readonly method: string;
  readonly path: RegExp;
  readonly fault: Fault;
  times: number;
}

/** A reverse proxy in front of a server that breaks what it is told to. */
export class FaultyProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #plans: Plan[] = [];
  #target = '';
  /** Every request since the last `forget`, in their order. */
  seen: Seen[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<FaultyProxy> {
    const server = createServer({ requestTimeout: 0 });
    const proxy = new FaultyProxy(server);
    const handle = (req: IncomingMessage, res: ServerResponse): void => proxy.#handle(req, res);
    server.on('request', handle).on('checkContinue', handle);
    server.on('connection', (socket) => {
      proxy.#sockets.add(socket);
      socket.on('close', () => proxy.#sockets.delete(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  forwardTo(url: string): void {
    this.#target = url;
  }

  /** The next requests that match go wrong. */
  break(method: string, path: RegExp, fault: Fault, times = 1): void {
    this.#plans.push({ method, path, fault, times });
  }

  /** No faults any more, and nothing seen. */
  forget(): void {
    this.#plans = [];
    this.seen = [];
  }

  /** What was seen of these requests. */
  of(method: string, path: RegExp): Seen[] {
    return this.seen.filter((one) => one.method === method && path.test(one.path));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #faultOf(method: string, path: string): Fault | null {
    const plan = this.#plans.find(
      (one) => one.times > 0 && one.method === method && one.path.test(path),
    );
    if (plan === undefined) return null;
    plan.times--;
    return plan.fault;
  }

  #handle(req: IncomingMessage, res: ServerResponse): void {
    const { method = '', url: path = '', headers } = req;
    const seen: Seen = { method, path, headers, received: 0, status: 0, sent: 0 };
    this.seen.push(seen);
    const fault = this.#faultOf(method, path);
    if (fault?.kind === 'answer') {
      seen.status = fault.status;
      res.writeHead(fault.status, { 'Content-Type': 'text/html', Connection: 'close' });
      res.end(fault.body);
      return;
    }
    if (fault?.kind === 'reset') {
      req.socket.destroy();
      return;
    }
    if (fault?.kind === 'hang') {
      req.resume();
      return;
    }
    if (fault?.kind !== 'delay') this.#forward(req, res, fault, seen);
    else setTimeout(() => this.#forward(req, res, null, seen), fault.ms);
  }

  #forward(req: IncomingMessage, res: ServerResponse, fault: Fault | null, seen: Seen): void {
    const { method, url: path = '', headers } = req;
    const upstream = httpRequest(this.#target + path, { method, headers, agent: false });
    const broken = (): void => {
      upstream.destroy();
      req.socket.destroy();
    };
    upstream.on('error', broken);
    req.on('error', broken);
    res.on('close', () => upstream.destroy());
    upstream.on('continue', () => {
      if (fault?.kind !== 'lose-continue') res.writeContinue();
    });
    upstream.on('response', (answer) => {
      seen.status = answer.statusCode ?? 0;
      if (fault?.kind === 'lose-answer') {
        answer.on('end', broken).resume();
        return;
      }
      res.writeHead(seen.status, answer.headers);
      res.flushHeaders();
      answer.on('error', broken);
      passOn(answer, res, fault, seen);
    });
    req.on('data', (chunk: Buffer) => {
      if (fault?.kind === 'flip-request') flip(chunk, fault.after - seen.received);
      seen.received += chunk.length;
      if (fault?.kind === 'cut-request' && seen.received >= fault.after) broken();
      else if (fault?.kind === 'stall-request' && seen.received >= fault.after) return;
      else if (!upstream.write(chunk)) {
        req.pause();
        upstream.once('drain', () => req.resume());
      }
    });
    req.on('end', () => {
      if (fault?.kind !== 'stall-request') upstream.end();
    });
    upstream.flushHeaders();
  }
}

/** One bit of one byte, where the chunk has it. */
function flip(chunk: Buffer, at: number): void {
  if (at >= 0 && at < chunk.length) chunk[at] = (chunk[at] ?? 0) ^ 1;
}

/** The answer's body, up to where the fault says. */
function passOn(
  answer: IncomingMessage,
  res: ServerResponse,
  fault: Fault | null,
  seen: Seen,
): void {
  const limit =
    fault?.kind === 'cut-answer' || fault?.kind === 'stall-answer' ? fault.after : Infinity;
  answer.on('data', (chunk: Buffer) => {
    if (fault?.kind === 'flip-answer') flip(chunk, fault.after - seen.sent);
    const part = chunk.subarray(0, Math.max(0, limit - seen.sent));
    seen.sent += part.length;
    const ended = seen.sent >= limit;
    if (ended) answer.pause();
    const flowing = res.write(part, () => {
      if (ended && fault?.kind === 'cut-answer') res.destroy();
    });
    if (flowing || ended) return;
    answer.pause();
    res.once('drain', () => answer.resume());
  });
  answer.on('end', () => res.end());
}

/** A URL that nobody listens at. */
export async function deadUrl(): Promise<string> {
  const proxy = await FaultyProxy.open();
  const { url } = proxy;
  await proxy.close();
  return url;
}
