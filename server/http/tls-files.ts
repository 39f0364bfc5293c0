import { constants, type X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';

export interface TlsPaths {
  readonly certificate: string;
  readonly key: string;
  readonly clientCa: string | null;
  readonly clientCrl: string | null;
}

/** What a handshake showed, and why it does not hold; null: it does. */
interface Shown {
  readonly certificate: X509Certificate;
  readonly problem: string | null;
  readonly generation: number | undefined;
}

/** One list in a file for each authority; OpenSSL takes them one by one. */
const CRL = /-----BEGIN X509 CRL-----[\s\S]+?-----END X509 CRL-----/g;

/**
 * The listener's certificate and what it verifies clients by. The files are looked at with each new
 * connection, and with each request that brings a certificate: a new list of revoked certificates
 * counts at once, on connections that are open too.
 */
export class TlsFiles {
  readonly #paths: TlsPaths;
  readonly #log: Logger;
  #server: Server | undefined;
  #seen = '';
  #broken = false;
  /** Counts what the files have been, to tell which of them verified a connection. */
  #generation = 0;
  /** By the peer of a connection whose handshake has not ended. */
  readonly #generationOf = new Map<string, number>();
  readonly #shown = new WeakMap<Socket, Shown>();

  /** @throws DistGitError `config_invalid` where the files are not what they should be */
  constructor(paths: TlsPaths, log: Logger) {
    this.#paths = paths;
    this.#log = log;
    this.#seen = this.#look();
    try {
      createSecureContext(this.#read());
    } catch (cause) {
      throw new DistGitError('config_invalid', 'The files of [tls] can not be used.', {
        detail: {
          problems: [{ path: 'tls', message: (cause as Error).message }],
          remedy: 'They are PEM files that the server can read: config/example.toml.',
        },
        cause,
      });
    }
  }

  /** For `https.createServer`. Each connection is verified: no session is taken up again. */
  get options() {
    return {
      ...this.#read(),
      requestCert: this.#paths.clientCa !== null,
      // Such a connection is answered, with words; see `problemOf`.
      rejectUnauthorized: false,
    };
  }

  /** Keeps `server` at what the files say. */
  watch(server: Server): void {
    this.#server = server;
    // Before node's own listener, which begins the handshake.
    server.prependListener('connection', (socket: Socket) => {
      this.#refresh();
      const peer = peerOf(socket);
      this.#generationOf.set(peer, this.#generation);
      socket.once('close', () => this.#generationOf.delete(peer));
    });
    // Once and for all: node verifies the first handshake of a connection only.
    server.prependListener('secureConnection', (socket: TLSSocket) => {
      socket.disableRenegotiation();
      const certificate = socket.getPeerX509Certificate();
      if (certificate === undefined) return;
      const problem = socket.authorized ? null : describe(String(socket.authorizationError));
      const generation = this.#generationOf.get(peerOf(socket));
      this.#shown.set(socket, { certificate, problem, generation });
    });
  }

  /** The certificate of a connection, and why it does not hold now; null: none was shown. */
  certificateOf(
    socket: Socket,
  ): { readonly certificate: X509Certificate; readonly problem: string | null } | null {
    const shown = this.#shown.get(socket);
    if (shown === undefined) return null;
    this.#refresh();
    const { certificate } = shown;
    if (this.#broken)
      return {
        certificate,
        problem: 'it can not be verified now: a file of the server is not valid',
      };
    if (shown.generation !== this.#generation)
      return { certificate, problem: 'what it is verified by has changed: connect again' };
    return shown;
  }

  #refresh(): void {
    const now = this.#look();
    if (now === this.#seen) return;
    this.#seen = now;
    this.#generation++;
    try {
      this.#server?.setSecureContext(this.#read());
      this.#broken = false;
    } catch (error) {
      this.#broken = true;
      this.#log.error({ err: error }, 'the files of [tls] changed, and are not valid');
    }
    this.#server?.closeIdleConnections();
  }

  #read(): SecureContextOptions {
    const { certificate, key, clientCa, clientCrl } = this.#paths;
    const lists = clientCrl === null ? null : readFileSync(clientCrl, 'utf8').match(CRL);
    if (clientCrl !== null && lists === null) fail('config_invalid', 'client_crl has no CRL.');
    return {
      minVersion: 'TLSv1.2',
      secureOptions: constants.SSL_OP_NO_TICKET,
      cert: readFileSync(certificate),
      key: readFileSync(key),
      ...(clientCa === null ? {} : { ca: readFileSync(clientCa) }),
      ...(lists === null ? {} : { crl: [...lists] }),
    };
  }

  /** What tells a file that changed from one that did not. */
  #look(): string {
    const paths = Object.values(this.#paths) as (string | null)[];
    return paths.map((path) => (path === null ? '' : tagOf(path))).join();
  }
}

/** Empty: the file is not there, or out of reach. */
function tagOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return '';
  }
}

const peerOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;

const WORDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it is revoked',
  CRL_HAS_EXPIRED: 'the list of revoked certificates is out of date; tell a site admin',
  UNABLE_TO_GET_CRL: 'there is no list of revoked certificates of its authority',
  INVALID_PURPOSE: 'it is not for clients',
};

/** OpenSSL's code in words. */
function describe(code: string): string {
  return WORDS[code] ?? `it is not of an authority that is trusted here (${code})`;
}
