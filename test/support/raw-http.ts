import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** HTTP/1.1 by hand, for what well-behaved clients do not do: half requests, slow ones, wrong ones. */
export class RawClient {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
    });
  }

  static async connect(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return new RawClient(socket);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Sends a request's head; `Host` is added. */
  head(method: string, path: string, headers: Readonly<Record<string, string | number>>): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.socket.write(`${method} ${path} HTTP/1.1\r\nHost: test\r\n${lines.join('')}\r\n`);
  }

  /** Sends bytes; resolves when the kernel has taken them, false where the server cut the line. */
  async send(data: Buffer | string): Promise<boolean> {
    if (this.#closed) return false;
    return new Promise((resolve) => {
      const cut = (): void => resolve(false);
      this.socket.once('close', cut);
      this.socket.write(data, (error) => {
        this.socket.off('close', cut);
        resolve(error === undefined || error === null);
      });
    });
  }

  /** The next answer, without its body where that has no end yet. Throws when the line is cut. */
  async answer(seconds = 60, withoutBody = false): Promise<RawAnswer> {
    return this.#wait(seconds, () => this.#parse(withoutBody));
  }

  /** Sends zeros until an answer is there, or `limit` bytes are sent; says how many were. */
  async sendUntilAnswered(limit: number): Promise<{ answer: RawAnswer; sent: number }> {
    const piece = Buffer.alloc(64 * 1024);
    let sent = 0;
    while (this.#received.length === 0 && sent < limit && (await this.send(piece)))
      sent += piece.length;
    return { answer: await this.answer(), sent };
  }

  /** Waits until the server has cut the line. */
  async end(seconds = 60): Promise<void> {
    await this.#wait(seconds, () => (this.#closed ? true : null));
  }

  destroy(): void {
    this.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  async #wait<T>(seconds: number, look: () => T | null): Promise<T> {
    const until = performance.now() + seconds * 1000;
    for (;;) {
      const found = look();
      if (found !== null) return found;
      if (this.#closed) throw new Error(`The line was cut after ${this.#received.length} bytes`);
      if (performance.now() > until) throw new Error(`Nothing came in ${seconds} s`);
      await this.#change();
    }
  }

  /** Resolves when something came, the line was cut, or a moment has passed. */
  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.socket.off('data', done).off('close', done);
        resolve();
      };
      const timer = setTimeout(done, 100);
      this.socket.on('data', done).on('close', done);
    });
  }

  #parse(withoutBody: boolean): RawAnswer | null {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return null;
    const [first = '', ...lines] = this.#received.toString('latin1', 0, end).split('\r\n');
    const status = Number(first.split(' ')[1]);
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      const before = headers[name] === undefined ? '' : `${headers[name]}, `;
      headers[name] = before + line.slice(colon + 1).trim();
    }
    const rest = this.#received.subarray(end + 4);
    if (withoutBody || status < 200 || status === 304) return this.#take(end + 4, status, headers);
    if (headers['transfer-encoding'] === 'chunked') {
      const last = rest.indexOf('0\r\n\r\n');
      return last === -1 ? null : this.#take(end + 4, status, headers, last + 5);
    }
    const length = Number(headers['content-length'] ?? 0);
    return rest.length < length ? null : this.#take(end + 4, status, headers, length);
  }

  #take(start: number, status: number, headers: Record<string, string>, length = 0): RawAnswer {
    const body = this.#received.subarray(start, start + length);
    this.#received = this.#received.subarray(start + length);
    return { status, headers, body };
  }
}
