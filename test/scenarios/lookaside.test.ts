import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isStored, leftovers, storedFiles } from '../support/data-folder.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { sha512 } from '../support/sclo.ts';
import { type CgiAnswer, type FormPart, postForm } from '../support/upload-form.ts';

const scenario = scloScenario();
const hash = (type: string, content: string): string =>
  createHash(type).update(content).digest('hex');

const cgi = (
  parts: readonly FormPart[],
  token: string | null = scenario.people.committer,
  path = '/repo/pkgs/upload.cgi',
): Promise<CgiAnswer> => postForm(`${scenario.server.url}${path}`, token, parts);

const check = (file: string, content: string, name = 'python'): Promise<CgiAnswer> =>
  cgi([
    ['name', name],
    ['sha512sum', sha512(content)],
    ['filename', file],
  ]);

/** As rpkg sends it: the file behind the fields that tell what it is, mtime behind the file. */
const rpkgForm = (file: string, content: string, name = 'python'): FormPart[] => [
  ['name', name],
  ['sha512sum', sha512(content)],
  ['file', { name: file, content }],
  ['mtime', '1400000000.25'],
];
const storedText = (file: string, content: string): string =>
  `File ${file} size ${content.length} SHA512 ${sha512(content)} stored OK\n`;
const lastModified = async (file: string, content: string): Promise<string | null> => {
  const url = `${scenario.server.url}/lookaside/python/${file}/sha512/${sha512(content)}`;
  const response = await fetch(url, { method: 'HEAD' });
  return response.headers.get('last-modified');
};

describe("rpkg's upload.cgi", () => {
  it.each(['/repo/pkgs/upload.cgi', '/lookaside/upload.cgi'])(
    'at %s says Missing, takes the file, says Available',
    async (path) => {
      const [file, content] = ['a.tar.gz', `content for ${path}`];
      const question: FormPart[] = [
        ['name', 'python'],
        ['sha512sum', sha512(content)],
        ['filename', file],
      ];
      const { committer } = scenario.people;
      expect(await cgi(question, committer, path)).toEqual({ status: 200, text: 'Missing\n' });
      expect(await cgi(rpkgForm(file, content), committer, path)).toEqual({
        status: 200,
        text: storedText(file, content),
      });
      expect(await cgi(question, committer, path)).toEqual({ status: 200, text: 'Available\n' });
    },
  );

  it('keeps the mtime that follows the file', async () => {
    await cgi(rpkgForm('mtime.tar', 'mtime'));
    expect(await lastModified('mtime.tar', 'mtime')).toBe('Tue, 13 May 2014 16:53:20 GMT');
  });

  it('takes the file before the fields', async () => {
    const [name, sum, file, mtime] = rpkgForm('first.tar', 'file first') as [
      FormPart,
      FormPart,
      FormPart,
      FormPart,
    ];
    for (const parts of [
      [file, name, sum, mtime],
      [name, file, sum],
    ]) {
      const { status, text } = await cgi(parts);
      expect({ status, known: /stored OK\n$|already exists\n/.test(text) }).toEqual({
        status: 200,
        known: true,
      });
    }
    expect(await lastModified('first.tar', 'file first')).toBe('Tue, 13 May 2014 16:53:20 GMT');
  });

  it('takes a file without mtime, as older rpkg sends it', async () => {
    const before = Date.now() - 2000;
    const parts = rpkgForm('no-mtime.tar', 'none').slice(0, 3);
    expect((await cgi(parts)).status).toBe(200);
    const time = Date.parse((await lastModified('no-mtime.tar', 'none')) ?? '');
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  });

  it('takes the namespaced name too, and means the same component', async () => {
    const { text } = await cgi(rpkgForm('ns.tar', 'ns', 'scls/python'));
    expect(text).toBe(storedText('ns.tar', 'ns'));
    expect(await check('ns.tar', 'ns')).toEqual({ status: 200, text: 'Available\n' });
    expect(await check('ns.tar', 'ns', 'scls/python')).toEqual({
      status: 200,
      text: 'Available\n',
    });
  });

  it('takes sha256 and an empty file', async () => {
    const parts: FormPart[] = [
      ['name', 'python'],
      ['sha256sum', hash('sha256', '')],
      ['file', { name: 'empty', content: '' }],
    ];
    expect(await cgi(parts)).toEqual({
      status: 200,
      text: `File empty size 0 SHA256 ${hash('sha256', '')} stored OK\n`,
    });
  });

  it('calls the repetition a success, and stores nothing', async () => {
    await cgi(rpkgForm('again.tar', 'again'));
    const files = await storedFiles(scenario.server.data);
    const path = `python/again.tar/sha512/${sha512('again')}/again.tar`;
    expect(await cgi(rpkgForm('again.tar', 'again'))).toEqual({
      status: 200,
      text: `File again.tar already exists\nFile: ${path} Size: 5\n`,
    });
    expect(await storedFiles(scenario.server.data)).toEqual(files);
  });

  it('stores files that others may read and nobody may execute', async () => {
    await cgi(rpkgForm('mode.tar', 'mode'));
    const { data } = scenario.server;
    const path = (await storedFiles(data)).find((one) => one.includes('/mode.tar/')) ?? '';
    const { mode } = await stat(join(data, 'lookaside', path));
    expect((mode & 0o7777).toString(8)).toBe('644');
  });
});

