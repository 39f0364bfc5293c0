import { describe, expect, it } from 'vitest';
import { CLIENT_FILES, type discoveryDocument } from '../../core/api/client-files.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, sha512 } from '../support/sclo.ts';
import { postForm } from '../support/upload-form.ts';

const scenario = scloScenario({ DISTGIT_LOOKASIDE_MAX_UPLOAD_SIZE: '5 MiB' });
const outside = scloScenario({
  DISTGIT_SERVER_URL: 'https://git.example.org/dist/',
  DISTGIT_SERVER_NAMESPACE: 'collections',
});

type Discovery = ReturnType<typeof discoveryDocument>;
const discovery = async (): Promise<Discovery> => {
  const answer = await fetch(`${scenario.server.url}/.well-known/dist-git.json`);
  expect(answer.headers.get('content-type')).toContain('application/json');
  return (await answer.json()) as Discovery;
};

describe('the server hands out configuration for itself, without a login', () => {
  it.each(Object.values(CLIENT_FILES))('at %s, with the URL that it listens at', async (path) => {
    const { url } = scenario.server;
    const answer = await fetch(url + path);
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toContain(`${url}/scls/`);
    expect(text).not.toContain('undefined');
    const head = await fetch(url + path, { method: 'HEAD' });
    expect(head.status).toBe(200);
  });

  it.each(Object.values(CLIENT_FILES))(
    'at %s, with the URL and the namespace that are set',
    async (path) => {
      const text = await (await fetch(outside.server.url + path)).text();
      expect(text).toContain('https://git.example.org/dist/collections/');
      expect(text).not.toContain(outside.server.url);
    },
  );
});

describe('what the discovery document says holds', () => {
  it('each download template finds a file, by GET and HEAD', async () => {
    const { server, people } = scenario;
    await put(server, people.committer, 'python', 'found.tar', 'found');
    const values: Readonly<Record<string, string>> = {
      component: 'python',
      file: 'found.tar',
      hashtype: 'sha512',
      hash: sha512('found'),
      branch: 'scl-python33-el7',
    };
    const templates = (await discovery()).lookaside.download;
    expect(templates.length).toBeGreaterThanOrEqual(8);
    // Only an import brings files with md5.
    for (const template of templates.filter((one) => !one.includes('{md5}'))) {
      const url = template.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'unknown');
      const answer = await fetch(url);
      expect([template, answer.status, await answer.text()]).toEqual([template, 200, 'found']);
      expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    }
  });

  it('each upload form takes a file with the fields that it tells', async () => {
    const { upload, hashTypes, maxUploadSize } = (await discovery()).lookaside;
    expect(maxUploadSize).toBe(5 * 2 ** 20);
    expect(hashTypes.preferred).toBe('sha512');
    for (const { urls, checksum, fields } of upload.forms)
      for (const url of urls) {
        const content = `posted to ${url}`;
        const values: Readonly<Record<string, string>> = {
          name: 'python',
          branch: 'scl-python33-el7',
          filename: 'posted.tar',
          mtime: '1400000000',
        };
        const sum = [checksum.replace('{hashtype}', 'sha512'), sha512(content)] as const;
        const answer = await postForm(url, scenario.people.committer, [
          sum,
          ...fields.upload.map((field) =>
            field === 'file'
              ? ([field, { name: 'posted.tar', content }] as const)
              : ([field, values[field] ?? ''] as const),
          ),
        ]);
        expect([url, answer.status]).toEqual([url, 200]);
        const asked = await postForm(url, scenario.people.committer, [
          sum,
          ...fields.check.map((field) => [field, values[field] ?? ''] as const),
        ]);
        expect([url, asked]).toEqual([url, { status: 200, text: 'Available\n' }]);
      }
  });

  it('the API, its description and the files for clients are where it says', async () => {
    const { api, clients } = await discovery();
    for (const url of [`${api.root}/server`, api.description, ...Object.values(clients)])
      expect([url, (await fetch(url)).status]).toEqual([url, 200]);
  });
});

describe('afterwards', () => {
  it('the servers have nothing to complain of', () => {
    for (const { server } of [scenario, outside]) expect(faultsIn(server)).toEqual([]);
  });
});
