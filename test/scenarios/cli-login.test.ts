import { once } from 'node:events';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Centpkg } from '../support/centpkg.ts';
import { cliScenario } from '../support/cli-scenario.ts';
import { TestServer } from '../support/test-server.ts';

const scenario = cliScenario();

const configOf = ({ home }: Centpkg): string => join(home, '.config/centpkg/config.json');
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
const whoIs = async (person: Centpkg): Promise<string | null> =>
  (await person.json<{ user: string | null }>(['whoami'])).user;

/** Somebody without a login, and a file with `text` in the home. */
async function visitorWith(text: string): Promise<Centpkg> {
  const visitor = await scenario.visitor();
  await writeFile(join(visitor.home, 'token'), text);
  return visitor;
}
const loginArgs = (): string[] => ['login', '--url', scenario.server.url, '--token-file', 'token'];

describe('login', () => {
  it('stores the token where only its owner can read it, and never prints it', async () => {
    const token = scenario.people.committer;
    const visitor = await visitorWith(`${token}\n`);
    const { code, stdout, stderr } = await visitor.run(loginArgs());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`Logged in to ${scenario.server.url} as ann.\n`);
    expect(await modeOf(configOf(visitor))).toBe(0o600);
    expect(await modeOf(join(visitor.home, '.config/centpkg'))).toBe(0o700);
    expect(await readFile(configOf(visitor), 'utf8')).toContain(token);
    const shown = await visitor.run(['whoami', '--json']);
    expect(shown.stdout + shown.stderr).not.toContain(token);
  });

  it('takes a config file away from others who could read it', async () => {
    const visitor = await visitorWith(scenario.people.committer);
    await mkdir(join(visitor.home, '.config/centpkg'), { recursive: true });
    await writeFile(configOf(visitor), '{}');
    await chmod(configOf(visitor), 0o644);
    await visitor.must(loginArgs());
    expect(await modeOf(configOf(visitor))).toBe(0o600);
  });

  it('reads the token from standard input', async () => {
    const visitor = await scenario.visitor();
    await visitor.must(['login', '--url', `${scenario.server.url}/`, '--token-file', '-'], {
      input: scenario.people.committer,
    });
    expect(await whoIs(visitor)).toBe('ann');
  });

  it('takes the output of "token create", redirected to a file, as a token file', async () => {
    const visitor = await visitorWith(await scenario.ann.must(['token', 'create']));
    expect(await visitor.run(loginArgs())).toMatchObject({ code: 0, stderr: '' });
    expect(await whoIs(visitor)).toBe('ann');
  });

  it.each(['--token', '--password', '--'])(
    'never accepts the token on the command line: %s',
    async (option) => {
      const visitor = await scenario.visitor();
      const args = ['login', '--url', scenario.server.url, option, scenario.people.committer];
      expect((await visitor.run(args)).code).toBe(2);
      await expect(stat(configOf(visitor))).rejects.toThrow('ENOENT');
    },
  );

  it('with a wrong token exits with 4 and keeps the login that was there', async () => {
    const visitor = await visitorWith(scenario.people.committer);
    await visitor.must(loginArgs());
    await writeFile(join(visitor.home, 'token'), `${scenario.people.committer}0`);
    const { code, stderr } = await visitor.run(loginArgs());
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringMatching(
        /^error: The token is not valid\. \[login\]\nto do: /,
      ) as string,
    });
    expect(await whoIs(visitor)).toBe('ann');
  });

  it.each([
    ['', 'an empty file'],
    ['\n\n', 'a file of blank lines'],
    ['to ken\n', 'a blank inside'],
    ['t\u0001ken\n', 'a control character inside'],
  ])('calls %j no token (%s) and stores nothing', async (text) => {
    const visitor = await visitorWith(text);
    const { code, stderr } = await visitor.run(loginArgs());
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('token') as string,
    });
    await expect(stat(configOf(visitor))).rejects.toThrow('ENOENT');
  });

  it.each(['ftp://git.example.org', 'git.example.org', 'http://[bad', 'http://h:99999'])(
    'calls %s no address of a server',
    async (url) => {
      const visitor = await visitorWith(scenario.people.committer);
      for (const [args, env] of [
        [['login', '--url', url, '--token-file', 'token'], {}],
        [['sig', 'list'], { CENTPKG_URL: url }],
      ] as const) {
        const { code, stderr } = await visitor.run(args, { env });
        expect({ code, stderr }).toEqual({
          code: 2,
          stderr: expect.stringContaining(url) as string,
        });
        expect(stderr).not.toContain('fault of centpkg');
      }
    },
  );

  it.each(['ann:geheim@', ':geheim@', 'geheim@'])(
    'refuses an address with %s in it, and does not repeat that',
    async (login) => {
      const visitor = await visitorWith(scenario.people.committer);
      const url = scenario.server.url.replace('//', `//${login}`);
      const { code, stdout, stderr } = await visitor.run([
        'login',
        '--url',
        url,
        '--token-file',
        'token',
      ]);
      expect(code).toBe(2);
      expect(stdout + stderr).not.toContain('geheim');
      await expect(stat(configOf(visitor))).rejects.toThrow('ENOENT');
    },
  );

  it('names a token file that is not there', async () => {
    const visitor = await scenario.visitor();
    expect(await visitor.run(loginArgs())).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: token can not be read.\nto do: Name the file that holds your token.\n',
    });
  });
});

