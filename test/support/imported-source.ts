import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseChecksum } from '../../core/domain/checksum.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { lookasideKey } from '../../core/domain/lookaside-path.ts';
import { parseSourceFileName } from '../../core/domain/source-file-name.ts';
import { openPglite } from '../../server/db/database.ts';
import type { TestServer } from './test-server.ts';

export interface ImportedSource {
  readonly component?: string;
  readonly file: string;
  readonly type: string;
  readonly content: string;
  readonly mtime?: string;
}

export const hashOf = (type: string, content: string | Buffer): string =>
  createHash(type).update(content).digest('hex');

/** Where the server keeps a file of the look-aside cache. */
export function pathOfSource(
  server: TestServer,
  file: string,
  type: string,
  hex: string,
  component = 'python',
): string {
  const key = lookasideKey({
    component: parseComponentName(component),
    file: parseSourceFileName(file),
    checksum: parseChecksum(type, hex),
  });
  return join(server.data, 'lookaside', key);
}

/**
 * Puts files into the look-aside cache as another one had them. Uploads with md5 and sha1 are
 * refused: such files only come this way. The server is started again, at the same address.
 */
export async function importSources(
  server: TestServer,
  sources: readonly ImportedSource[],
): Promise<void> {
  await server.stop();
  const db = await openPglite(join(server.data, 'database'));
  for (const { component = 'python', file, type, content, mtime } of sources) {
    const hash = hashOf(type, content);
    const path = pathOfSource(server, file, type, hash, component);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    const row = {
      component,
      file,
      hash_type: type,
      hash,
      size: content.length,
      mtime: new Date(mtime ?? 0),
      uploaded_by: 'ann',
    };
    await db.sql
      .insertInto('sources')
      .values(row as never)
      .execute();
  }
  await db.close();
  await server.start();
}
