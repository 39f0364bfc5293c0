import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new empty folder, removed when the owner is disposed of. */
export async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'distgit-test-'));
  return {
    path,
    async [Symbol.asyncDispose](): Promise<void> {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
