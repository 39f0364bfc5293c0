/**
 * What the programs that sshd runs (`server/hooks/ssh/`) and the server say to each other over a
 * unix socket: one line of JSON, a question; then, for a session, the client's bytes as they are one
 * way, and frames the other.
 */
export type SshQuestion =
  /** May this key log in? Answered by one line of JSON, an `SshAdmission`. */
  | { readonly ask: 'key'; readonly type: string; readonly key: string }
  /** For which of its principals does this certificate log in? */
  | { readonly ask: 'certificate'; readonly certificate: string }
  | ({
      readonly ask: 'session';
      /** `SSH_ORIGINAL_COMMAND` as it came; null: there is none. */
      readonly command: string | null;
      /** `GIT_PROTOCOL`, where it is one that git sends. */
      readonly protocol: string | null;
      /** The client's IP address. */
      readonly address: string;
    } & ({ readonly key: string } | { readonly certificate: string }));

/** The key's fingerprint, or the certificate's principal; null: refused. */
export interface SshAdmission {
  readonly admit: string | null;
}

/** Characters of a question: certificates and keys have a few thousand. */
export const MAX_SSH_QUESTION = 64 * 1024;
/** The only values that git itself sends as `GIT_PROTOCOL`. */
export const GIT_PROTOCOLS = ['version=0', 'version=1', 'version=2'] as const;

/** Which stream a frame is for; `status` is one byte, the exit status, and the last frame. */
export const SSH_CHANNEL = { stdout: 1, stderr: 2, status: 3 } as const;
const HEAD_BYTES = 5;

/** The head of a frame: its channel, and the length of what follows. */
export function frameHead(channel: number, length: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(channel, 0);
  head.writeUInt32BE(length, 1);
  return head;
}

/** Takes frames apart however they were cut; contents are handed on as they come. */
export class FrameReader {
  readonly #take: (channel: number, piece: Buffer) => void;
  #head: Buffer = Buffer.alloc(0);
  #channel = 0;
  #left = 0;

  constructor(take: (channel: number, piece: Buffer) => void) {
    this.#take = take;
  }

  read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const piece = chunk.subarray(at, at + this.#left);
        this.#left -= piece.length;
        at += piece.length;
        this.#take(this.#channel, piece);
        continue;
      }
      const more = chunk.subarray(at, at + HEAD_BYTES - this.#head.length);
      this.#head = Buffer.concat([this.#head, more]);
      at += more.length;
      if (this.#head.length < HEAD_BYTES) return;
      this.#channel = this.#head.readUInt8(0);
      this.#left = this.#head.readUInt32BE(1);
      this.#head = Buffer.alloc(0);
    }
  }
}
