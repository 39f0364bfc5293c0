import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../support/process.ts';
import { foundSclo, specOf } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';
import { atMost, type Measure } from './measure.ts';
import { watchPeak } from './memory.ts';

const GIB = 1024 ** 3;
/** A little less than the server takes of one file in git. */
const FILE_SIZE = 2_000_000;
const BRANCH = 'scl-python33-el7';

/** What a push of a gigabyte costs the server in memory, apart from git's own processes. */
export async function pushMemoryBench(): Promise<Measure[]> {
  await using folder = await temporaryFolder();
  await using server = await new TestServer(join(folder.path, 'data')).start();
  const { committer } = await foundSclo(server);
  const copy = join(folder.path, 'copy');
  const url = server.gitUrl('python', committer);
  await git('/', 'clone', '--quiet', '--branch', BRANCH, url, copy);
  await writeFile(join(copy, 'python.spec'), specOf('python'));
  for (let file = 0; file * FILE_SIZE < GIB; file++)
    await writeFile(join(copy, `${file}.txt`), randomBytes(FILE_SIZE / 2).toString('hex'));
  // Digits of random bytes could be halved: that would be neither quick nor a gigabyte.
  await git(copy, 'config', 'core.compression', '0');
  await git(copy, 'config', 'pack.window', '0');
  await git(copy, 'add', '--all');
  await git(copy, 'commit', '--quiet', '--message', 'A gigabyte');
  const peak = await watchPeak(server.pid);
  await git(copy, 'push', '--quiet', 'origin', BRANCH);
  return [
    {
      name: 'push of 1 GiB, memory above idle',
      unit: 'MiB',
      ours: [await peak()],
      peer: [],
      target: atMost(128, 'MiB'),
    },
  ];
}
