import { DistGitError } from '../../core/api/distgit-error.ts';
import type { Checksum } from '../../core/domain/checksum.ts';
import type { SourceAddress } from '../../core/domain/lookaside-path.ts';
import { hashSource } from '../api-client/verify-source.ts';
import type { CommandContext } from '../command.ts';
import { forEachParallel } from './transfer.ts';

export interface VerifiedSource {
  readonly file: string;
  readonly checksum: Checksum;
  /** Is the content what checksum and recorded size say? */
  readonly good: boolean;
  /** The checksum that it has. */
  readonly received: string;
  /** Bytes that came. */
  readonly size: number;
}

/**
 * Downloads files and hashes them, some at once; keeps nothing.
 * @param sources with the size in bytes that the server has recorded
 * @throws DistGitError where a file could not be read, and no other was found to be bad
 */
export async function verifySources(
  { api, progress, interruptible }: Pick<CommandContext, 'api' | 'progress' | 'interruptible'>,
  sources: readonly { readonly address: SourceAddress; readonly size: number }[],
): Promise<VerifiedSource[]> {
  const verified: VerifiedSource[] = [];
  const files = sources.map((one) => ({ ...one, file: one.address.file }));
  await interruptible(async (signal) => {
    try {
      await forEachParallel(files, async ({ address, file, size: recorded }) => {
        signal.throwIfAborted();
        const { checksum } = address;
        const { hex, size } = await hashSource(api, address, progress.track(file), signal);
        const good = hex === checksum.hex && size === recorded;
        verified.push({ file, checksum, good, received: hex, size });
      });
    } catch (error) {
      if (signal.aborted)
        throw new DistGitError('interrupted', `Interrupted; ${verified.length} files were read.`);
      // What is known to be bad is told first.
      if (verified.every(({ good }) => good)) throw error;
    } finally {
      progress.stop();
    }
  });
  return verified;
}
