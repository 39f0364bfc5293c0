import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { BodyPool } from '../../server/storage/body-pool.ts';
import { FolderStore } from '../../server/storage/folder-store.ts';
import { objectStoreContract } from '../contracts/object-store.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const pool = new BodyPool();
afterAll(() => pool.close());

/** What is in the place of the folder, whose disk went away. */
const IN_ITS_PLACE = {
  'a loop of links': (root: string) => symlink(root, root),
  'a file in its place': (root: string) => writeFile(root, ''),
  'a disk that is not mounted, nor its mount point there': async () => {},
  'a disk that is not mounted': (root: string) => mkdir(root),
};

objectStoreContract('FolderStore', {
  outages: Object.keys(IN_ITS_PLACE) as (keyof typeof IN_ITS_PLACE)[],
  async open() {
    const temporary = await temporaryFolder();
    const root = join(temporary.path, 'store');
    await mkdir(root);
    return {
      store: new FolderStore(root, pool),
      async outage(kind) {
        const aside = join(temporary.path, 'aside');
        await rename(root, aside);
        await IN_ITS_PLACE[kind](root);
        return async () => {
          await rm(root, { recursive: true, force: true });
          await rename(aside, root);
        };
      },
      leftovers: () => readdir(join(root, '.staging')),
      close: () => temporary[Symbol.asyncDispose](),
    };
  },
});
