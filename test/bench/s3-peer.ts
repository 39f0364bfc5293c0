/**
 * The SDK alone, a program of its own: uploads a file of so many bytes to a bucket with lib-storage
 * as it comes, and says how many seconds that took.
 */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

export interface PeerJob {
  readonly endpoint: string;
  readonly bucket: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Bytes. */
  readonly size: number;
}

const BLOCK = randomBytes(1024 * 1024);

function* blocks(size: number): Iterable<Buffer> {
  for (let left = size; left > 0; left -= BLOCK.length) yield BLOCK.subarray(0, left);
}

process.on('message', ({ endpoint, bucket, credentials, size }: PeerJob) => {
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  const start = performance.now();
  const params = {
    Bucket: bucket,
    Key: `peer/${randomBytes(6).toString('hex')}`,
    Body: Readable.from(blocks(size), { objectMode: false }),
  };
  new Upload({ client, params }).done().then(
    () => process.send?.({ seconds: (performance.now() - start) / 1000 }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
