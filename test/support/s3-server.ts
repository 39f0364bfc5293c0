import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rename } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import type { S3StoreOptions } from '../../server/storage/s3-store.ts';
import { everythingIn } from './data-folder.ts';
import { type GoProgram, goProgram } from './go-program.ts';
import { temporaryFolder } from './temporary-folder.ts';

type Temporary = Awaited<ReturnType<typeof temporaryFolder>>;

const START_MS = 60_000;
/** The first run builds the server. */
export const BUILD_MS = 1_200_000;

/** A make of S3 servers. */
interface Make extends GoProgram {
  args(port: number, folder: string): string[];
  env(access: string, secret: string): Record<string, string>;
  /** Paths in its folder that are there as long as an upload in parts is open. */
  readonly openUpload: RegExp;
}

export const S3_MAKES = {
  versitygw: {
    name: 'versitygw',
    package: 'github.com/versity/versitygw/cmd/versitygw',
    version: 'v1.8.0',
    args: (port, folder) => [
      `--port=127.0.0.1:${port}`,
      '--keep-alive',
      '--quiet',
      'posix',
      folder,
    ],
    env: (access, secret) => ({ ROOT_ACCESS_KEY: access, ROOT_SECRET_KEY: secret }),
    openUpload: /\/\.sgwtmp\/multipart\/[^/]+\/[^/]+$/,
  },
  minio: {
    name: 'minio',
    package: 'github.com/minio/minio',
    version: 'v0.0.0-20260212201848-7aac2a2c5b7c',
    args: (port, folder) => ['server', '--quiet', '--address', `127.0.0.1:${port}`, folder],
    env: (access, secret) => ({
      MINIO_ROOT_USER: access,
      MINIO_ROOT_PASSWORD: secret,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
    }),
    openUpload: /^\.minio\.sys\/multipart\/.*\/xl\.meta$/,
  },
} as const satisfies Record<string, Make>;
export type MakeName = keyof typeof S3_MAKES;

/** A real S3 server on a free port of 127.0.0.1, with its files in a temporary folder. */
export class S3Server {
  readonly #make: Make;
  readonly #program: string;
  readonly #temporary: Temporary;
  readonly credentials = {
    accessKeyId: `test${randomBytes(6).toString('hex')}`,
    secretAccessKey: randomBytes(20).toString('hex'),
  };
  #process: ChildProcess | undefined;
  #port = 0;
  #client: S3Client | undefined;

  private constructor(make: Make, program: string, temporary: Temporary) {
    this.#make = make;
    this.#program = program;
    this.#temporary = temporary;
  }

  static async open(name: MakeName): Promise<S3Server> {
    const make = S3_MAKES[name];
    const server = new S3Server(make, await goProgram(make), await temporaryFolder());
    await mkdir(server.folder);
    await server.start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Where it keeps its buckets, each as a folder. */
  get folder(): string {
    return join(this.#temporary.path, 'buckets');
  }

  /** An SDK of our own, to look behind the store's back. */
  get client(): S3Client {
    this.#client ??= new S3Client({
      endpoint: this.url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: this.credentials,
      maxAttempts: 10,
    });
    return this.#client;
  }

  /** Starts it, again at the same port. Somebody else may take that: then it fails. */
  async start(): Promise<void> {
    this.#port ||= await freePort();
    const { accessKeyId, secretAccessKey } = this.credentials;
    // It dies with the process that started it, whatever ends that.
    const args = ['--pdeathsig=KILL', this.#program, ...this.#make.args(this.#port, this.folder)];
    const child = spawn('setpriv', args, {
      cwd: this.#temporary.path,
      env: {
        PATH: process.env.PATH,
        HOME: this.#temporary.path,
        ...this.#make.env(accessKeyId, secretAccessKey),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-10_000);
      });
    for (const until = Date.now() + START_MS; ; ) {
      if (child.exitCode !== null) throw new Error(`${this.#make.name} ended: ${said}`);
      if (Date.now() > until) throw new Error(`${this.#make.name} did not start: ${said}`);
      if (
        await fetch(this.url).then(
          (answer) => answer.status < 500,
          () => false,
        )
      )
        return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async newBucket(): Promise<string> {
    const Bucket = `test-${randomBytes(6).toString('hex')}`;
    await this.client.send(new CreateBucketCommand({ Bucket }));
    return Bucket;
  }

  /** @returns what brings it back */
  async takeBucketAway(bucket: string): Promise<() => Promise<void>> {
    const [here, aside] = [join(this.folder, bucket), join(this.#temporary.path, bucket)];
    await rename(here, aside);
    return () => rename(aside, here);
  }

  options(bucket: string, more: Partial<S3StoreOptions> = {}): S3StoreOptions {
    return {
      bucket,
      prefix: 'lookaside/',
      endpoint: this.url,
      region: 'us-east-1',
      pathStyle: true,
      credentials: this.credentials,
      timeoutMs: 30_000,
      partSize: 5 * 1024 * 1024,
      presignSeconds: null,
      ...more,
    };
  }

  /** Every name in the bucket. */
  async names(Bucket: string): Promise<string[]> {
    const { Contents = [] } = await this.client.send(new ListObjectsV2Command({ Bucket }));
    return Contents.map(({ Key = '' }) => Key);
  }

  /** What puts have left: open uploads, and names of the store's own that no object needs. */
  async leftovers(Bucket: string, prefix = 'lookaside/'): Promise<string[]> {
    const { Uploads = [] } = await this.client.send(new ListMultipartUploadsCommand({ Bucket }));
    const open = Uploads.map(({ Key = '' }) => `upload to ${Key}`);
    // Not every make lists uploads without the whole name of each.
    const files = await everythingIn(this.folder);
    open.push(...files.filter((path) => this.#make.openUpload.test(path)));
    const names = await this.names(Bucket);
    const needed = new Set<string>();
    for (const Key of names.filter((name) => !name.startsWith(`${prefix}.`))) {
      const { Metadata } = await this.client.send(new HeadObjectCommand({ Bucket, Key }));
      if (Metadata?.put !== undefined) needed.add(`${prefix}.times/${Metadata.put}`);
    }
    const own = names.filter((name) => name.startsWith(`${prefix}.`));
    return [...open, ...own.filter((name) => !needed.has(name))];
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#client?.destroy();
    await this.#temporary[Symbol.asyncDispose]();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
