import type { Socket } from 'node:net';
import { z } from 'zod';
import { GIT_PROTOCOLS, MAX_SSH_QUESTION, type SshQuestion } from '../../core/api/ssh-session.ts';

const common = {
  ask: z.literal('session'),
  command: z.string().nullable(),
  protocol: z.enum(GIT_PROTOCOLS).nullable(),
  address: z.string(),
};
const session = z.union([
  z.strictObject({ ...common, key: z.string() }),
  z.strictObject({ ...common, certificate: z.string() }),
]);
const question = z.union([
  z.strictObject({ ask: z.literal('key'), type: z.string(), key: z.string() }),
  z.strictObject({ ask: z.literal('certificate'), certificate: z.string() }),
  session,
]);

/** What the server is asked, parsed. */
export type Question = z.output<typeof question> & SshQuestion;
export type SessionQuestion = z.output<typeof session>;

/**
 * Reads the first line of a connection; what comes behind it stays in the socket.
 * @returns null: nothing that is understood
 */
export async function readQuestion(socket: Socket): Promise<Question | null> {
  const line = await readLine(socket);
  if (line === null) return null;
  try {
    return question.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

async function readLine(socket: Socket): Promise<string | null> {
  let read = Buffer.alloc(0);
  for (;;) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) {
      if (socket.readableEnded || socket.destroyed) return null;
      await somethingNew(socket);
      continue;
    }
    read = Buffer.concat([read, chunk]);
    const end = read.indexOf('\n');
    if (end !== -1) {
      const rest = read.subarray(end + 1);
      if (rest.length > 0) socket.unshift(rest);
      return read.toString('utf8', 0, end);
    }
    if (read.length > MAX_SSH_QUESTION) return null;
  }
}

function somethingNew(socket: Socket): Promise<void> {
  const events = ['readable', 'end', 'close'];
  return new Promise((resolve) => {
    const go = (): void => {
      for (const event of events) socket.off(event, go);
      resolve();
    };
    for (const event of events) socket.on(event, go);
  });
}