describe('a failed upload is never a 200, says why, and stores nothing', () => {
  const content = 'refused';
  const ok = (): FormPart[] => rpkgForm('refused.tar', content);
  const without = (field: string): FormPart[] => ok().filter(([name]) => name !== field);
  const instead = (field: string, part: FormPart): FormPart[] =>
    ok().map((one) => (one[0] === field ? part : one));
  afterEach(async () => {
    expect(await check('refused.tar', content)).toEqual({ status: 200, text: 'Missing\n' });
    expect(await isStored(scenario.server.data, 'refused.tar')).toBe(false);
    expect(await leftovers(scenario.server.data)).toEqual([]);
  });

  it.each([
    ['md5', 406],
    ['sha1', 406],
  ])('for %s, which only finds what was imported: %i', async (type, status) => {
    const sum: FormPart = [`${type}sum`, hash(type, content)];
    const weak = `Uploads with ${type} are no longer allowed.\n`;
    const answer = await cgi(instead('sha512sum', sum));
    expect(answer.status).toBe(status);
    expect(answer.text.startsWith(weak)).toBe(true);
    const late = await cgi([...without('sha512sum'), sum]);
    expect(late).toEqual(answer);
    const asked = await cgi([['name', 'python'], sum, ['filename', 'refused.tar']]);
    expect(asked).toEqual({ status: 200, text: 'Missing\n' });
  });

  it('for content that does not match, whichever comes first', async () => {
    const wrong = sha512('something else');
    const parts = instead('sha512sum', ['sha512sum', wrong]);
    const text = `SHA512 check failed. Received ${sha512(content)} instead of ${wrong}.\n`;
    for (const order of [parts, parts.toReversed()]) {
      const answer = await cgi(order);
      expect(answer.status).toBe(400);
      expect(answer.text.startsWith(text)).toBe(true);
    }
  });

  it.each([
    ['name', 'Required field "name" is not present.\n'],
    ['sha512sum', 'Required checksum is not present.\n'],
    ['file', 'Required field "file" is not present.\n'],
  ])('for a missing %s', async (field, text) => {
    expect(await cgi(without(field))).toEqual({ status: 400, text });
  });

  it('for an mtime that is none', async () => {
    const text = 'Invalid value sent for mtime "abc". Aborting.\n';
    const parts = instead('mtime', ['mtime', 'abc']);
    expect(await cgi(parts)).toEqual({ status: 400, text });
    expect(await cgi(parts.toReversed())).toEqual({ status: 400, text });
  });

  it('for an unknown component', async () => {
    for (const name of ['foo', 'scls/foo']) {
      const answer = await cgi(instead('name', ['name', name]));
      expect(answer.status).toBe(404);
      expect(answer.text.startsWith(`Module "${name}" does not exist!\n`)).toBe(true);
    }
    expect((await check('a.tar', 'x', 'foo')).status).toBe(404);
  });

  it('for who is not approved: 403', async () => {
    expect(await cgi(ok(), scenario.people.stranger)).toEqual({
      status: 403,
      text:
        'SIG sclo has not approved sam for python. [commit-approved]\n' +
        'Ask for it: centpkg request access --sig sclo; or ask a chair to run: centpkg sig approve sclo sam\n',
    });
    expect((await cgi(ok().toReversed(), scenario.people.stranger)).status).toBe(403);
  });

  it('for who has not logged in, or whose token does not hold: 401', async () => {
    expect(await cgi(ok(), null)).toEqual({
      status: 401,
      text: 'This needs a login. [login-required]\nLog in with a token.\n',
    });
    const wrong = await cgi(ok(), 'sclt_nonsense');
    expect(wrong.status).toBe(401);
    expect(wrong.text.startsWith('The token is not valid. [login]\n')).toBe(true);
  });

  it('for a field given twice', async () => {
    const answer = await cgi([['name', 'python'], ...ok()]);
    expect(answer.status).toBe(400);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
