import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { encodeFault } from '../../server/koji/xmlrpc-encode.ts';
import type { HubCertificates } from './koji-hub/certificates.ts';
import type { SessionArguments } from './koji-hub/sessions.ts';
import { type HubReply, HubState } from './koji-hub/state.ts';

/** What goes wrong with a request. */
export type HubFailure =
  /** Fault 1014, nothing is done. */
  | 'offline'
  /** A page of the web server in front; nothing is done. */
  | 'bad-gateway'
  /** The same, when all is done. */
  | 'bad-gateway-after'
  /** The connection breaks, nothing is done. */
  | 'lost-request'
  /** All is done, and the connection breaks. */
  | 'lost-answer'
  /** All is done, and the hub is stopped and started before it can say so. */
  | 'restart'
  /** All is done, and half of the answer comes. */
  | 'half-answer'
  /** Something in front keeps the request until `deliver`; the connection breaks. */
  | 'late'
  /** The hub is at it, its session is locked, until `deliver`; the connection breaks. */
  | 'slow'
  /** No answer at all, nothing is done. */
  | 'silent'
  /** All sessions are over. */
  | 'expired'
  /** The answer to a login has no `header-auth`. */
  | 'old-login'
  /** The database is away: a fault that is Python's own. */
  | 'database-away';

export interface SeenCall {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly method: string;
  readonly tls: string | null;
}

interface Plan {
  readonly failure: HubFailure;
  readonly method: RegExp;
}

/**
 * A Koji hub for tests: real XML-RPC over HTTP or HTTPS, with the state and the faults of a real
 * one, as recorded exchanges show them. Over HTTP the header `X-Test-CN` stands for a certificate.
 */
export class KojiHub {
  readonly state = new HubState();
  readonly seen: SeenCall[] = [];
  readonly #certificates: HubCertificates | null;
  #server: Server | TlsServer | null = null;
  #port = 0;
  readonly #sockets = new Set<Socket>();
  #plans: Plan[] = [];
  #kept: (() => unknown)[] = [];
  /** Sessions at which the hub is busy, by their number. */
  readonly #busy = new Map<string, Promise<void>>();

  private constructor(certificates: HubCertificates | null) {
    this.#certificates = certificates;
  }

  static async open(certificates: HubCertificates | null = null): Promise<KojiHub> {
    const hub = new KojiHub(certificates);
    await hub.start();
    return hub;
  }

  get url(): string {
    return `http${this.#certificates === null ? '' : 's'}://127.0.0.1:${this.#port}/kojihub`;
  }

