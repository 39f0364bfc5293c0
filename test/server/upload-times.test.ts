import { describe, expect, it } from 'vitest';
import { scloScenario } from '../support/scenario.ts';
import { sha512 } from '../support/sclo.ts';
import { postForm } from '../support/upload-form.ts';

const scenario = scloScenario();

/** Uploads as rpkg does, with this time behind the file. */
async function upload(name: string, mtime: string) {
  const { server, people } = scenario;
  return postForm(`${server.url}/repo/pkgs/upload.cgi`, people.committer, [
    ['name', 'python'],
    ['sha512sum', sha512(name)],
    ['file', { name, content: name }],
    ['mtime', mtime],
  ]);
}

describe('the time of an uploaded file', () => {
  it.each(['0', '1', '1718000000', '1718000000.5', '4102444800', '253402300799'])(
    'may be %s seconds',
    async (mtime) => {
      const { status, text } = await upload(`good-${mtime}`, mtime);
      expect([status, text]).toEqual([200, expect.stringContaining('stored OK')]);
    },
  );

  it.each(['-1', 'yesterday', '', '1e9', ' 1', '253402300800', '999999999999'])(
    '%j is refused as what it is, and nothing is stored',
    async (mtime) => {
      const name = `bad-${mtime.length}-${mtime.replace(/\W/g, '')}`;
      const { status } = await upload(name, mtime);
      expect([mtime, status]).toEqual([mtime, 400]);
      const found = await fetch(
        `${scenario.server.url}/lookaside/python/${name}/sha512/${sha512(name)}`,
      );
      await found.arrayBuffer();
      expect(found.status).toBe(404);
    },
  );

  it.each(['Fri, 31 Dec 9999 23:59:59 GMT', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
    'may be %s, by our own client',
    async (time) => {
      expect(await put(time)).toBe(201);
    },
  );

  it.each(['Sat, 01 Jan 33658 00:00:00 GMT', '+033658-09-27T01:46:39Z', '-000001-01-01T00:00:00Z'])(
    '%s is refused by our own client’s way too',
    async (time) => {
      expect(await put(time)).toBe(400);
    },
  );
});

async function put(time: string): Promise<number> {
  const { server, people } = scenario;
  const url = `${server.url}/lookaside/python/own.tar/sha512/${sha512(time)}`;
  const response = await fetch(url, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${people.committer}`, 'Last-Modified': time },
    body: time,
  });
  await response.arrayBuffer();
  return response.status;
}
