import { Agent } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { answersOf, type CallAnswer, callsIn, type HubCall } from './hub.ts';
import { failure } from './hub-caller.ts';
import { type Attempt, attemptOf, type HubOptions } from './hub-line.ts';
import { NoAnswer, postToHub } from './hub-post.ts';
import { FAULT } from './koji-fault.ts';
import { encodeCall } from './xmlrpc-encode.ts';
import type { XmlRpcValue } from './xmlrpc-value.ts';

/**
 * What anybody may have the server ask of the hub. It goes without a login, on connections of its
 * own, so that a crowd neither waits for the builds of the SIGs nor they for it.
 */
export interface PublicReads {
  /** @throws DistGitError as `Hub.read`; `unavailable` too where many ask already */
  read(method: string, ...params: readonly XmlRpcValue[]): Promise<XmlRpcValue>;
  /** Many in one request, an answer to each in their order. */
  readAll(calls: readonly HubCall[]): Promise<readonly CallAnswer[]>;
  close(): void;
}

export interface PublicReadsOptions extends Pick<HubOptions, 'url' | 'authority'> {
  readonly timeoutMs: number;
  readonly attempts: number;
  readonly pauseMs: number;
  /** How long an answer stands, so that all who watch one task ask once. */
  readonly keepMs?: number;
}

/** Connections to the hub. */
const CONNECTIONS = 4;
/** Questions that are under way or wait for a connection. */
export const MAX_ASKING = 24;
const KEEP_MS = 2000;
/** Bytes of an answer; a part of a log takes less than half a megabyte. */
const MAX_ANSWER = 8 * 1024 * 1024;
/** Answers that are kept, and the bytes of the largest of them. */
const MAX_KEPT = 200;
const MAX_KEPT_ANSWER = 64 * 1024;
const RETRY_AFTER_S = 5;

interface Kept {
  readonly answer: Promise<XmlRpcValue>;
  /** Milliseconds of `performance.now`; while it is under way, none. */
  until: number;
}

/** @throws TypeError where the URL can not be read */
export function openPublicReads(options: PublicReadsOptions): PublicReads {
  const { timeoutMs, attempts, pauseMs, authority, keepMs = KEEP_MS } = options;
  const url = new URL(options.url);
  const trust = authority === undefined ? {} : { ca: authority };
  const kind = { keepAlive: true, maxSockets: CONNECTIONS, minVersion: 'TLSv1.2' } as const;
  const agent = new Agent({ ...trust, ...kind });
  /** By what is asked; the oldest first. */
  const kept = new Map<string, Kept>();
  let asking = 0;
  let closed = false;

  const once = async (body: string): Promise<readonly [Attempt, bytes: number]> => {
    try {
      const got = await postToHub(url, {}, body, { agent, timeoutMs, maxBytes: MAX_ANSWER });
      return [attemptOf(got), got.body.length];
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      return [{ kind: 'lost', sent: error.sent, why: error.message }, 0];
    }
  };
  const ask = async (body: string): Promise<readonly [XmlRpcValue, bytes: number]> => {
    if (asking >= MAX_ASKING) throw crowded();
    asking++;
    try {
      for (let tries = 1; ; tries++) {
        const [attempt, bytes] = await once(body);
        if (attempt.kind === 'value') return [attempt.value, bytes];
        const isPassing =
          attempt.kind === 'lost' ||
          (attempt.kind === 'fault' && attempt.fault.code === FAULT.offline);
        if (closed || !isPassing || tries >= attempts) throw failure(attempt);
        await pause(pauseMs * 2 ** (tries - 1));
      }
    } finally {
      asking--;
    }
  };
  const read = (method: string, params: readonly XmlRpcValue[]): Promise<XmlRpcValue> => {
    const body = encodeCall(method, params);
    const known = kept.get(body);
    if (known !== undefined && known.until > performance.now()) return known.answer;
    const asked = ask(body);
    const entry: Kept = { answer: asked.then(([value]) => value), until: Infinity };
    const forget = (): void => {
      if (kept.get(body) === entry) kept.delete(body);
    };
    const keep = ([, bytes]: readonly [XmlRpcValue, bytes: number]): void => {
      entry.until = performance.now() + keepMs;
      if (bytes > MAX_KEPT_ANSWER) forget();
    };
    asked.then(keep, forget);
    kept.delete(body);
    kept.set(body, entry);
    const [oldest] = kept.size > MAX_KEPT ? kept.keys() : [];
    if (oldest !== undefined) kept.delete(oldest);
    return entry.answer;
  };
  return {
    read: (method, ...params) => read(method, params),
    async readAll(calls) {
      if (calls.length === 0) return [];
      return answersOf(await read('multiCall', callsIn(calls)), calls);
    },
    close() {
      closed = true;
      agent.destroy();
    },
  };
}

const crowded = (): DistGitError =>
  new DistGitError('unavailable', 'Many are asking Koji through this server at the moment.', {
    detail: { remedy: 'Try again in some seconds.', retryAfter: RETRY_AFTER_S },
  });
