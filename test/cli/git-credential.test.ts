import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCommand } from './support/run-command.ts';

const HOME = await temporaryFolder();
await mkdir(join(HOME.path, '.config/centpkg'), { recursive: true });
await writeFile(
  join(HOME.path, '.config/centpkg/config.json'),
  JSON.stringify({
    url: 'https://git.example.org',
    tokens: {
      'https://git.example.org': 'token-one',
      'https://other.example:8443/dist': 'token-two',
      'http://127.0.0.1:8080': 'token-three',
    },
  }),
);
afterAll(() => HOME[Symbol.asyncDispose]());

/** What git is told when it asks for this. */
async function answer(input: string, environment: NodeJS.ProcessEnv = {}, operation = 'get') {
  const surroundings = { input, environment: { HOME: HOME.path, ...environment } };
  return (await runCommand('git-credential', [operation], {}, surroundings)).text;
}
const ask = (protocol: string, host: string, more = ''): string =>
  `protocol=${protocol}\nhost=${host}\n${more}\n`;
const told = (token: string): string => `username=token\npassword=${token}`;

describe('git is told', () => {
  it.each([
    ['https', 'git.example.org', 'token-one'],
    ['https', 'other.example:8443', 'token-two'],
    ['http', '127.0.0.1:8080', 'token-three'],
  ])('the token of %s://%s, which is %s', async (protocol, host, token) => {
    expect(await answer(ask(protocol, host))).toBe(told(token));
    const more = 'path=scls/python.git\nusername=ann\nwwwauth[]=Basic realm="x=y"\n';
    expect(await answer(ask(protocol, host, more))).toBe(told(token));
  });

  it('the token of the environment only for the server of the environment', async () => {
    const environment = { CENTPKG_URL: 'https://ci.example', CENTPKG_TOKEN: 'token-ci' };
    expect(await answer(ask('https', 'ci.example'), environment)).toBe(told('token-ci'));
    expect(await answer(ask('https', 'evil.example'), environment)).toBe('');
    expect(await answer(ask('https', 'git.example.org'), environment)).not.toContain('token-ci');
  });

  it.each([
    ['http', 'git.example.org'],
    ['https', '127.0.0.1:8080'],
    ['https', 'other.example'],
    ['https', 'other.example:443'],
    ['https', 'git.example.org:8443'],
    ['https', 'evil.example'],
    ['https', 'git.example.org.evil.example'],
    ['https', 'evil.example/git.example.org'],
    ['https', 'ann@git.example.org'],
    ['https', 'git.example.org\r'],
    ['https', ' git.example.org'],
    ['https', ''],
    ['', 'git.example.org'],
    ['ssh', 'git.example.org'],
    ['ftp', 'git.example.org'],
  ])('nothing for %j %j', async (protocol, host) => {
    expect(await answer(ask(protocol, host))).toBe('');
  });

  it.each([
    '',
    '\n',
    'host=git.example.org\n\n',
    'protocol=https\n\n',
    'garbage',
    '=\n=\n',
    'url=https://git.example.org\n\n',
  ])('nothing where the question is %j', async (input) => {
    expect(await answer(input)).toBe('');
  });

  it.each(['store', 'erase', 'capability', 'GET', ''])(
    'nothing for the operation %j',
    async (operation) => {
      expect(await answer(ask('https', 'git.example.org'), {}, operation)).toBe('');
    },
  );

  it('nothing before anybody logged in', async () => {
    expect(await answer(ask('https', 'git.example.org'), { HOME: '/nonexistent' })).toBe('');
  });

  it('no token for any other protocol or host, whatever is asked', async () => {
    const protocols = fc.oneof(fc.constantFrom('http', 'https', 'HTTPS', 'https:'), fc.string());
    const hosts = fc.oneof(
      fc.constantFrom('git.example.org', 'GIT.example.org', 'git.example.org:443', '127.0.0.1'),
      fc.string(),
      fc.domain(),
    );
    const right = new Set([
      'https git.example.org',
      'https other.example:8443',
      'http 127.0.0.1:8080',
    ]);
    await fc.assert(
      fc.asyncProperty(protocols, hosts, async (protocol, host) => {
        fc.pre(!right.has(`${protocol} ${host}`) && !/\n/.test(protocol + host));
        expect(await answer(ask(protocol, host))).toBe('');
      }),
    );
  });
});
