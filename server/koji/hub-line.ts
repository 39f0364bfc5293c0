import { Agent } from 'node:https';
import { type HubResponse, NoAnswer, postToHub } from './hub-post.ts';
import { type HubSession, headersOf } from './hub-session.ts';
import { type KerberosAccount, NoTicket, type Ticket, withTicket } from './kerberos-ticket.ts';
import { decodeAnswer, type XmlRpcFault } from './xmlrpc-decode.ts';
import { XmlRpcError, type XmlRpcValue } from './xmlrpc-value.ts';

/** The account that the server has at the hub: by a certificate in PEM, or by Kerberos. */
export type HubAccount =
  | { readonly certificate: string; readonly key: string }
  | { readonly kerberos: KerberosAccount };

export interface HubPlace {
  /** `https://HOST/kojihub`. */
  readonly url: string;
  /** PEM of who signed the hub's own certificate; where missing, those that node knows. */
  readonly authority?: string;
  /** For one try of a call. */
  readonly timeoutMs: number;
  /** Tries of one call in all. */
  readonly attempts: number;
  /** Between two tries; doubled after each. */
  readonly pauseMs: number;
}

export type HubOptions = HubAccount & HubPlace;

/** What came of one try. */
export type Attempt =
  | { readonly kind: 'value'; readonly value: XmlRpcValue }
  | { readonly kind: 'fault'; readonly fault: XmlRpcFault }
  /** Nothing that the hub said. `sent`: it may have done what was asked all the same. */
  | { readonly kind: 'lost'; readonly sent: boolean; readonly why: string }
  /** The web server in front does not pass it on, and will not do so next time. */
  | { readonly kind: 'refused'; readonly status: number };

export type LoginAttempt =
  | Attempt
  /** The hub was not asked: there is no ticket for it. */
  | { readonly kind: 'no-ticket'; readonly why: string }
  /** Somebody answered who did not prove to be the hub; nothing of it is believed. */
  | { readonly kind: 'unproved' };

/** A piece of a file for the hub's folder of uploads. */
export interface HubUpload {
  /** Of this one file, below the hub's `work`. */
  readonly folder: string;
  readonly name: string;
  /** Where the piece begins in the file. */
  readonly offset: number;
  /** The file ends there, whatever it has behind; where false, offset 0 needs it to be new. */
  readonly overwrite: boolean;
  readonly piece: Buffer;
}

/** Bytes of one answer; the largest that are known have some megabytes. */
const MAX_ANSWER = 64 * 1024 * 1024;
/** The statuses at which it is worth while to ask again. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

/** The connections to one hub. */
export class HubLine {
  readonly #url: URL;
  readonly #timeoutMs: number;
  readonly #kerberos: KerberosAccount | null;
  readonly #login: Agent;
  readonly #calls: Agent;

  /** @throws TypeError where the URL or the certificate can not be read */
  constructor({ url, authority, timeoutMs, ...account }: HubOptions) {
    this.#url = new URL(url);
    if (this.#url.protocol !== 'https:' || this.#url.search !== '')
      throw new TypeError("A hub's URL is https:// and has no query.");
    this.#timeoutMs = timeoutMs;
    const trust = authority === undefined ? {} : { ca: authority };
    // Hubs ask for the certificate only after they have seen the path. TLS 1.3 can do that by a
    // way which node does not have; 1.2 does it by a second handshake.
    const tls12 = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
    this.#kerberos = 'kerberos' in account ? account.kerberos : null;
    const shown = 'kerberos' in account ? {} : { cert: account.certificate, key: account.key };
    this.#login = new Agent({ ...trust, ...tls12, ...shown, keepAlive: false });
    this.#calls = new Agent({ ...trust, keepAlive: true, maxSockets: 1, minVersion: 'TLSv1.2' });
  }

  /** One try to log in: by the certificate, or by a ticket of its own. */
  login(body: string): Promise<LoginAttempt> {
    const url = new URL(this.#url);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/ssllogin`;
    if (this.#kerberos === null) return this.#try(url, {}, body, this.#login);
    return this.#loginByTicket(this.#kerberos, url, body);
  }

  /** One try of a call. */
  call(session: HubSession, callNumber: number, body: string): Promise<Attempt> {
    return this.#try(this.#url, headersOf(session, callNumber), body, this.#calls);
  }

  /** One try to hand over a piece of a file, see `HubUpload`. */
  upload(session: HubSession, callNumber: number, upload: HubUpload): Promise<Attempt> {
    const { folder, name, offset, overwrite, piece } = upload;
    const url = new URL(this.#url);
    url.search = new URLSearchParams({
      filename: name,
      filepath: folder,
      fileverify: 'sha256',
      offset: String(offset),
      ...(overwrite ? { overwrite: '1' } : {}),
    }).toString();
    const headers = {
      ...headersOf(session, callNumber),
      // By this alone the hub knows an upload from a call.
      'Content-Type': 'application/octet-stream',
    };
    return this.#try(url, headers, piece, this.#calls);
  }

  close(): void {
    this.#login.destroy();
    this.#calls.destroy();
  }

  /** `Negotiate` of HTTP (RFC 4559): the ticket is in the request, the proof in the answer. */
  async #loginByTicket(account: KerberosAccount, url: URL, body: string): Promise<LoginAttempt> {
    const tryWith = async ({ token, proves }: Ticket): Promise<LoginAttempt> => {
      const headers = { Authorization: `Negotiate ${token}` };
      const [attempt, authenticate] = await this.#ask(url, headers, body, this.#login);
      if (attempt.kind !== 'value' && attempt.kind !== 'fault') return attempt;
      const [, proof] = /(?:^|, *)Negotiate ([\w+/]+=*) *(?:,|$)/i.exec(authenticate) ?? [];
      return proof !== undefined && (await proves(proof)) ? attempt : { kind: 'unproved' };
    };
    try {
      return await withTicket(account, `HTTP@${url.hostname}`, this.#timeoutMs, tryWith);
    } catch (error) {
      if (error instanceof NoTicket) return { kind: 'no-ticket', why: error.message };
      throw error;
    }
  }

  async #try(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string | Buffer,
    agent: Agent,
  ): Promise<Attempt> {
    const [attempt] = await this.#ask(url, headers, body, agent);
    return attempt;
  }

  #ask(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string | Buffer,
    agent: Agent,
  ): ReturnType<typeof tryPost> {
    const options = { agent, timeoutMs: this.#timeoutMs, maxBytes: MAX_ANSWER };
    return tryPost(url, headers, body, options);
  }
}

/** One request, and what came of it. @returns with `WWW-Authenticate` */
export async function tryPost(
  ...request: Parameters<typeof postToHub>
): Promise<readonly [Attempt, authenticate: string]> {
  try {
    const response = await postToHub(...request);
    return [attemptOf(response), response.authenticate];
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return [{ kind: 'lost', sent: error.sent, why: error.message }, ''];
  }
}

function attemptOf({ status, contentType, body }: HubResponse): Attempt {
  const lost = (why: string): Attempt => ({ kind: 'lost', sent: true, why });
  if (status >= 300 && status < 500 && !PASSING.has(status)) return { kind: 'refused', status };
  if (status !== 200 || !/^text\/xml\b/.test(contentType)) return lost(`HTTP ${status}`);
  try {
    const answer = decodeAnswer(body, MAX_ANSWER);
    if ('fault' in answer) return { kind: 'fault', fault: answer.fault };
    return { kind: 'value', value: answer.value };
  } catch (error) {
    if (error instanceof XmlRpcError) return lost(error.message);
    throw error;
  }
}
