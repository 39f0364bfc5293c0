import { fail } from '../../core/api/distgit-error.ts';
import type { Checksum } from '../../core/domain/checksum.ts';
import type { BodyPool } from './body-pool.ts';

/**
 * `body` as it passes through, ended by an error unless it is what the checksum says.
 * @throws DistGitError `checksum_mismatch`
 */
export async function* checkedBody(
  body: AsyncIterable<Buffer>,
  checksum: Checksum,
  pool: BodyPool,
): AsyncGenerator<Buffer> {
  const hash = pool.hash(checksum.type);
  let ended = false;
  try {
    for await (const piece of body) {
      await hash.update(piece);
      yield piece;
    }
    ended = true;
  } finally {
    if (!ended) await hash.abandon();
  }
  requireChecksum(checksum, await hash.digest());
}

/** @param received lower-case hex @throws DistGitError `checksum_mismatch` */
export function requireChecksum({ type, hex }: Checksum, received: string): void {
  if (received !== hex)
    fail(
      'checksum_mismatch',
      `${type.toUpperCase()} check failed. Received ${received} instead of ${hex}.`,
      'Nothing was stored. Compute the checksum again and repeat the upload.',
    );
}
