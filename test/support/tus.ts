import { PIECE_TYPE, TUS_VERSION, UPLOADS_PATH } from '../../core/api/tus.ts';
import { sha512 } from './sclo.ts';
import type { TestServer } from './test-server.ts';

/** `Upload-Metadata` with these pairs. */
export function metadata(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',');
}

/** What the metadata of a file says. */
export function pairsOf(file: string, content: Buffer | string, component = 'python') {
  return { component, file, hashtype: 'sha512', hash: sha512(content) };
}

export interface TusAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Of `Upload-Offset`; NaN where it is missing. */
  readonly offset: number;
  readonly text: string;
}

type Given = Readonly<Record<string, string | number | undefined>>;

/** tus 1.0.0 by hand: every header can be replaced, or left out as undefined. */
export class TusClient {
  readonly #server: TestServer;
  readonly token: string | null;

  constructor(server: TestServer, token: string | null) {
    this.#server = server;
    this.token = token;
  }

  async send(
    method: string,
    path: string,
    headers: Given = {},
    body?: Buffer | string,
  ): Promise<TusAnswer> {
    const all: Given = {
      'Tus-Resumable': TUS_VERSION,
      ...(this.token === null ? {} : { Authorization: `Bearer ${this.token}` }),
      ...headers,
    };
    const answer = await fetch(new URL(path, this.#server.url), {
      method,
      headers: Object.entries(all).flatMap(([name, value]): [string, string][] =>
        value === undefined ? [] : [[name, String(value)]],
      ),
      ...(body === undefined ? {} : { body: body as string }),
    });
    const { status, headers: got } = answer;
    const offset = got.get('upload-offset');
    const text = await answer.text();
    return { status, headers: got, offset: offset === null ? Number.NaN : Number(offset), text };
  }

  create(size: number | string, pairs: Readonly<Record<string, string>>, headers: Given = {}) {
    const given = { 'Upload-Length': size, 'Upload-Metadata': metadata(pairs), ...headers };
    return this.send('POST', UPLOADS_PATH, given);
  }

  /** Begins an upload of `content`. @returns its path */
  async begin(file: string, content: Buffer | string, component = 'python'): Promise<string> {
    const size = Buffer.byteLength(content);
    const { status, headers, text } = await this.create(size, pairsOf(file, content, component));
    if (status !== 201) throw new Error(`${status} ${text}`);
    return headers.get('location') ?? '';
  }

  head(path: string): Promise<TusAnswer> {
    return this.send('HEAD', path);
  }

  patch(path: string, offset: number | string, body: Buffer | string, headers: Given = {}) {
    const given = { 'Upload-Offset': offset, 'Content-Type': PIECE_TYPE, ...headers };
    return this.send('PATCH', path, given, body);
  }
}
