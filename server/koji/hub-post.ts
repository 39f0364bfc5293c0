import type { IncomingMessage } from 'node:http';
import { type Agent, request } from 'node:https';

export interface HubResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

export interface PostOptions {
  readonly agent: Agent;
  /** For all of it, from the connection to the last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** No answer came, or not all of it. */
export class NoAnswer extends Error {
  /** The hub may have the request, and may have done it. */
  readonly sent: boolean;

  constructor(sent: boolean, why: string) {
    super(why);
    this.name = 'NoAnswer';
    this.sent = sent;
  }
}

/**
 * One POST, with no second try of its own.
 * @throws NoAnswer
 */
export async function postToHub(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
  { agent, timeoutMs, maxBytes }: PostOptions,
): Promise<HubResponse> {
  let sent = false;
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const post = request(url, {
        method: 'POST',
        agent,
        headers: {
          'Content-Type': 'text/xml',
          'Content-Length': Buffer.byteLength(body),
          ...headers,
        },
        signal: AbortSignal.timeout(timeoutMs),
      });
      post.on('socket', (socket) => {
        if (post.reusedSocket) sent = true;
        else
          socket.once('secureConnect', () => {
            sent = true;
          });
      });
      post.on('response', resolve).on('error', reject);
      post.end(body);
    });
    const { statusCode: status = 0, headers: got } = response;
    return {
      status,
      contentType: got['content-type'] ?? '',
      body: await bodyOf(response, maxBytes),
    };
  } catch (error) {
    // The words of node and openssl; no part of the request is in them.
    throw new NoAnswer(
      sent,
      error instanceof Error ? `${error.name}: ${error.message}` : 'no words',
    );
  }
}

async function bodyOf(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`The answer is longer than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
