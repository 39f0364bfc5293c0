import { Transform, type TransformCallback } from 'node:stream';
import type { PushStage } from './receive-pack.ts';

const FLUSH = '0000';
/** What to do where git, not a check of ours, had the last word. */
const ADVICE: Readonly<Record<PushStage, string | null>> = {
  unpacking:
    'The pushed objects are broken or too large, and nothing was changed. Look at the lines above;\n' +
    '"git fsck" in your clone names the bad objects, to be rewritten before you push again.\n',
  allowed:
    'Somebody else pushed in the same moment, and nothing of yours was changed.\n' +
    'Fetch, rebase or merge onto the branch, and push again.\n',
  refused: null,
  moved: null,
};

/**
 * Adds a word of advice where git refused a push by itself: a broken pack, a lost race. git's
 * answer ends with a flush packet; the advice goes right before it, on the side band that the
 * client shows as `remote:` (git's `gitprotocol-pack`, side-band-64k).
 */
export class PushAdvice extends Transform {
  readonly #end: () => Promise<PushStage>;
  /** What is known of the refs' advertisement that comes first; null: it has ended. */
  #advertised: Buffer | null;
  #tail: Buffer = Buffer.alloc(0);
  #sideBand: boolean | null = null;

  /**
   * @param end asked at the end of the stream, which waits for the answer
   * @param advertises git lists its refs in the same stream, before it answers
   */
  constructor(end: () => Promise<PushStage>, advertises = false) {
    super();
    this.#end = end;
    this.#advertised = advertises ? Buffer.alloc(0) : null;
  }

  override _transform(piece: Buffer, _encoding: string, done: TransformCallback): void {
    const chunk = this.#advertised === null ? piece : this.#pastAdvertisement(piece);
    const data = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    this.#sideBand ??= data.length > 4 ? [1, 2].includes(data[4] ?? 0) : null;
    const end = Math.max(0, data.length - FLUSH.length);
    this.#tail = data.subarray(end);
    done(null, end === 0 ? undefined : data.subarray(0, end));
  }

  /** Hands on what belongs to the advertisement, up to its flush packet. @returns the rest */
  #pastAdvertisement(piece: Buffer): Buffer {
    const data = Buffer.concat([this.#advertised ?? Buffer.alloc(0), piece]);
    let at = 0;
    while (data.length - at >= FLUSH.length) {
      const length = Number.parseInt(data.toString('latin1', at, at + FLUSH.length), 16);
      if (length === 0) {
        at += FLUSH.length;
        this.push(data.subarray(0, at));
        this.#advertised = null;
        return data.subarray(at);
      }
      if (!(data.length - at >= length)) break;
      at += Math.max(length, FLUSH.length);
    }
    if (at > 0) this.push(data.subarray(0, at));
    this.#advertised = data.subarray(at);
    return Buffer.alloc(0);
  }

  override _flush(done: TransformCallback): void {
    if (this.#advertised !== null) this.push(this.#advertised);
    this.#end().then((stage) => {
      const whole = this.#tail.toString('latin1') === FLUSH;
      const advice = ADVICE[stage];
      if (whole && this.#sideBand === true && advice !== null) {
        const length = (4 + 1 + Buffer.byteLength(advice)).toString(16).padStart(4, '0');
        this.push(Buffer.from(`${length}\u0002${advice}`));
      }
      done(null, this.#tail);
    }, done);
  }
}
