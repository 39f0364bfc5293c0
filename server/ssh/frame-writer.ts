import type { Socket } from 'node:net';
import { frameHead, SSH_CHANNEL } from '../../core/api/ssh-session.ts';

/** Writes frames of a session, no faster than they are read. */
export class FrameWriter {
  readonly #socket: Socket;
  /** Something went out as standard output. */
  began = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Ends when there is room for more, or nobody reads any more: what is written then is lost. */
  async write(channel: keyof typeof SSH_CHANNEL, content: Buffer | string): Promise<void> {
    const socket = this.#socket;
    const bytes = Buffer.from(content as string);
    if (bytes.length === 0 || !socket.writable) return;
    if (channel === 'stdout') this.began = true;
    socket.write(frameHead(SSH_CHANNEL[channel], bytes.length));
    if (socket.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        socket.off('drain', go).off('close', go);
        resolve();
      };
      socket.on('drain', go).on('close', go);
    });
  }

  /** The exit status, as the last that is said. */
  end(status: number): void {
    if (!this.#socket.writable) return;
    this.#socket.write(frameHead(SSH_CHANNEL.status, 1));
    this.#socket.end(Buffer.of(status));
  }
}
