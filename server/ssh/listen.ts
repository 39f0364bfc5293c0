import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { SshAdmission } from '../../core/api/ssh-session.ts';
import { type Question, readQuestion } from './questions.ts';
import { type SshSessionDeps, serveSession } from './serve-session.ts';

/** Bytes of a unix socket's path that every system takes (`sun_path`). */
const MAX_PATH = 103;
/** How long sessions may go on when the server is asked to stop. */
const STOP_MS = 10_000;

/**
 * Listens for sshd's programs on a socket that only the service's own account can reach: whoever
 * connects is believed, since sshd has checked keys and signatures.
 * @param folder made, mode 0700
 * @throws DistGitError `config_invalid` for a path that is too long for a socket
 */
export async function listenForSsh(
  deps: SshSessionDeps,
  { folder, idleSeconds }: { readonly folder: string; readonly idleSeconds: number },
): Promise<{ close(): Promise<void> }> {
  const path = join(folder, 'socket');
  if (Buffer.byteLength(path) > MAX_PATH)
    throw new DistGitError(
      'config_invalid',
      `The socket ${path} would have a path of more than ${MAX_PATH} bytes.`,
      { detail: { remedy: 'Give server.data a shorter path, for instance by a symbolic link.' } },
    );
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  // A server that died has left it there; this one has the data folder to itself.
  await rm(path, { force: true });
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // Whoever is gone is noticed by the socket's close.
    socket.on('error', () => {});
    socket.setTimeout(idleSeconds * 1000, () => socket.destroy());
    answer(deps, socket).catch((error: unknown) => {
      deps.log.error({ err: error }, 'a question of sshd failed');
      socket.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => open.forEach((socket) => socket.destroy()), STOP_MS);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

async function answer(deps: SshSessionDeps, socket: Socket): Promise<void> {
  const question = await readQuestion(socket);
  if (question === null) {
    socket.destroy();
    return;
  }
  if (question.ask === 'session') {
    await serveSession(deps, socket, question);
    return;
  }
  const admission: SshAdmission = { admit: await admit(deps, question) };
  socket.end(`${JSON.stringify(admission)}\n`);
  socket.resume();
}

async function admit(
  { identities, log }: Pick<SshSessionDeps, 'identities' | 'log'>,
  question: Exclude<Question, { ask: 'session' }>,
): Promise<string | null> {
  if (question.ask === 'key') return identities.admit(question.type, question.key);
  try {
    return (await identities.byCertificate(question.certificate)).name;
  } catch (error) {
    if (!(error instanceof DistGitError)) throw error;
    log.info({ err: error }, 'an SSH certificate was refused');
    return null;
  }
}
