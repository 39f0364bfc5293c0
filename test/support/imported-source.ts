import { createHash } from 'node:crypto';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseChecksum } from '../../core/domain/checksum.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { lookasideKey } from '../../core/domain/lookaside-path.ts';
import { parseSourceFileName } from '../../core/domain/source-file-name.ts';
import { run } from './process.ts';
import { temporaryFolder } from './temporary-folder.ts';
import type { TestServer } from './test-server.ts';

const PROGRAM = resolve(import.meta.dirname, '../../server/import.ts');

export interface ImportedSource {
  readonly component?: string;
  /** It comes from CentOS's old layout, where it has a branch and no name. */
  readonly branch?: string;
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
 * Files that another look-aside cache had. Uploads with md5 and sha1 are refused: such files only
 * come by an import. The server is started again, at the same address.
 */
export async function importSources(
  server: TestServer,
  sources: readonly ImportedSource[],
): Promise<void> {
  await using tree = await temporaryFolder();
  for (const { component = 'python', branch, file, type, content, mtime } of sources) {
    const hash = hashOf(type, content);
    const place = branch === undefined ? `${file}/${type}/${hash}/${file}` : `${branch}/${hash}`;
    const path = join(tree.path, component, place);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    const time = new Date(mtime ?? 0);
    await utimes(path, time, time);
  }
  await server.stop();
  const done = await run(process.execPath, [PROGRAM, '--tree', tree.path], {
    env: { DISTGIT_SERVER_DATA: server.data, ...server.settings },
  });
  if (done.code !== 0) throw new Error(`The import failed: ${done.stderr}`);
  await server.start();
}
