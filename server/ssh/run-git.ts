import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { abandonGit } from '../git/abandon-git.ts';
import type { GitSlots } from '../git/git-slots.ts';
import { chunksOf, limitedChunks } from '../storage/chunks.ts';
import type { FrameWriter } from './frame-writer.ts';

export interface SshGit {
  start(): ChildProcess | Promise<ChildProcess>;
  /** Bytes that the client may send. */
  readonly inputLimit: number;
  through?(): Transform;
  /** It only reads: where the client goes away it need not come to its end. */
  readonly stopEarly: boolean;
}

/** What git says when it fails is kept for the log up to so many characters. */
const MAX_STDERR = 4000;

/**
 * Runs one git between the client's bytes and its own, both ways at once, each no faster than the
 * other end takes it. Where the client goes away git's input ends, and git cleans up and goes too.
 * @returns git's exit status
 * @throws DistGitError `client_gone`; `protocol_invalid` where git failed without a word
 */
export async function runGit(
  slots: GitSlots,
  socket: Socket,
  out: FrameWriter,
  service: SshGit,
): Promise<number> {
  await slots.take();
  let git: ChildProcess;
  try {
    if (socket.destroyed) throw new DistGitError('client_gone', 'The client went away.');
    git = await service.start();
  } catch (error) {
    slots.give();
    throw error;
  }
  const ended = once(git, 'close').finally(() => slots.give());
  // Awaited below; should we not come that far, another error has been told.
  ended.catch(() => {});
  const { stdin, stdout, stderr } = git;
  if (stdin === null || stdout === null) throw new Error('git has no streams');
  let said = '';
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, MAX_STDERR);
  });
  const abandon = (): void => abandonGit(git, service.stopEarly);
  if (socket.destroyed) abandon();
  else socket.once('close', abandon);
  const input = Readable.from(limitedChunks(socket, service.inputLimit), { objectMode: false });
  // git that stops reading early has answered already; what ends it otherwise it tells itself.
  pipeline(input, stdin).catch(() => stdin.destroy());

  const output = service.through === undefined ? stdout : stdout.pipe(service.through());
  for await (const chunk of chunksOf(output)) await out.write('stdout', chunk);
  const [code] = (await ended) as [number | null];
  socket.off('close', abandon);
  if (socket.destroyed) throw new DistGitError('client_gone', 'The client went away.');
  if (code !== 0 && !out.began)
    throw new DistGitError('protocol_invalid', 'git did not understand the request.', {
      detail: { remedy: 'Nothing was changed. Update git, then try again.' },
      cause: new Error(said),
    });
  return code ?? 1;
}
