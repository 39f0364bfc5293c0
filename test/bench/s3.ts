import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { S3Server } from '../support/s3-server.ts';
import { foundSclo } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';
import { basicAuth } from './basic-auth.ts';
import { emptyFolder } from './folders.ts';
import { Load } from './load.ts';
import { alternate, atMost, type Measure, timesAtLeast } from './measure.ts';
import { watchPeak } from './memory.ts';
import type { PeerJob } from './s3-peer.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const ROUNDS = 3;
/** Uploads at once, and bytes of each, to see what memory that takes. */
const MANY = { clients: 16, size: GIB };

/** rpkg's upload to our server with its files in a bucket, against the SDK alone. */
export async function s3Bench(): Promise<Measure[]> {
  await using folder = await temporaryFolder();
  await using s3 = await S3Server.open('versitygw');
  const bucket = await s3.newBucket();
  const { accessKeyId, secretAccessKey } = s3.credentials;
  await using server = await new TestServer(join(folder.path, 'data'), {
    DISTGIT_LOG_LEVEL: 'info',
    DISTGIT_STORAGE_KIND: 's3',
    DISTGIT_STORAGE_S3_BUCKET: bucket,
    DISTGIT_STORAGE_S3_ENDPOINT: s3.url,
    DISTGIT_STORAGE_S3_PATH_STYLE: 'true',
    DISTGIT_STORAGE_S3_ACCESS_KEY_ID: accessKeyId,
    DISTGIT_STORAGE_S3_SECRET_ACCESS_KEY: secretAccessKey,
  }).start();
  await using load = new Load();
  await using peer = new Peer({ endpoint: s3.url, bucket, credentials: s3.credentials });
  const { committer } = await foundSclo(server);
  const upload = async (size: number, clients: number): Promise<number> => {
    const { seconds } = await load.run({
      kind: 'upload',
      url: `${server.url}/lookaside/upload.cgi`,
      authorization: basicAuth(committer),
      component: 'python',
      size,
      clients,
      count: clients,
    });
    return seconds;
  };
  // A gigabyte per round would fill the disk.
  const clean = (): Promise<void> => emptyFolder(join(s3.folder, bucket));
  const memory: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  const peaks = { ours: await watchPeak(server.pid), peer: await watchPeak(peer.pid) };
  const sides = { ours: 'ours', peer: 'peer' } as const;
  const large = await alternate<keyof typeof sides>(ROUNDS, sides, async (side) => {
    const seconds = await (side === 'ours' ? upload(GIB, 1) : peer.upload(GIB));
    memory[side].push(await peaks[side]());
    await clean();
    return GIB / 1e6 / seconds;
  });
  const peak = await watchPeak(server.pid);
  await upload(MANY.size, MANY.clients);
  const many = { ours: [await peak()], peer: [] };
  return [
    { name: '1 GiB, 1 client', unit: 'MB/s', ...large, target: timesAtLeast(0.8) },
    { name: '1 GiB, memory above idle', unit: 'MiB', ...memory, target: atMost(150, 'MiB') },
    {
      name: '1 GiB, 16 clients, memory above idle',
      unit: 'MiB',
      ...many,
      target: atMost(150, 'MiB'),
    },
  ];
}

/** `s3-peer.ts` in a process of its own. */
class Peer {
  readonly #process: ChildProcess = fork(resolve(import.meta.dirname, 's3-peer.ts'));
  readonly #job: Omit<PeerJob, 'size'>;

  constructor(job: Omit<PeerJob, 'size'>) {
    this.#job = job;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** @returns seconds */
  async upload(size: number): Promise<number> {
    this.#process.send({ ...this.#job, size } satisfies PeerJob);
    const [answer] = (await once(this.#process, 'message')) as [
      { seconds: number } | { error: string },
    ];
    if ('error' in answer) throw new Error(answer.error);
    return answer.seconds;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.disconnect();
    await exit;
  }
}
