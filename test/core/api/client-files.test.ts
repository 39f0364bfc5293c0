import { describe, expect, it } from 'vitest';
import {
  discoveryDocument,
  distGitClientConfig,
  rpkgConfig,
  type ServerFacts,
} from '../../../core/api/client-files.ts';
import { parseBranchName } from '../../../core/domain/branch-name.ts';

const SERVER: ServerFacts = {
  version: '1.2.3',
  url: 'https://git.example.org',
  namespace: 'scls',
  maxUploadSize: 2 ** 30,
  maxFileSize: 2 ** 21,
};

/** The value behind a key of an ini. */
const valueOf = (text: string, key: string): string =>
  new RegExp(`^${key} = (.*)$`, 'm').exec(text)?.[1] ?? 'missing';

describe('rpkg.conf', () => {
  it('is whole: what rpkg must have, and what this server differs in', () => {
    expect(rpkgConfig('rpkg', SERVER)).toBe(
      String.raw`[rpkg]
lookaside = https://git.example.org/repo/pkgs
lookasidehash = sha512
lookaside_cgi = https://git.example.org/repo/pkgs/upload.cgi
gitbaseurl = https://git.example.org/scls/%(module)s.git
anongiturl = https://git.example.org/scls/%(module)s.git
branchre = ^scl-.+-el\d+s?$
kojiprofile = cbs
build_client = koji
distgit_namespaces = scls
`,
    );
  });

  it('of centpkg has its own section, and the addresses of Stream', () => {
    const text = rpkgConfig('centpkg', SERVER);
    expect(text.startsWith('[centpkg]\n')).toBe(true);
    expect(valueOf(text, 'lookaside')).toBe('https://git.example.org/lookaside/pkgs');
    expect(valueOf(text, 'lookaside_cgi')).toBe('https://git.example.org/lookaside/upload.cgi');
  });

  it('does not say that there are no namespaces: packit would read it as a yes', () => {
    for (const tool of ['rpkg', 'centpkg'] as const)
      expect(rpkgConfig(tool, SERVER)).not.toContain('_namespaced');
  });

  it('has a branch expression that takes release branches and no others', () => {
    const branches = new RegExp(valueOf(rpkgConfig('rpkg', SERVER), 'branchre'));
    for (const name of ['scl-python33-el7', 'scl-devtoolset-3-el6', 'scl-rust-toolset-7-el10s']) {
      expect(parseBranchName(name)).toBeDefined();
      expect(branches.test(name)).toBe(true);
    }
    for (const name of ['master', 'c7', 'scl-python33', 'my-scl-python33-el7', 'scl-a-el7-test'])
      expect(branches.test(name)).toBe(false);
  });

  it('escapes what rpkg would fill in', () => {
    const text = rpkgConfig('rpkg', { ...SERVER, url: 'https://h/a%20b' });
    expect(valueOf(text, 'lookaside')).toBe('https://h/a%20b/repo/pkgs');
    expect(valueOf(text, 'gitbaseurl')).toBe('https://h/a%%20b/scls/%(module)s.git');
  });
});

describe("dist-git-client's ini", () => {
  it('is whole', () => {
    expect(distGitClientConfig(SERVER)).toBe(`[git.example.org]
clone_hostnames = git.example.org
path_prefixes = /scls
sources_file = sources
specs = .
sources = .
default_sum = md5
lookaside_location = https://git.example.org
lookaside_uri_pattern = repo/pkgs/{name}/{filename}/{hashtype}/{hash}/{filename}
cloning_pattern = https://git.example.org/scls/{package}.git
`);
  });

  it.each([
    ['https://h:8443/dist git', 'h', '/dist%%20git/scls'],
    ['http://[::1]:8080', '::1', '/scls'],
    ['https://h/a%20b', 'h', '/a%%20b/scls'],
  ])('of %s knows its clones by host and path', (url, host, prefix) => {
    const text = distGitClientConfig({ ...SERVER, url });
    expect(text.startsWith(`[${host}]\n`)).toBe(true);
    expect(valueOf(text, 'clone_hostnames')).toBe(host);
    expect(valueOf(text, 'path_prefixes')).toBe(prefix);
  });

  it('escapes what the client would fill in', () => {
    const text = distGitClientConfig({ ...SERVER, url: 'https://h/%7Bx%7D{y}' });
    expect(valueOf(text, 'cloning_pattern')).toBe('https://h/%%7Bx%%7D{{y}}/scls/{package}.git');
    expect(valueOf(text, 'lookaside_location')).toBe('https://h/%%7Bx%%7D{y}');
  });
});

describe('the discovery document', () => {
  const found = discoveryDocument(SERVER);

  it('says where everything is', () => {
    expect(found).toMatchObject({
      url: SERVER.url,
      git: { clone: 'https://git.example.org/scls/{component}.git', maxFileSize: 2 ** 21 },
      lookaside: {
        upload: { put: 'https://git.example.org/lookaside/{component}/{file}/{hashtype}/{hash}' },
        hashTypes: {
          preferred: 'sha512',
          upload: ['sha224', 'sha256', 'sha384', 'sha512'],
          download: ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'],
        },
        maxUploadSize: 2 ** 30,
      },
      api: {
        root: 'https://git.example.org/api/v1',
        description: 'https://git.example.org/openapi.json',
      },
    });
  });

  it('lists every form of an upload with its fields', () => {
    expect(found.lookaside.upload.forms.map(({ dialect, urls }) => [dialect, urls.length])).toEqual(
      [
        ['rpkg', 2],
        ['centosBranch', 1],
        ['centosSig', 2],
      ],
    );
    expect(found.lookaside.upload.forms[1]?.fields.upload).toEqual(['name', 'branch', 'file']);
  });
});
