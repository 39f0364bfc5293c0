import { join } from 'node:path';
import { run } from '../support/process.ts';
import { foundSclo, put, sha512 } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';
import { basicAuth } from './basic-auth.ts';
import { emptyFolder } from './folders.ts';
import { Load, type PostJob } from './load.ts';
import { atLeast, atMost, type Measure } from './measure.ts';
import { quantile } from './stats.ts';
import { questionFor } from './upload-form.ts';

const MIB = 1024 * 1024;
const CLIENTS = 16;
const ROUNDS = 5;

/** Questions and downloads; how fast they are while others upload. */
export async function lookasideBench(): Promise<Measure[]> {
  await using folder = await temporaryFolder();
  await using server = await new TestServer(join(folder.path, 'data'), {
    DISTGIT_LOG_LEVEL: 'info',
  }).start();
  await using asking = new Load();
  await using uploading = new Load();
  const { committer } = await foundSclo(server);
  const authorization = basicAuth(committer);
  const url = `${server.url}/lookaside/upload.cgi`;
  const question: PostJob = {
    kind: 'post',
    url,
    clients: CLIENTS,
    seconds: 2,
    ...questionFor('python', 'x', sha512('x'), authorization),
  };

  const rates: number[] = [];
  // The first round is for the compiler.
  await asking.run(question);
  for (let round = 0; round < ROUNDS; round++) {
    const { latencies, seconds } = await asking.run(question);
    rates.push(latencies.length / seconds);
  }

  const slowest: number[] = [];
  for (let round = 0; round < 3; round++) {
    const job = {
      url,
      authorization,
      component: 'python',
      size: MIB,
      clients: CLIENTS,
      count: 640,
    };
    const uploads = uploading.run({ kind: 'upload', ...job });
    const { latencies } = await asking.run({ ...question, clients: 1, seconds: 2 });
    await uploads;
    slowest.push(quantile(latencies, 0.99));
    await emptyFolder(join(server.data, 'lookaside'));
  }

  const none: readonly number[] = [];
  return [
    {
      name: `check, ${CLIENTS} clients`,
      unit: '/s',
      ours: rates,
      peer: none,
      target: atLeast(5000, '/s'),
    },
    {
      name: `check beside ${CLIENTS} uploads, p99`,
      unit: 'ms',
      ours: slowest,
      peer: none,
      target: atMost(20, 'ms'),
    },
    {
      name: 'download of 1 GiB',
      unit: 'MB/s',
      ours: await downloads(server, committer),
      peer: none,
      target: atLeast(1000, 'MB/s'),
    },
  ];
}

async function downloads(server: TestServer, token: string): Promise<number[]> {
  const content = Buffer.alloc(1024 * MIB, 'content');
  await put(server, token, 'python', 'large.tar', content);
  const url = `${server.url}/lookaside/python/large.tar/sha512/${sha512(content)}`;
  const rates: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const args = ['--silent', '--fail', '--output', '/dev/null', '--write-out'];
    const { code, stdout } = await run('curl', [...args, '%{speed_download}', url]);
    if (code !== 0) throw new Error(`curl ended with ${code}`);
    if (round > 0) rates.push(Number(stdout) / 1e6);
  }
  return rates;
}
