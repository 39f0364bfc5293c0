import { chmod, lstat, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Express } from 'express';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { Front } from './client.ts';
import { closed, plainServer, serve } from './listen.ts';

/** The front is in the server's group; nobody else gets in. */
const MODE = 0o660;

/**
 * Listens on a unix socket for the front alone: what it says there of its clients is believed.
 * @throws DistGitError `config_invalid` where the path can not be used, or somebody listens there
 */
export async function listenForFront(
  app: Express,
  front: Front,
  { path, idleSeconds }: { path: string; idleSeconds: number },
): Promise<{ close(): Promise<void> }> {
  if (await answers(path)) unusable(path, 'another server listens there');
  // What a server that died has left there; nothing else.
  const found = await lstat(path).catch(() => null);
  if (found?.isSocket() === false) unusable(path, 'a file is there that is no socket');
  await rm(path, { force: true }).catch((cause: unknown) => unusable(path, String(cause)));
  const server = plainServer(app);
  server.on('connection', (socket) => front.trust(socket));
  serve(server, app, idleSeconds);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  }).catch((cause: unknown) => unusable(path, String(cause)));
  await chmod(path, MODE);
  return { close: () => closed(server) };
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function unusable(path: string, why: string): never {
  throw new DistGitError('config_invalid', 'The socket for the front can not be used.', {
    detail: { problems: [{ path: 'front.socket', message: `${path}: ${why}` }] },
  });
}
