import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { foundSclo } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';
import { basicAuth } from './basic-auth.ts';
import { emptyFolder } from './folders.ts';
import { Load, type UploadJob } from './load.ts';
import { aboveAtMost, alternate, atMost, type Measure, timesAtLeast } from './measure.ts';
import { watchPeak } from './memory.ts';
import { median } from './stats.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** One of the two servers that take the same uploads. */
interface Side {
  readonly url: string;
  readonly authorization: string;
  readonly pid: number;
  /** Where the files end up. */
  readonly folder: string;
}

/** rpkg's upload against a server that does nothing but store. */
export async function uploadBench(): Promise<Measure[]> {
  await using folder = await temporaryFolder();
  await using server = await new TestServer(join(folder.path, 'data'), {
    DISTGIT_LOG_LEVEL: 'info',
  }).start();
  await using floor = await new FloorServer(join(folder.path, 'floor')).start();
  await using load = new Load();
  const { committer } = await foundSclo(server);
  const authorization = basicAuth(committer);
  const sides = {
    ours: {
      url: `${server.url}/lookaside/upload.cgi`,
      authorization,
      pid: server.pid,
      folder: join(server.data, 'lookaside'),
    },
    peer: { url: `${floor.url}/upload`, authorization, pid: floor.pid, folder: floor.folder },
  };
  const upload = async (side: Side, job: Pick<UploadJob, 'size' | 'clients' | 'count'>) => {
    const { url } = side;
    const done = await load.run({
      kind: 'upload',
      url,
      authorization,
      component: 'python',
      ...job,
    });
    // A gigabyte per round would fill the disk.
    await emptyFolder(side.folder);
    return done;
  };

  const small = await alternate(7, sides, async (side) => {
    const { latencies } = await upload(side, { size: KIB, clients: 1, count: 60 });
    return median(latencies);
  });
  const parallel = await alternate(7, sides, async (side) => {
    const count = 320;
    const { seconds } = await upload(side, { size: MIB, clients: 16, count });
    return count / seconds;
  });
  const memory: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  const peaks = {
    ours: await watchPeak(sides.ours.pid),
    peer: await watchPeak(sides.peer.pid),
  };
  const large = await alternate(3, sides, async (side) => {
    const { seconds } = await upload(side, { size: GIB, clients: 1, count: 1 });
    const name = side === sides.ours ? 'ours' : 'peer';
    memory[name].push(await peaks[name]());
    return GIB / 1e6 / seconds;
  });
  const peak = await watchPeak(sides.ours.pid);
  await upload(sides.ours, { size: GIB, clients: 16, count: 16 });
  const many = { ours: [await peak()], peer: [] };
  return [
    { name: '1 KiB, 1 client', unit: 'ms', ...small, target: aboveAtMost(2.5, 'ms') },
    { name: '1 MiB, 16 clients', unit: '/s', ...parallel, target: timesAtLeast(0.85) },
    { name: '1 GiB, 1 client', unit: 'MB/s', ...large, target: timesAtLeast(0.85) },
    // An eighth of what passes through is room enough for the garbage collector.
    { name: '1 GiB, memory above idle', unit: 'MiB', ...memory, target: atMost(128, 'MiB') },
    {
      name: '1 GiB, 16 clients, memory above idle',
      unit: 'MiB',
      ...many,
      target: atMost(150, 'MiB'),
    },
  ];
}

/** `floor-server.ts` in a process of its own. */
class FloorServer {
  readonly folder: string;
  #process: ChildProcess | undefined;
  url = '';

  constructor(folder: string) {
    this.folder = folder;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async start(): Promise<this> {
    await mkdir(this.folder);
    const program = resolve(import.meta.dirname, 'floor-server.ts');
    const child = spawn(process.execPath, [program, this.folder], {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    const [said] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    this.url = /Listening on (\S+)\n/.exec(said)?.[1] ?? '';
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  }
}
