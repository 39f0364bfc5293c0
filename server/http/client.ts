import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { quoted } from '../../core/domain/text.ts';
import type { Credentials, FrontUser } from '../identity/authenticator.ts';
import { addressCheck } from './networks.ts';
import type { TlsFiles } from './tls-files.ts';

/** Reads who sends a request, as far as the connection and the front tell it. */
export type ReadClient = (request: IncomingMessage) => Credentials;

/** What only the front may say. */
const FRONT_HEADERS = [
  'x-client-verify',
  'x-client-cert',
  'x-remote-user',
  'x-remote-user-expires',
] as const;
const ADDRESS_HEADER = 'x-forwarded-for';
type FrontHeader = (typeof FRONT_HEADERS)[number] | typeof ADDRESS_HEADER;

/** The web server in front: where it connects from. */
export class Front {
  readonly #isFront: (address: string) => boolean;
  readonly #sockets = new WeakSet<Socket>();

  /** @param addresses each as `isNetwork` takes it */
  constructor(addresses: readonly string[]) {
    this.#isFront = addressCheck(addresses);
  }

  /** A connection to the socket that is for the front alone. */
  trust(socket: Socket): void {
    this.#sockets.add(socket);
  }

  trusts(socket: Socket): boolean {
    return this.#sockets.has(socket) || this.#isFront(socket.remoteAddress ?? '');
  }
}

/**
 * @param tls the server's own TLS, or null
 * @throws DistGitError (the reader) `credential_invalid` for a certificate that does not hold, which
 *   never makes anybody anonymous; `input_invalid` for headers of a front that did not come from it,
 *   or that it may not send so
 */
export function clientReader(front: Front, tls: TlsFiles | null): ReadClient {
  return (request) => {
    const authorization = request.headers.authorization ?? null;
    const { socket } = request;
    if (front.trusts(socket)) {
      const certificate = frontCertificate(request);
      const frontUser = readFrontUser(request);
      return {
        authorization,
        address: clientAddress(request),
        ...(certificate === null ? {} : { certificate }),
        ...(frontUser === null ? {} : { frontUser }),
      };
    }
    for (const header of FRONT_HEADERS)
      if (request.headers[header] !== undefined)
        fail(
          'input_invalid',
          `The header ${header} is for the web server in front, and did not come from it.`,
          'Leave it out. A site admin names the front in [front] of the configuration.',
        );
    const certificate = ownCertificate(socket, tls);
    return {
      authorization,
      address: socket.remoteAddress ?? '',
      ...(certificate === null ? {} : { certificate }),
    };
  };
}

function ownCertificate(socket: Socket, tls: TlsFiles | null): X509Certificate | null {
  const shown = tls?.certificateOf(socket) ?? null;
  if (shown === null) return null;
  return shown.problem === null ? shown.certificate : refuseCertificate(shown.problem);
}

function frontCertificate(request: IncomingMessage): X509Certificate | null {
  const verified = single(request, 'x-client-verify') ?? 'NONE';
  const text = single(request, 'x-client-cert');
  if (verified === 'NONE') {
    if (text !== null) malformed('x-client-cert', 'comes without x-client-verify: SUCCESS');
    return null;
  }
  if (verified !== 'SUCCESS') refuseCertificate(`the web server in front says ${quoted(verified)}`);
  return text === null
    ? malformed('x-client-cert', 'is needed beside x-client-verify: SUCCESS')
    : parseCertificate(text);
}

/** PEM as fronts pass it on: percent-encoded (nginx), or with blanks for line ends (httpd). */
function parseCertificate(text: string): X509Certificate {
  const base64 = /^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/;
  try {
    const [, body] = base64.exec(text.includes('%') ? decodeURIComponent(text) : text) ?? [];
    if (body !== undefined) return new X509Certificate(Buffer.from(body, 'base64'));
  } catch (cause) {
    throw new DistGitError('input_invalid', 'The header x-client-cert has no certificate.', {
      cause,
    });
  }
  return malformed('x-client-cert', 'is no certificate in PEM');
}

function readFrontUser(request: IncomingMessage): FrontUser | null {
  const principal = single(request, 'x-remote-user');
  if (principal === null) return null;
  const expires = single(request, 'x-remote-user-expires');
  if (expires !== null && !/^\d{1,11}$/.test(expires))
    malformed('x-remote-user-expires', 'is not a number of seconds');
  const validUntil = expires === null ? null : new Date(Number(expires) * 1000).toISOString();
  return { principal, validUntil };
}

/** The address of the front's client; the front itself where it names none. */
function clientAddress(request: IncomingMessage): string {
  const address = single(request, ADDRESS_HEADER);
  const { remoteAddress } = request.socket;
  if (address === null) return remoteAddress ?? malformed(ADDRESS_HEADER, 'is needed');
  // The front names its client, and drops what the client says of others.
  return isIP(address) === 0 ? malformed(ADDRESS_HEADER, 'is not one IP address') : address;
}

/** Null: it is not there, or empty. Two copies: somebody else had a hand in it. */
function single(request: IncomingMessage, name: FrontHeader): string | null {
  const [value = '', ...more] = request.headersDistinct[name] ?? [];
  if (more.length > 0) malformed(name, 'comes more than once');
  return value === '' ? null : value;
}

function malformed(name: FrontHeader, why: string): never {
  return fail(
    'input_invalid',
    `The header ${name} ${why}.`,
    'Tell a site admin: the web server in front is set up wrongly.',
  );
}

function refuseCertificate(why: string): never {
  return fail(
    'credential_invalid',
    `The client certificate is refused: ${why}.`,
    'Use a certificate that holds, or none.',
  );
}
