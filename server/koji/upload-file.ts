import { createHash, randomBytes } from 'node:crypto';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { Hub } from './hub.ts';
import { FAULT, faultOfError } from './koji-fault.ts';
import { isStruct } from './xmlrpc-value.ts';

/** Bytes of one piece, as Koji's own client sends them. */
export const UPLOAD_PIECE = 1024 * 1024;
/** Folders that are tried for one file. */
const FOLDERS = 3;
const NOTHING = Buffer.alloc(0);

/**
 * Hands a file over to the hub, which has it below its `work` until it is cleaned up there. Each
 * piece is compared by its SHA-256, which the hub states. No piece overwrites another: one whose
 * answer is lost is sent again to the same place, and a copy of it that comes late does no harm.
 * @param name without folders, not beginning with a dot
 * @param pieces each of `UPLOAD_PIECE` bytes at the most; read no further once one fails
 * @returns what `build` takes as its source
 * @throws DistGitError what `pieces` fails with; `unavailable`; and in Koji's words where it
 *   refuses. What the hub has of the file then is emptied, as far as it can be reached.
 */
export async function uploadFile(
  hub: Hub,
  name: string,
  pieces: AsyncIterable<Buffer>,
): Promise<string> {
  let folder: string | null = null;
  let size = 0;
  try {
    for await (const piece of pieces) {
      if (folder === null) folder = await begin(hub, name, piece);
      else await send(hub, folder, name, size, piece);
      size += piece.length;
    }
    folder ??= await begin(hub, name, NOTHING);
    const there = await hub.read('checkUpload', folder, name);
    if (!isStruct(there) || Number(there.size) !== size)
      throw differs('The file did not get to Koji whole.');
    return `${folder}/${name}`;
  } catch (error) {
    if (folder !== null && !isAway(error)) await discard(hub, folder, name);
    throw error;
  }
}

/** The first piece makes the file. Where it is there, an earlier try of ours has made it. */
async function begin(hub: Hub, name: string, piece: Buffer): Promise<string> {
  for (let tries = 1; ; tries++) {
    const folder = newFolder();
    try {
      await send(hub, folder, name, 0, piece);
      return folder;
    } catch (error) {
      if (faultOfError(error)?.code !== FAULT.generic || tries === FOLDERS) throw error;
    }
  }
}

/** Of one upload alone, called as those of Koji's own client are. */
const newFolder = (): string =>
  `cli-build/${Math.floor(Date.now() / 1000)}.${randomBytes(12).toString('hex')}`;

async function send(
  hub: Hub,
  folder: string,
  name: string,
  offset: number,
  piece: Buffer,
): Promise<void> {
  const got = await hub.upload({ folder, name, offset, overwrite: false, piece });
  const { size, hexdigest } = isStruct(got) ? got : {};
  const sha256 = createHash('sha256').update(piece).digest('hex');
  if (size !== piece.length || hexdigest !== sha256)
    throw differs('Koji has received something else than was sent.');
}

/** The hub has no way to delete an upload: of what nobody will build, it keeps an empty file. */
async function discard(hub: Hub, folder: string, name: string): Promise<void> {
  await hub
    .upload({ folder, name, offset: 0, overwrite: true, piece: NOTHING })
    // Koji cleans up by itself what is left; what went wrong before is what has to be told.
    .catch(() => {});
}

class Differs extends DistGitError {}

/** Then it is not asked once more. */
const isAway = (error: unknown): boolean =>
  error instanceof DistGitError && error.code === 'unavailable' && !(error instanceof Differs);

const differs = (message: string): DistGitError =>
  new Differs('unavailable', message, {
    detail: { remedy: 'Nothing is built. Try again; if it stays so, tell a site admin.' },
  });
