import { beforeAll, describe, expect, it } from 'vitest';
import { isStored, leftovers, storedFiles } from '../support/data-folder.ts';
import { hashOf, importSources } from '../support/imported-source.ts';
import { RawClient } from '../support/raw-http.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { sha512 } from '../support/sclo.ts';
import {
  type CgiAnswer,
  FORM_END,
  FORM_TYPE,
  type FormPart,
  formBody,
  partHead,
  postForm,
} from '../support/upload-form.ts';

const scenario = scloScenario();
const OLD = '/sources/upload.cgi';
const NEW = ['/sources/upload_sig.cgi', '/sources/sig_upload.cgi'] as const;
const EVERY = [OLD, ...NEW];
const BRANCH = 'scl-python33-el7';
const IMPORTED = 'an imported archive';
const BOUNDARY = `--${FORM_TYPE.split('boundary=')[1]}`;

const post = (
  path: string,
  parts: readonly FormPart[],
  token: string | null = scenario.people.committer,
): Promise<CgiAnswer> => postForm(`${scenario.server.url}${path}`, token, parts);

/** The fields as each endpoint's clients send them: a branch only to the old one. */
function fields(path: string, type: string, hash: string, name = 'python'): FormPart[] {
  const branch: FormPart[] = path === OLD ? [['branch', BRANCH]] : [];
  return [['name', name], ...branch, [`${type}sum`, hash]];
}
const fileOf = (name: string, content: string): FormPart => ['file', { name, content }];
const AVAILABLE = { status: 200, text: 'Available\n' };
const MISSING = { status: 200, text: 'Missing\n' };

beforeAll(() =>
  importSources(scenario.server, [
    { file: 'imported.tar', type: 'sha1', content: IMPORTED },
    { file: 'imported.md5', type: 'md5', content: IMPORTED },
  ]),
);

describe.each(EVERY)('%s', (path) => {
  it('answers a check without a file name, also for the hashes of imported files', async () => {
    for (const type of ['sha1', 'md5'])
      expect(await post(path, fields(path, type, hashOf(type, IMPORTED)))).toEqual(AVAILABLE);
    for (const type of ['sha512', 'sha256', 'sha1', 'md5'])
      expect(await post(path, fields(path, type, hashOf(type, 'absent')))).toEqual(MISSING);
  });

  it('answers a check that names the file for just that name', async () => {
    const asked = fields(path, 'sha1', hashOf('sha1', IMPORTED));
    expect(await post(path, [...asked, ['filename', 'imported.tar']])).toEqual(AVAILABLE);
    expect(await post(path, [...asked, ['filename', 'other.tar']])).toEqual(MISSING);
  });

  it.each(['sha512', 'sha256'])(
    'stores a file with %s, wherever in the form it is',
    async (type) => {
      const [name, content] = [`${type}.tar`, `${type} at ${path}`];
      const form = fields(path, type, hashOf(type, content));
      const stored = {
        status: 200,
        text: `File ${name} size ${content.length} ${type.toUpperCase()} ${hashOf(type, content)} stored OK\n`,
      };
      expect(await post(path, [...form, fileOf(name, content)])).toEqual(stored);
      expect(await post(path, form)).toEqual(AVAILABLE);
      const [later, other] = [`later-${name}`, `${content}, later`];
      const first = [fileOf(later, other), ...fields(path, type, hashOf(type, other))];
      expect((await post(path, first)).text).toBe(
        stored.text
          .replace(name, later)
          .replace(` ${content.length} `, ` ${other.length} `)
          .replace(hashOf(type, content), hashOf(type, other)),
      );
      const url = `${scenario.server.url}/sources/python/${name}/${type}/${hashOf(type, content)}/${name}`;
      expect(await (await fetch(url)).text()).toBe(content);
    },
  );

  it('calls the repetition a success, and stores nothing', async () => {
    const content = `again at ${path}`;
    const form = [...fields(path, 'sha512', sha512(content)), fileOf('again.tar', content)];
    await post(path, form);
    const files = await storedFiles(scenario.server.data);
    expect(await post(path, form)).toEqual({
      status: 200,
      text: `File again.tar already exists\nFile: python/again.tar/sha512/${sha512(content)}/again.tar Size: ${content.length}\n`,
    });
    expect(await storedFiles(scenario.server.data)).toEqual(files);
  });

  it.each(['sha1', 'md5'])('refuses new files with %s: 406', async (type) => {
    const form = fields(path, type, hashOf(type, 'weak'));
    for (const parts of [
      [...form, fileOf('weak.tar', 'weak')],
      [fileOf('weak.tar', 'weak'), ...form],
    ]) {
      const { status, text } = await post(path, parts);
      expect(status).toBe(406);
      expect(text.split('\n')[0]).toBe(`Uploads with ${type} are no longer allowed.`);
    }
    expect(await isStored(scenario.server.data, 'weak.tar')).toBe(false);
    expect(await post(path, form)).toEqual(MISSING);
  });

  it.each([
    ['name', 'Required field "name" is not present.'],
    ['sha512sum', 'Required checksum is not present.'],
    ...(path === OLD ? [['branch', 'Required field "branch" is not present.']] : []),
  ])('refuses a form without %s: 400', async (field = '', text = '') => {
    const form = fields(path, 'sha512', sha512('x')).filter(([name]) => name !== field);
    expect(await post(path, form)).toEqual({ status: 400, text: `${text}\n` });
    expect(await post(path, [...form, fileOf('x.tar', 'x')])).toEqual({
      status: 400,
      text: `${text}\n`,
    });
    expect(await isStored(scenario.server.data, 'x.tar')).toBe(false);
  });

  it.each([
    ['with a name that is cut off', 'name="file"; filename="..\\"', 'application/octet-stream'],
    ['with an empty name', 'name="file"; filename=""', 'application/octet-stream'],
    ['without a name', 'name="file"', 'application/octet-stream'],
    ['as text', 'name="file"', 'text/plain'],
    ['of no form', 'attachment; filename="x.tar"', 'application/octet-stream'],
  ])('does not take an upload for a question when its file comes %s', async (_, head, type) => {
    const part = `${BOUNDARY}\r\nContent-Disposition: form-data; ${head}\r\nContent-Type: ${type}\r\n\r\nx\r\n`;
    for (const asked of [[], [['filename', 'x.tar'] as const]]) {
      const form = formBody([...fields(path, 'sha512', sha512('x')), ...asked], Buffer.from(part));
      for (const body of [
        Buffer.concat([form, FORM_END]),
        Buffer.concat([Buffer.from(part), formBody([...fields(path, 'sha512', sha512('x'))])]),
      ]) {
        const answer = await fetch(`${scenario.server.url}${path}`, {
          method: 'POST',
          headers: {
            Authorization: `Bearer ${scenario.people.committer}`,
            'Content-Type': FORM_TYPE,
          },
          body: new Uint8Array(body),
        });
        expect([head, answer.status]).toEqual([head, 400]);
      }
    }
  });

  it('refuses content of another checksum: 400, and leaves nothing', async () => {
    const form = fields(path, 'sha256', hashOf('sha256', 'promised'));
    const { status, text } = await post(path, [...form, fileOf('wrong.tar', 'sent')]);
    expect(status).toBe(400);
    expect(text.split('\n')[0]).toBe(
      `SHA256 check failed. Received ${hashOf('sha256', 'sent')} instead of ${hashOf('sha256', 'promised')}.`,
    );
    expect(await isStored(scenario.server.data, 'wrong.tar')).toBe(false);
    expect(await leftovers(scenario.server.data)).toEqual([]);
  });

  it('refuses an unknown component: 404, and who may not: 401, 403', async () => {
    const form = fields(path, 'sha512', sha512('x'), 'scls/foo');
    expect((await post(path, form)).text.split('\n')[0]).toBe('Module "scls/foo" does not exist!');
    expect((await post(path, form)).status).toBe(404);
    const good = [...fields(path, 'sha512', sha512('x')), fileOf('x.tar', 'x')];
    expect((await post(path, good, null)).status).toBe(401);
    expect((await post(path, good, scenario.people.stranger)).status).toBe(403);
    expect(await isStored(scenario.server.data, 'x.tar')).toBe(false);
  });

  it('refuses before the bytes come, where the fields came first', async () => {
    const gigabyte = 2 ** 30;
    using client = await RawClient.connect(scenario.server.url);
    client.head('POST', path, {
      Authorization: `Bearer ${scenario.people.stranger}`,
      'Content-Type': FORM_TYPE,
      'Content-Length': gigabyte,
    });
    await client.send(formBody(fields(path, 'sha512', sha512('x')), partHead('file', 'x.tar')));
    const { answer, sent } = await client.sendUntilAnswered(gigabyte);
    expect(answer.status).toBe(403);
    expect(sent).toBeLessThan(gigabyte / 2);
  });
});

