import { createReadStream } from 'node:fs';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Track } from '../output/progress.ts';
import { type ApiClient, unreachable } from './api-client.ts';

/** How long an upload waits to be let in, as long as curl does. */
const CONTINUE_MS = 1000;
/** Milliseconds without a byte until a connection counts as broken. */
const IDLE_MS = 60_000;

/** A request for what is not JSON. @param signal ends it */
export function open(
  api: ApiClient,
  method: string,
  path: string,
  headers: Record<string, string | number> = {},
  signal?: AbortSignal,
): ClientRequest {
  const url = new URL(api.url + path);
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const opened = request(url, {
    method,
    headers: { ...api.authorization, ...headers },
    ...api.tls,
    ...(signal === undefined ? {} : { signal }),
  });
  opened.setTimeout(IDLE_MS, () => opened.destroy(new Error('timed out')));
  return opened;
}

export function answerOf(request: ClientRequest, url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    // Stays: what breaks after the answer has begun is told by the answer's own stream.
    request.on('error', (cause) => reject(unreachable(url, cause)));
  });
}

export async function textOf(answer: IncomingMessage, url: string): Promise<string> {
  let text = '';
  try {
    for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
  } catch (cause) {
    throw unreachable(url, cause);
  }
  return text;
}

/** Passes bytes on and tells `track` of them. */
export function counted(track: Track): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      track.add(chunk.length);
      done(null, chunk);
    },
  });
}

/**
 * Sends the bytes `start` to `end` (both included) of a file as the body of `request`, which has
 * `Expect: 100-continue`, so that a refusal costs no upload.
 */
export async function sendFile(
  request: ClientRequest,
  url: string,
  file: { readonly path: string; readonly start: number; readonly end: number },
  track: Track,
): Promise<{ answer: IncomingMessage; text: string }> {
  const answered = answerOf(request, url);
  let sending = false;
  const send = (): void => {
    if (sending) return;
    sending = true;
    const { path, start, end } = file;
    // An empty range is not one that a stream can read.
    if (end < start) {
      request.end();
      return;
    }
    const bytes = createReadStream(path, { start, end, highWaterMark: 256 * 1024 });
    // When the server answers early the connection closes under us; its answer tells why.
    pipeline(bytes, counted(track), request).catch(() => {});
  };
  request.once('continue', send);
  request.flushHeaders();
  // Some proxies eat the "continue"; nobody waits for it for ever (RFC 9110, 10.1.1).
  const timer = setTimeout(send, CONTINUE_MS);
  const answer = await answered.finally(() => clearTimeout(timer));
  return { answer, text: await textOf(answer, url) };
}
