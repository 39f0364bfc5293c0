import { describe, expect, it } from 'vitest';
import type { CommandContext } from '../../cli/command.ts';
import { Config, readEnvironment } from '../../cli/config.ts';
import { readGlobalOptions } from '../../cli/global-options.ts';
import { NO_RPKG_CONFIG } from '../../cli/rpkg-config/rpkg-config.ts';
import {
  cloneSettings,
  gitAddress,
  parseRepositoryName,
} from '../../cli/working-copy/clone-settings.ts';

const HTTP = 'https://git.example.org/scls/python.git';
const SSH = 'ssh://distgit@git.example.org:2222/scls/python.git';
const BASE = { value: 'ssh://x', file: 'f', line: 1, kind: 'user' as const };

function address(
  access: { anonymous?: boolean; ssh?: boolean },
  {
    bySsh = false,
    user,
    gitUrl = HTTP,
    sshUrl = SSH,
  }: { bySsh?: boolean; user?: string; gitUrl?: string; sshUrl?: string | null } = {},
): string {
  const rpkg = { ...NO_RPKG_CONFIG, ssh: bySsh ? BASE : null };
  const context = {
    api: { url: 'https://git.example.org' },
    config: new Config(readEnvironment({ HOME: '/nonexistent' }), rpkg),
    given: readGlobalOptions(user === undefined ? {} : { user }),
  } as unknown as CommandContext;
  const component = { gitUrl, sshUrl } as Parameters<typeof gitAddress>[1];
  return gitAddress(context, component, { anonymous: false, ssh: false, ...access });
}

describe('the address to clone from', () => {
  it.each([
    ['HTTP', {}, {}, HTTP],
    ['SSH where it was asked for', { ssh: true }, {}, SSH],
    ['SSH where gitbaseurl is one of SSH', {}, { bySsh: true }, SSH],
    ['HTTP for anonymous, whatever gitbaseurl is', { anonymous: true }, { bySsh: true }, HTTP],
    ['HTTP where the server has no SSH', {}, { bySsh: true, sshUrl: null }, HTTP],
    ['SSH with the name of --user', { ssh: true }, { user: 'ann' }, SSH.replace('distgit', 'ann')],
  ])('is by %s', (_, access, surroundings, url) => {
    expect(address(access, surroundings)).toBe(url);
  });

  it('is refused where SSH was asked for and there is none, or for nobody', () => {
    expect(() => address({ ssh: true }, { sshUrl: null })).toThrow('has no git over SSH');
    expect(() => address({ ssh: true, anonymous: true })).toThrow('There is no anonymous SSH.');
  });
});

describe('what a server gives as its address', () => {
  const config = new Config(readEnvironment({ HOME: '/nonexistent' }), NO_RPKG_CONFIG);
  const settings = (gitUrl: string, sshUrl: string | null = null) =>
    cloneSettings({ config }, { gitUrl, sshUrl } as Parameters<typeof gitAddress>[1], false);

  it.each([
    ['https://git.example.org', 'https://git.example.org'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['https://[2001:db8::1]:8443/dist~1', 'https://[2001:db8::1]:8443/dist~1'],
  ])('%s is kept in the clone', (url, server) => {
    const kept = settings(`${url}/scls/libstdc++.git`, SSH);
    expect(kept.server).toBe(server);
    expect(kept.settings).toEqual([
      ['centpkg.url', server],
      ['centpkg.namespace', 'scls'],
      [`credential.${server}.helper`, '!centpkg git-credential'],
      ['centpkg.sshUrl', 'ssh://distgit@git.example.org:2222'],
    ]);
  });

  it.each([
    'https://evil/.helper=!touch marker;:/scls/python',
    'https://evil/.helper=!id/scls/python',
    'https://ann@git.example.org/scls/python.git',
    'https://ann:secret@git.example.org/scls/python.git',
    'https://git.example.org/scls/python.git?a',
    'https://git.example.org/scls/python.git\n',
    'https://git.example.org:99999/scls/python.git',
    'https:git.example.org/scls/python.git',
    'ssh://git.example.org/scls/python.git',
    'file:///scls/python.git',
    'ext::sh -c id',
    '--upload-pack=id',
    '',
  ])('%j is none for HTTP', (gitUrl) => {
    expect(() => settings(gitUrl)).toThrow("The server's answer is not an address");
    expect(() => address({}, { gitUrl })).toThrow("The server's answer is not an address");
  });

  it.each([
    'https://git.example.org/scls/python.git',
    'ssh://ann:secret@git.example.org/scls/python.git',
    'ssh://-oProxyCommand=id@git.example.org/scls/python.git',
    'ssh://-v@git.example.org/scls/python.git',
    'ssh://git.example.org/scls/python.git;id',
    'git@git.example.org:scls/python.git',
  ])('%j is none for SSH', (sshUrl) => {
    expect(() => settings(HTTP, sshUrl)).toThrow("The server's answer is not an address");
    expect(() => address({ ssh: true }, { sshUrl })).toThrow(
      "The server's answer is not an address",
    );
  });
});

describe('a component', () => {
  it.each([
    ['python', 'python'],
    ['python.git', 'python'],
    ['scls/python', 'python'],
    ['scls/python.git', 'python'],
  ])('%s is %s', (text, name) => {
    expect(parseRepositoryName(text)).toBe(name);
  });

  it.each([
    'https://git.example.org/scls/python.git',
    'git@host:python',
    'a/b/c',
    '../x',
    'scls/',
    '',
  ])('is not named %j', (text) => {
    expect(() => parseRepositoryName(text)).toThrow();
  });
});