describe('the branch of an upload in the old form', () => {
  const withBranch = (branch: string): FormPart[] => [
    ['name', 'python'],
    ['branch', branch],
    ['sha1sum', hashOf('sha1', IMPORTED)],
  ];

  it.each([BRANCH, 'scl-rh-python34-el6', 'sig-sclo7-python33-rh'])(
    'may be %s: the component has it',
    async (branch) => {
      expect(await post(OLD, withBranch(branch))).toEqual(AVAILABLE);
    },
  );

  it.each([
    ['scl-python33-el8', 404, 'Branch "scl-python33-el8" of module "python" does not exist!'],
    ['scl-ruby200-el7', 404, 'Branch "scl-ruby200-el7" of module "python" does not exist!'],
    ['c7', 400, '"c7" is not a release branch.'],
    ['../..', 400, '"../.." is not a release branch.'],
    ['', 400, '"" is not a release branch.'],
  ])('may not be %j', async (branch, status, text) => {
    const answer = await post(OLD, withBranch(branch));
    expect(answer.status).toBe(status);
    expect(answer.text.split('\n')[0]).toBe(text);
    const upload = await post(OLD, [
      ['name', 'python'],
      ['branch', branch],
      ['sha512sum', sha512('branch')],
      fileOf('branch.tar', 'branch'),
    ]);
    expect(upload.status).toBe(status);
    expect(await isStored(scenario.server.data, 'branch.tar')).toBe(false);
  });

  it('counts too when it comes behind the file', async () => {
    const upload = await post(OLD, [
      ['name', 'python'],
      ['sha512sum', sha512('behind')],
      fileOf('behind.tar', 'behind'),
      ['branch', 'scl-ruby200-el7'],
    ]);
    expect(upload.status).toBe(404);
    expect(await isStored(scenario.server.data, 'behind.tar')).toBe(false);
  });
});

describe('afterwards', () => {
  it('errors before the route spoke plain text too, and the server has no complaint', async () => {
    for (const path of EVERY) {
      const answer = await fetch(`${scenario.server.url}${path}`, {
        method: 'POST',
        headers: { Authorization: 'Bearer sclt_nonsense' },
      });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('content-type')).toContain('text/plain');
    }
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
