import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestServer;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await new TestServer(`${folder.path}/data`).start();
});
afterAll(async () => {
  await server.stop();
  await folder[Symbol.asyncDispose]();
});

describe('what monitoring asks', () => {
  it('is answered by /healthz while the database answers', async () => {
    const { text } = await request(server.url).get('/healthz').expect(200);
    expect(text).toBe('ok\n');
  });

  it('is counted in /metrics, by method and kind of status only', async () => {
    await request(server.url).get('/nothing-here').expect(404);
    const { text } = await request(server.url).get('/metrics').expect(200);
    expect(text).toMatch(/distgit_request_seconds_count\{method="GET",status="4xx"\} [1-9]/);
    expect(text).not.toContain('nothing-here');
  });
});

describe('every answer', () => {
  it('has an id, and no word of what serves it', async () => {
    const { headers } = await request(server.url).get('/api/v1/server').expect(200);
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers['x-powered-by']).toBeUndefined();
  });

  it('of a 401 carries all challenges', async () => {
    const { headers } = await request(server.url).post('/api/v1/sigs').send({ name: 'x' });
    expect(headers['www-authenticate']).toContain('Basic realm="dist-git"');
    expect(headers['www-authenticate']).toContain('Bearer realm="dist-git"');
  });
});
