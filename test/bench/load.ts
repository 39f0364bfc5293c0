import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** The same request again and again, from `clients` at once, for `seconds`. */
export interface PostJob {
  readonly kind: 'post';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** A shorter answer is a failure. */
  readonly atLeastBytes: number;
  readonly clients: number;
  readonly seconds: number;
}

/** `count` files of `size` bytes, no two the same, as rpkg uploads them. */
export interface UploadJob {
  readonly kind: 'upload';
  readonly url: string;
  readonly authorization: string;
  readonly component: string;
  readonly size: number;
  readonly clients: number;
  readonly count: number;
}

export type Job = PostJob | UploadJob;

export interface JobResult {
  readonly seconds: number;
  /** Milliseconds of each request. */
  readonly latencies: readonly number[];
}

/** A process of its own that makes requests, so that neither server nor bench pays for them. */
export class Load {
  readonly #process: ChildProcess = fork(resolve(import.meta.dirname, 'load-process.ts'));

  /** @throws Error where a request failed */
  async run(job: Job): Promise<JobResult> {
    this.#process.send(job);
    const [answer] = (await once(this.#process, 'message')) as [JobResult | { error: string }];
    if ('error' in answer) throw new Error(answer.error);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.disconnect();
    await exit;
  }
}