  /** At the port that it had before, if it was stopped. */
  async start(): Promise<void> {
    const handle = (req: IncomingMessage, res: ServerResponse): void => {
      this.#handle(req, res).catch((error: unknown) => {
        res.destroy(error instanceof Error ? error : undefined);
      });
    };
    const certificates = this.#certificates;
    const server =
      certificates === null
        ? createServer(handle)
        : createTlsServer(
            {
              ...certificates.hub,
              ca: certificates.authority,
              requestCert: true,
              rejectUnauthorized: false,
            },
            handle,
          );
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Every connection breaks; the state stays, as it is in the database of a real one. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.destroy();
    if (server === null) return;
    server.close();
    await once(server, 'close');
  }

  /** The next requests of such methods go wrong, each in its own way. */
  fail(method: RegExp, ...failures: readonly HubFailure[]): void {
    this.#plans.push(...failures.map((failure) => ({ method, failure })));
  }

  /** Failures that did not happen yet. */
  get planned(): number {
    return this.#plans.length;
  }

  /** What is kept on its way is done now. */
  deliver(): void {
    for (const go of this.#kept.splice(0)) go();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#plans = [];
    this.deliver();
    await this.stop();
  }

  async #handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { method = '', url = '', headers, socket } = req;
    const chunks: Buffer[] = [];
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (method !== 'POST') return send(res, page(405));
    const isUpload = headers['content-type'] === 'application/octet-stream';
    const text = isUpload ? '' : body.toString();
    const called = isUpload ? 'rawUpload' : (/<methodName>([^<]*)/.exec(text)?.[1] ?? '');
    const inner = [...text.matchAll(/<name>methodName<\/name>\s*<value><string>([^<]*)/g)];
    const names = [called, ...inner.map(([, name]) => name)].join(' ');
    const tls = socket instanceof TLSSocket ? socket.getProtocol() : null;
    this.seen.push({ path: url, headers, body: text, method: names, tls });
    const upload = isUpload ? new URL(url, 'http://hub').searchParams : null;
    const isLogin = new URL(url, 'http://hub').pathname.endsWith('/ssllogin');
    const certificate = isLogin ? certificateOf(req) : null;
    if (isLogin && certificate === 'none') return send(res, page(403));
    const session = sessionArguments(url, headers);
    const answer = (): HubReply =>
      this.state.answer({ isLogin, body, upload, session, certificate });
    const index = this.#plans.findIndex((plan) => plan.method.test(names));
    const [plan] = index === -1 ? [] : this.#plans.splice(index, 1);
    await this.#respond(res, plan?.failure ?? null, session, answer);
  }

  async #respond(
    res: ServerResponse,
    failure: HubFailure | null,
    session: SessionArguments | null,
    answer: () => HubReply,
  ): Promise<void> {
    const fault = (code: number, text: string): HubReply => ({
      status: 200,
      contentType: 'text/xml',
      body: encodeFault(code, text),
    });
    const locked = async (): Promise<HubReply> => {
      if (session !== null) await this.#busy.get(session.id);
      return answer();
    };
    switch (failure) {
      case 'offline':
        return send(res, fault(1014, 'database outage'));
      case 'database-away':
        return send(res, fault(1, "<class 'psycopg2.OperationalError'>: no connection"));
      case 'bad-gateway':
        return send(res, page(502));
      case 'bad-gateway-after':
        await locked();
        return send(res, page(502));
      case 'lost-request':
        return void res.socket?.destroy();
      case 'lost-answer':
        await locked();
        return void res.socket?.destroy();
      case 'restart':
        await locked();
        await this.stop();
        return await this.start();
      case 'half-answer': {
        const { body, ...rest } = await locked();
        return send(res, { ...rest, body: body.slice(0, body.length / 2) });
      }
      case 'late':
        this.#kept.push(answer);
        return void res.socket?.destroy();
      case 'slow':
        this.#keepBusy(session?.id ?? '', answer);
        return void res.socket?.destroy();
      case 'silent':
        return;
      case 'expired':
        this.state.sessions.expireAll();
        return send(res, await locked());
      case 'old-login': {
        const reply = await locked();
        const body = reply.body.replace(/<member>\s*<name>header-auth[\s\S]*?<\/member>/, '');
        return send(res, { ...reply, body });
      }
      default:
        return send(res, await locked());
    }
  }

  /** The hub has the session's row until `deliver`, and commits then. */
  #keepBusy(session: string, answer: () => HubReply): void {
    const done = new Promise<void>((resolve) => {
      this.#kept.push(() => {
        answer();
        this.#busy.delete(session);
        resolve();
      });
    });
    this.#busy.set(session, done);
  }
}

const page = (status: number): HubReply => ({
  status,
  contentType: 'text/html; charset=iso-8859-1',
  body: `<html><head><title>${status}</title></head><body><h1>Proxy Error</h1></body></html>`,
});

function send(res: ServerResponse, { status, contentType, body }: HubReply): void {
  res.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'Koji-Version': '1.35.3',
  });
  res.end(body);
}

/** By headers, or in the query as it was before. */
function sessionArguments(
  url: string,
  headers: IncomingMessage['headers'],
): SessionArguments | null {
  const one = (value: string | string[] | undefined): string | null =>
    typeof value === 'string' ? value : null;
  const query = new URL(url, 'http://hub').searchParams;
  const id = query.get('session-id') ?? one(headers['koji-session-id']);
  const key = query.get('session-key') ?? one(headers['koji-session-key']);
  if (id === null || key === null) return null;
  const number = one(headers['koji-session-callnum']) ?? one(headers['koji-callnum']);
  return { id, key, callnum: query.get('callnum') ?? number };
}

/**
 * The name in the client's certificate.
 * @returns `none`: the client can not show one on this connection, or it is none of ours
 */
function certificateOf({ socket, headers }: IncomingMessage): string | null {
  if (!(socket instanceof TLSSocket)) {
    const name = headers['x-test-cn'];
    return typeof name === 'string' ? name : null;
  }
  // Apache asks only when it knows the path. In TLS 1.3 that takes what node's clients do not have.
  if (socket.getProtocol() === 'TLSv1.3' || !socket.authorized) return 'none';
  const { CN: name } = socket.getPeerCertificate().subject;
  return typeof name === 'string' ? name : 'none';
}
