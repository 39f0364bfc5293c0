import { DistGitError, type ErrorDetail } from '../../core/api/distgit-error.ts';
import { ERROR_TABLE, type ErrorCode } from '../../core/api/error-table.ts';
import { API_ROOT, type FileOperation, type Operation, ROUTES } from '../../core/api/routes.ts';
import type { ApiInput, ApiOutput } from '../../core/api/schemas.ts';
import type { Track } from '../output/progress.ts';
import { answerOf, open, sendFile, textOf } from './requests.ts';

/** Of TLS: contents of files in PEM. */
export interface TlsOptions {
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly ca?: Buffer;
}

/** Milliseconds that an operation may take before it says anything. */
const PATIENCE_MS = 300_000;

/** Calls the server's API. */
export class ApiClient {
  readonly url: string;
  readonly token: string | null;
  readonly tls: TlsOptions;

  /** @param url without trailing slash */
  constructor(url: string, token: string | null, tls: TlsOptions = {}) {
    this.url = url;
    this.token = token;
    this.tls = tls;
  }

  /** Is there anything to log in with? */
  get hasCredential(): boolean {
    return this.token !== null || this.tls.cert !== undefined;
  }

  /** @throws DistGitError as the server sent it; `unavailable` where it can not be reached */
  async call<O extends Operation>(operation: O, input: ApiInput<O>): Promise<ApiOutput<O>> {
    const { method, path } = ROUTES[operation];
    const rest = new Map(Object.entries(input as Record<string, unknown>));
    const filled = path.replace(/:(\w+)/g, (_, name: string) => {
      const value = String(rest.get(name));
      rest.delete(name);
      return encodeURIComponent(value);
    });
    const given = [...rest].filter(([, value]) => value !== undefined);
    const hasBody = method !== 'get' && method !== 'delete';
    const query = new URLSearchParams(
      hasBody ? [] : given.map(([key, value]): [string, string] => [key, String(value)]),
    ).toString();
    const body = hasBody ? JSON.stringify(Object.fromEntries(given)) : '';
    // Goes to this server alone: no redirect is followed.
    const request = open(
      this,
      method.toUpperCase(),
      `${API_ROOT}${filled}${query === '' ? '' : `?${query}`}`,
      {
        Accept: 'application/json',
        ...(hasBody
          ? { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
          : {}),
      },
    );
    request.setTimeout(PATIENCE_MS);
    request.end(body);
    const answer = await answerOf(request, this.url);
    return this.#outputOf<O>(answer.statusCode ?? 0, await textOf(answer, this.url));
  }

  /**
   * Calls an operation whose body is a file.
   * @param file with its size in bytes
   * @param signal breaks it off
   * @throws DistGitError as `call`
   */
  async callWithFile<O extends FileOperation>(
    operation: O,
    input: ApiInput<O>,
    file: { readonly path: string; readonly size: number },
    track: Track,
    signal: AbortSignal,
  ): Promise<ApiOutput<O>> {
    const { method, path } = ROUTES[operation];
    const query = new URLSearchParams(
      Object.entries(input as Record<string, unknown>)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]): [string, string] => [key, String(value)]),
    );
    const headers = {
      Accept: 'application/json',
      'Content-Type': 'application/octet-stream',
      'Content-Length': file.size,
      Expect: '100-continue',
    };
    const target = `${API_ROOT}${path}?${query.toString()}`;
    const request = open(this, method.toUpperCase(), target, headers, signal);
    request.setTimeout(PATIENCE_MS);
    track.start(file.size);
    const range = { path: file.path, start: 0, end: file.size - 1 };
    const { answer, text } = await sendFile(request, this.url, range, track);
    const output = this.#outputOf<O>(answer.statusCode ?? 0, text);
    track.done();
    return output;
  }

  #outputOf<O extends Operation>(status: number, text: string): ApiOutput<O> {
    if (status < 200 || status > 299) throw responseError(status, text, this.url);
    try {
      return JSON.parse(text) as ApiOutput<O>;
    } catch (cause) {
      throw new DistGitError('unavailable', 'The answer is not what a dist-git server says.', {
        detail: { remedy: `Is ${this.url} its address, and does nothing stand in between?` },
        cause,
      });
    }
  }

  get authorization(): Record<string, string> {
    return this.token === null ? {} : { Authorization: `Bearer ${this.token}` };
  }
}

export function unreachable(url: string, cause: unknown): DistGitError {
  const { code } = ((cause as Error).cause ?? cause) as { code?: string };
  const { message } = ((cause as Error).cause ?? cause) as Error;
  const cut = /^(ECONNRESET|EPIPE|UND_ERR_\w+)$/.test(code ?? '') || code === undefined;
  const unknown = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/.test(code ?? '');
  const why = unknown ? '.' : `: ${message}`;
  const what = cut ? `The connection to ${url} broke off.` : `${url} can not be reached${why}`;
  return new DistGitError('unavailable', what, {
    detail: { remedy: 'Look at the address (centpkg login --url URL) and the network.' },
    cause,
  });
}

/** The server's problem+json as the error it was there; other answers by their status. */
export function responseError(status: number, text: string, url = 'The server'): DistGitError {
  let problem: { code?: string; detail?: string } & ErrorDetail = {};
  try {
    problem = JSON.parse(text) as typeof problem;
  } catch {
    // Not of our making: a proxy's page.
  }
  const { code, detail, ...rest } = problem;
  if (code !== undefined && code in ERROR_TABLE)
    return new DistGitError(code as ErrorCode, detail ?? '', { detail: rest });
  const byStatus = (Object.keys(ERROR_TABLE) as ErrorCode[]).find(
    (one) => ERROR_TABLE[one].http === status && one !== 'config_invalid',
  );
  // The answer to HEAD has no words.
  if (text === '' && (status === 401 || status === 403))
    return new DistGitError(
      status === 401 ? 'credential_invalid' : 'not_allowed',
      'The server refuses your token.',
      {
        detail: { remedy: 'Log in again: centpkg login --token-file FILE' },
      },
    );
  return new DistGitError(byStatus ?? 'unavailable', `${url} answered with status ${status}.`, {
    detail: {
      remedy: 'Is that the address of a dist-git server? centpkg config shows what says so.',
    },
  });
}
