import type { TestServer } from './test-server.ts';

export interface PageAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Where a redirect leads to; null: it is none. */
  readonly location: string | null;
}

/** What a browser does with our pages, as far as the server sees it: cookies, forms, and their origin. */
export class BrowserSession {
  readonly server: TestServer;
  readonly #origin: string;
  readonly cookies = new Map<string, string>();

  /** @param origin of the server's URL, where that is not where it listens */
  constructor(server: TestServer, origin = new URL(server.url).origin) {
    this.server = server;
    this.#origin = origin;
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<PageAnswer> {
    return this.#send(path, { headers: { Accept: 'text/html', ...headers } });
  }

  /**
   * Sends a form as browsers do. A field with a list comes as often as the list is long.
   * @param headers instead of those that a browser sends with a form of this server
   */
  async post(
    path: string,
    fields: Readonly<Record<string, string | readonly string[]>>,
    headers: Readonly<Record<string, string>> = this.ownOrigin,
  ): Promise<PageAnswer> {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(fields))
      for (const one of typeof value === 'string' ? [value] : value) body.append(name, one);
    return this.#send(path, { method: 'POST', body, headers: { Accept: 'text/html', ...headers } });
  }

  get ownOrigin(): Readonly<Record<string, string>> {
    return { Origin: this.#origin, 'Sec-Fetch-Site': 'same-origin' };
  }

  /** The token of the first form on a page. */
  async csrf(path: string): Promise<string> {
    const { text } = await this.get(path);
    const token = /name="csrf" value="([^"]+)"/.exec(text)?.[1];
    if (token === undefined) throw new Error(`There is no form at ${path}: ${text}`);
    return token;
  }

  async logIn(user: string, password: string, next = '/account'): Promise<PageAnswer> {
    const csrf = await this.csrf('/login');
    return this.post('/login', { csrf, user, password, next });
  }

  /** Like `logIn`, and throws where the server refuses. */
  async mustLogIn(user: string, password: string): Promise<this> {
    const { status, text } = await this.logIn(user, password);
    if (status !== 303) throw new Error(`Login as ${user}: ${status} ${text}`);
    return this;
  }

  async #send(path: string, options: RequestInit & { headers: Record<string, string> }) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(new URL(path, this.server.url), {
      ...options,
      redirect: 'manual',
      headers: { ...options.headers, ...(cookie === '' ? {} : { Cookie: cookie }) },
    });
    for (const set of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = set.split('; ');
      const at = pair.indexOf('=');
      if (attributes.includes('Max-Age=0')) this.cookies.delete(pair.slice(0, at));
      else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      location: response.headers.get('location'),
    };
  }
}