describe('logout', () => {
  it('forgets the token of this server and of no other', async () => {
    await using other = await new TestServer(scenario.path('other')).start();
    const visitor = await scenario.visitor();
    await visitor.login(other.url, other.adminToken);
    await visitor.login(scenario.server.url, scenario.people.committer);
    expect(await visitor.must(['logout'])).toBe(`Logged out of ${scenario.server.url}.\n`);
    expect(await visitor.must(['logout'])).toBe(`Not logged in to ${scenario.server.url}.\n`);
    expect(await visitor.must(['whoami'])).toBe(`Anonymous at ${scenario.server.url}.\n`);
    const elsewhere = await visitor.must(['whoami'], { env: { CENTPKG_URL: other.url } });
    expect(elsewhere).toMatch(/^user: +admin\b/m);
    expect(await modeOf(configOf(visitor))).toBe(0o600);
  });
});

it('logout forgets the token under every name of the server', async () => {
  const visitor = await scenario.visitor();
  const token = scenario.people.committer;
  await visitor.login(scenario.server.url.replace('127.0.0.1', 'localhost'), token);
  expect(await readFile(configOf(visitor), 'utf8')).toContain(token);
  await visitor.must(['logout']);
  expect(await readFile(configOf(visitor), 'utf8')).not.toContain(token);
});

it('a server that calls itself by the name of another one does not replace the login there', async () => {
  const { server, people } = scenario;
  const visitor = await (await scenario.visitor()).login(server.url, people.committer);
  const settings = { DISTGIT_SERVER_URL: server.url };
  await using liar = await new TestServer(scenario.path('liar'), settings).start();
  await visitor.login(liar.url, liar.adminToken);
  expect(await whoIs(visitor)).toBe('admin');
  const env = { CENTPKG_URL: server.url };
  expect((await visitor.json<{ user: string }>(['whoami'], { env })).user).toBe('ann');
});

describe('the configuration', () => {
  it('comes from CENTPKG_URL and CENTPKG_TOKEN before the login', async () => {
    const env = { CENTPKG_URL: scenario.server.url, CENTPKG_TOKEN: scenario.people.chair };
    expect(await scenario.ann.must(['whoami'], { env })).toMatch(/^user: +carol$/m);
    const visitor = await scenario.visitor();
    expect(await visitor.must(['whoami'], { env })).toMatch(/^user: +carol$/m);
    const wrong = await scenario.ann.run(['whoami'], { env: { CENTPKG_TOKEN: 'wrong' } });
    expect(wrong.code).toBe(4);
  });

  it('is in XDG_CONFIG_HOME where that is set', async () => {
    const visitor = await visitorWith(scenario.people.committer);
    const env = { XDG_CONFIG_HOME: join(visitor.home, 'elsewhere') };
    await visitor.must(loginArgs(), { env });
    expect(await modeOf(join(visitor.home, 'elsewhere/centpkg/config.json'))).toBe(0o600);
    await expect(stat(configOf(visitor))).rejects.toThrow('ENOENT');
  });

  it('at an address that is no dist-git server names the address', async () => {
    const other = createServer((_request, response) => {
      response.writeHead(404).end('<html>');
    });
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    try {
      const env = { CENTPKG_URL: url };
      expect(await scenario.ann.run(['collection', 'list'], { env })).toMatchObject({
        code: 3,
        stderr:
          `error: ${url} answered with status 404.\n` +
          'to do: Is that the address of a dist-git server? centpkg config shows what says so.\n',
      });
    } finally {
      other.closeAllConnections();
      other.close();
    }
  });

  it('without a server says how to log in', async () => {
    const { code, stderr } = await (await scenario.visitor()).run(['whoami']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'error: No server is set.\n' +
        'to do: Log in first: centpkg login --url URL, or set CENTPKG_URL.\n',
    });
  });

  it.each(['{', 'null', '[]', '"text"', '{"tokens":7}'])(
    'that is %s is named as the trouble',
    async (text) => {
      const visitor = await visitorWith(scenario.people.committer);
      await mkdir(join(visitor.home, '.config/centpkg'), { recursive: true });
      await writeFile(configOf(visitor), text);
      const { code, stderr } = await visitor.run(['whoami']);
      expect(code).toBe(2);
      expect(stderr).not.toContain('fault of centpkg');
    },
  );
});

describe('whoami', () => {
  it('says who you are and what your token may do, to people and to programs', async () => {
    const { url } = scenario.server;
    const text = await scenario.carol.must(['whoami']);
    expect(text).toMatch(/^user: +carol\nserver: +http:\S+\ncredential: +token:\w+\n/);
    expect(text).toContain(url);
    expect(text).toMatch(/^member of: +sclo \(chair\)$/m);
    expect(await scenario.ann.must(['whoami'])).toMatch(/^approved by: sclo \(all\)$/m);
    expect(await scenario.ann.json(['whoami'])).toMatchObject({
      user: 'ann',
      admin: false,
      approvals: [{ sig: 'sclo', components: null }],
    });
    expect(await scenario.admin.must(['whoami'])).toMatch(/^user: +admin \(site admin\)$/m);
  });
});
