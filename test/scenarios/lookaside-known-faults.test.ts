import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { UPLOAD_CGI } from '../../core/domain/lookaside-addresses.ts';
import { everythingIn, isStored, leftovers, storedFiles } from '../support/data-folder.ts';
import { pathOfSource } from '../support/imported-source.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { sha512 } from '../support/sclo.ts';
import { type CgiAnswer, type FormPart, postForm } from '../support/upload-form.ts';

const scenario = scloScenario();
const OLD = UPLOAD_CGI.centosBranch[0];
const BRANCHES: Readonly<Record<string, string>> = {
  python: 'scl-python33-el7',
  glibc: 'scl-core1-el7',
  ignition: 'scl-coreos1-el7',
};
/** Tokens of members of the SIGs `core` and `coreos`, in which every member commits. */
const members = { core: '', coreos: '' };

const fields = (path: string, name: string, hash: string): FormPart[] => [
  ['name', name],
  ...(path.startsWith(OLD) ? [['branch', BRANCHES[name] ?? BRANCHES.python ?? ''] as const] : []),
  ['sha512sum', hash],
];
const post = (
  path: string,
  parts: readonly FormPart[],
  token: string | null = scenario.people.committer,
): Promise<CgiAnswer> => postForm(`${scenario.server.url}${path}`, token, parts);
const upload = (
  path: string,
  file: string,
  options: { name?: string; token?: string; hash?: string; content?: string } = {},
): Promise<CgiAnswer> => {
  const { name = 'python', token, content = `${file} by ${path}` } = options;
  const form = fields(path, name, options.hash ?? sha512(content));
  return post(path, [...form, ['file', { name: file, content }]], token);
};
const check = (path: string, file: string): Promise<CgiAnswer> =>
  post(path, [...fields(path, 'python', sha512(`${file} by ${path}`)), ['filename', file]]);

beforeAll(async () => {
  const { server } = scenario;
  for (const [sig, component] of [
    ['core', 'glibc'],
    ['coreos', 'ignition'],
  ] as const) {
    await server.must('createSig', { name: sig });
    await server.must('updateSig', { sig, commit: 'members' });
    const user = `${sig}-member`;
    await server.must('createUser', { name: user });
    members[sig] = (await server.must('createToken', { user })).token;
    await server.must('setMember', { sig, user, role: 'member' });
    const name = `${sig}1`;
    await server.must('createCollection', { name, sig, releases: [{ release: '7' }] });
    await server.must('createComponent', { name: component, collections: [name] });
  }
});

/** Each fault was one of a published server; its name is that of the page on clients' protocols. */
describe.each(Object.values(UPLOAD_CGI).flat())(
  'known faults of other servers, not of %s',
  (path) => {
    it.each(['../x', '../../x', 'scls/../../x', '/x', 'python/../x', '..', 'scls/..'])(
      'name=%s escaping the cache directory',
      async (name) => {
        const outside = dirname(scenario.server.data);
        const before = [await readdir(outside), await storedFiles(scenario.server.data)];
        for (const parts of [
          [...fields(path, name, sha512('x')), ['filename', 'x'] as const],
          [...fields(path, name, sha512('x')), ['file', { name: 'x', content: 'x' }] as const],
          [['file', { name: 'x', content: 'x' }] as const, ...fields(path, name, sha512('x'))],
        ]) {
          const { status, text } = await post(path, parts);
          expect(status).toBe(400);
          expect(text).toContain('Component name');
        }
        expect([await readdir(outside), await storedFiles(scenario.server.data)]).toEqual(before);
      },
    );

    it('a checksum mismatch answered without a status (200 by CGI), its temporary file left', async () => {
      const before = await everythingIn(join(scenario.server.data, 'lookaside'));
      const content = 'what was sent';
      const wrong = await upload(path, 'mismatch.tar', {
        content,
        hash: sha512('what was promised'),
      });
      expect(wrong.status).toBe(400);
      expect(wrong.text).toContain(`SHA512 check failed. Received ${sha512(content)}`);
      expect(await isStored(scenario.server.data, 'mismatch.tar')).toBe(false);
      expect(await leftovers(scenario.server.data)).toEqual([]);
      const files = (await everythingIn(join(scenario.server.data, 'lookaside'))).filter(
        (one) => !before.includes(one),
      );
      expect(files.filter((one) => one.split('/').length > 2)).toEqual([]);
    });

    it("a crash on rpkg's check request", async () => {
      expect(await check(path, 'checked.tar')).toEqual({ status: 200, text: 'Missing\n' });
      expect((await upload(path, 'checked.tar')).status).toBe(200);
      expect(await check(path, 'checked.tar')).toEqual({ status: 200, text: 'Available\n' });
    });

    it('a crash on re-upload', async () => {
      await upload(path, 'again.tar');
      const files = await storedFiles(scenario.server.data);
      const answers = [
        ...(await Promise.all([upload(path, 'again.tar'), upload(path, 'again.tar')])),
        await upload(path, 'again.tar'),
      ];
      for (const { status, text } of answers) {
        expect(status).toBe(200);
        expect(text).toContain('File again.tar already exists\n');
      }
      expect(await storedFiles(scenario.server.data)).toEqual(files);
    });

    it('files stored with mode 1204', async () => {
      await upload(path, 'mode.tar');
      const hash = sha512(`mode.tar by ${path}`);
      const { mode } = await stat(pathOfSource(scenario.server, 'mode.tar', 'sha512', hash));
      expect((mode & 0o7777).toString(8)).toBe('644');
    });

    it('any sig* member writing to any package', async () => {
      for (const token of [members.core, members.coreos]) {
        const refused = await upload(path, 'foreign.tar', { token });
        expect(refused.status).toBe(403);
        expect(refused.text).toContain('SIG sclo has not approved');
      }
      expect(await isStored(scenario.server.data, 'foreign.tar')).toBe(false);
    });

    it('sig-core matching sig-coreos', async () => {
      for (const [mine, own, other] of [
        ['core', 'glibc', 'ignition'],
        ['coreos', 'ignition', 'glibc'],
      ] as const) {
        const token = members[mine];
        expect((await upload(path, 'own.tar', { name: own, token })).status).toBe(200);
        expect((await upload(path, 'other.tar', { name: other, token })).status).toBe(403);
      }
      expect(await isStored(scenario.server.data, 'other.tar')).toBe(false);
    });

    it('a redirect that turns a POST into a GET', async () => {
      for (const address of [path, `${path}/`]) {
        const { status, text } = await check(address, 'never-there.tar');
        expect([address, status, text]).toEqual([address, 200, 'Missing\n']);
        expect((await post(address, [], 'sclt_nonsense')).text).not.toContain('{');
      }
    });

    it('success text printed before the notification is sent: all is recorded by then', async () => {
      const { server } = scenario;
      const file = 'recorded.tar';
      const { status, text } = await upload(path, file);
      // The machine dies in the moment in which the client reads that all is well.
      await server.kill();
      expect([status, text.endsWith(' stored OK\n')]).toEqual([200, true]);
      await server.start();
      const hash = sha512(`${file} by ${path}`);
      const { items } = await server.must('listSources', { component: 'python' });
      expect(items.find((item) => item.hash === hash)).toMatchObject({ file, uploadedBy: 'ann' });
      const audit = (await server.must('listAudit', { limit: 1000 })).items;
      expect(audit.find(({ detail }) => detail?.sha512 === hash)).toMatchObject({
        action: 'upload',
        subject: `python/${file}`,
        allowed: true,
      });
      expect(await check(path, file)).toEqual({ status: 200, text: 'Available\n' });
    });
  },
);

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
