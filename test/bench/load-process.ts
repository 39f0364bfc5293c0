import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { Job, JobResult, PostJob, UploadJob } from './load.ts';
import { uploadForm } from './upload-form.ts';

/** One request of a client. */
type Act = (agent: Agent) => Promise<void>;

process.on('message', (job: Job) => {
  (job.kind === 'post' ? postLoad(job) : uploadLoad(job)).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});

function postLoad(job: PostJob): Promise<JobResult> {
  const body = Buffer.from(job.body);
  const end = performance.now() + job.seconds * 1000;
  return clients(job.clients, () =>
    performance.now() > end
      ? null
      : async (agent) => {
          const answer = await send(agent, job.url, { ...job.headers, length: body.length }, [
            body,
          ]);
          if (answer.length < job.atLeastBytes)
            throw new Error(`${job.url}: ${answer.length} bytes: ${answer.toString('latin1')}`);
        },
  );
}

function uploadLoad(job: UploadJob): Promise<JobResult> {
  let left = job.count;
  return clients(job.clients, () => {
    if (left-- <= 0) return null;
    const form = uploadForm(job.component, `bench-${randomBytes(6).toString('hex')}.tar`, job.size);
    const headers = {
      Authorization: job.authorization,
      'Content-Type': form.contentType,
      length: form.length,
    };
    return async (agent) => {
      await send(agent, job.url, headers, form.pieces());
    };
  });
}

/** So many at once, each asking `next` for what to do, until that is null. */
async function clients(count: number, next: () => Act | null): Promise<JobResult> {
  // Connections of an earlier job may be closed by now.
  const agent = new Agent({ keepAlive: true });
  const latencies: number[] = [];
  const start = performance.now();
  const client = async (): Promise<void> => {
    for (let act = next(); act !== null; act = next()) {
      const begin = performance.now();
      await act(agent);
      latencies.push(performance.now() - begin);
    }
  };
  await Promise.all(Array.from({ length: count }, client));
  const seconds = (performance.now() - start) / 1000;
  agent.destroy();
  return { seconds, latencies };
}

/** One POST. @returns the answer's body; throws unless it is 200 and complete */
async function send(
  agent: Agent,
  url: string,
  { length, ...headers }: Record<string, string | number> & { length: number },
  pieces: Iterable<Buffer>,
): Promise<Buffer> {
  const outgoing = request(url, {
    method: 'POST',
    agent,
    headers: { ...headers, 'Content-Length': length },
  });
  const answered = once(outgoing, 'response') as Promise<
    [AsyncIterable<Buffer> & { statusCode?: number }]
  >;
  answered.catch(() => {});
  for (const piece of pieces) if (!outgoing.write(piece)) await once(outgoing, 'drain');
  outgoing.end();
  const [response] = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const answer = Buffer.concat(chunks);
  if (response.statusCode !== 200)
    throw new Error(`${url}: ${response.statusCode} ${answer.toString('utf8')}`);
  return answer;
}
