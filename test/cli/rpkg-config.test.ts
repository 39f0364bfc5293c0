import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Config, readEnvironment } from '../../cli/config.ts';
import { readIniSection } from '../../cli/rpkg-config/ini.ts';
import {
  readRpkgConfig,
  serverOfGit,
  serverOfLookaside,
} from '../../cli/rpkg-config/rpkg-config.ts';
import { rpkgConfig } from '../../core/api/client-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'rpkg-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

function places(system: string | null, user: string | null) {
  const home = join(folder, String(++files));
  mkdirSync(join(home, '.config/rpkg'), { recursive: true });
  const systemRpkgFile = join(home, 'system.conf');
  if (system !== null) writeFileSync(systemRpkgFile, system);
  if (user !== null) writeFileSync(join(home, '.config/rpkg/centpkg.conf'), user);
  return { ...readEnvironment({ HOME: home, CENTPKG_TOKEN: 'secret' }), systemRpkgFile };
}

const conf = (...lines: string[]): string => ['[centpkg]', ...lines, ''].join('\n');

describe('a section', () => {
  it('is read as configparser reads it', () => {
    const text =
      '# c\n[other]\na = 1\n[centpkg]\nA: x = y\n; c\nb=\n  one\n  # no value\n  two\n\nc = 2\r\n';
    expect([...(readIniSection(text, 'centpkg', 'f') ?? [])]).toEqual([
      ['a', { value: 'x = y', line: 5 }],
      ['b', { value: 'one\ntwo', line: 7 }],
      ['c', { value: '2', line: 12 }],
    ]);
    expect(readIniSection('[other]\n', 'centpkg', 'f')).toBe(null);
  });
});

describe('the address of the server', () => {
  it.each([
    ['https://git.example.org/scls/%(module)s.git', 'https://git.example.org'],
    ['https://git.example.org/base/scls/%(repo)s', 'https://git.example.org/base'],
    ['http://%(user)s@git.example.org:8080/scls/%(module)s.git', 'http://git.example.org:8080'],
    ['https://git.example.org/a%%20b/scls/%(module)s.git', 'https://git.example.org/a%20b'],
    ['https://ann:pw@git.example.org/scls/%(module)s.git', null],
    ['https://git.example.org/scls/python.git', null],
    ['ssh://git@git.example.org/scls/%(module)s.git', null],
    ['file:///srv/scls/%(module)s.git', null],
    ['', null],
  ])('git: %j is %j', (template, url) => {
    expect(serverOfGit(template)).toBe(url);
  });

  it.each([
    ['https://git.example.org/lookaside/pkgs', 'https://git.example.org'],
    ['https://git.example.org/base/repo/pkgs/', 'https://git.example.org/base'],
    ['https://git.example.org/sources', 'https://git.example.org'],
    ['https://git.example.org/cache', null],
    ['ftp://git.example.org/sources', null],
  ])('look-aside: %j is %j', (address, url) => {
    expect(serverOfLookaside(address)).toBe(url);
  });

  it.each(['rpkg', 'centpkg'] as const)('is what the server writes for %s', (tool) => {
    const url = 'https://git.example.org/a%20b';
    const facts = { version: '1', namespace: 'scls', maxUploadSize: 1, maxFileSize: 1 };
    const text = rpkgConfig(tool, { ...facts, url }).replace(`[${tool}]`, '[centpkg]');
    const read = readRpkgConfig(places(text, null), null);
    expect(read.url?.value).toBe(url);
    expect(read.warnings).toEqual([]);
  });
});

describe('files', () => {
  it("the user's settings count over the system's, one by one", () => {
    const read = readRpkgConfig(
      places(
        conf('lookaside = https://a.example.org/sources', 'default_remote_name = one'),
        conf('gitbaseurl = ssh://g@b.example.org/scls/%(module)s.git', 'default_remote_name = two'),
      ),
      null,
    );
    expect(read.url?.value).toBe('https://a.example.org');
    expect(read.ssh?.kind).toBe('user');
    expect(read.remoteName?.value).toBe('two');
    expect(read.files).toHaveLength(2);
  });

  it("an address of the user's file counts over any of the system's", () => {
    const read = readRpkgConfig(
      places(
        conf('anongiturl = https://a.example.org/scls/%(module)s.git'),
        conf('lookaside = https://b.example.org/sources'),
      ),
      null,
    );
    expect(read.url?.value).toBe('https://b.example.org');
  });

  it('of other tools called centpkg do not stop anything', () => {
    const text = '[centpkg-sig]\nlookaside = x\n';
    const read = readRpkgConfig(places(text, null), null);
    expect(read.url).toBe(null);
    expect(read.warnings).toHaveLength(1);
  });

  it("are the system's in /etc and the user's in ~/.config", () => {
    const { systemRpkgFile, rpkgFolder } = readEnvironment({ HOME: '/home/ann' });
    expect(systemRpkgFile).toBe('/etc/rpkg/centpkg.conf');
    expect(rpkgFolder).toBe('/home/ann/.config/rpkg');
  });
});

describe("the environment's token", () => {
  const text = conf('anongiturl = https://a.example.org/scls/%(module)s.git');
  it.each([
    ["of the user's file", null, text, 'secret'],
    ["that only the system's file names", text, null, null],
  ])('goes to a server %s: %#', (_, system, user, token) => {
    const environment = places(system, user);
    const config = new Config(environment, readRpkgConfig(environment, null));
    expect(config.url).toBe('https://a.example.org');
    expect(config.tokenFor('https://a.example.org')).toBe(token);
  });
});
