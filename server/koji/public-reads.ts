import { Agent } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { answersOf, type CallAnswer, callsIn, type HubCall } from './hub.ts';
import { bodyOf, failure } from './hub-caller.ts';
import { type HubOptions, tryPost } from './hub-line.ts';
import { FAULT } from './koji-fault.ts';
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

type Options = Pick<HubOptions, 'url' | 'authority' | 'timeoutMs' | 'attempts' | 'pauseMs'>;

/** Connections to the hub. */
const CONNECTIONS = 4;
/** Questions that are under way or wait for a connection. */
export const MAX_ASKING = 24;
/** Bytes of an answer; a part of a log takes less than half a megabyte. */
const MAX_ANSWER = 8 * 1024 * 1024;
const RETRY_AFTER_S = 5;

/** @throws TypeError where the URL can not be read */
export function openPublicReads(options: Options): PublicReads {
  const { timeoutMs, attempts, pauseMs, authority } = options;
  const url = new URL(options.url);
  const trust = authority === undefined ? {} : { ca: authority };
  const kind = { keepAlive: true, maxSockets: CONNECTIONS, minVersion: 'TLSv1.2' } as const;
  const agent = new Agent({ ...trust, ...kind });
  let asking = 0;
  let closed = false;

  const ask = async (body: string): Promise<XmlRpcValue> => {
    if (asking >= MAX_ASKING) throw crowded();
    asking++;
    try {
      for (let tries = 1; ; tries++) {
        const [attempt] = await tryPost(url, {}, body, { agent, timeoutMs, maxBytes: MAX_ANSWER });
        if (attempt.kind === 'value') return attempt.value;
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
  return {
    read: async (method, ...params) => ask(bodyOf(method, params)),
    async readAll(calls) {
      if (calls.length === 0) return [];
      return answersOf(await ask(bodyOf('multiCall', callsIn(calls))), calls);
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
