import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { sha512, specOf } from '../support/sclo.ts';
import { TestServer } from '../support/test-server.ts';

const scenario = cliScenario();
const EL7 = 'scl-python33-el7';

const serverHas = async (component: string, branch = EL7): Promise<string | undefined> => {
  const url = scenario.server.gitUrl(component);
  return (await scenario.ann.git('/', 'ls-remote', url, branch)).split('\t')[0];
};
const headOf = async (cwd: string): Promise<string> =>
  (await scenario.ann.git(cwd, 'rev-parse', 'HEAD')).trim();

/**
 * Somebody's own repository: `origin` is elsewhere, the server is the remote `centos`.
 * @param origin what `origin` points at
 */
async function ownClone(origin = 'https://github.com/ann/internal.git') {
  const { ann } = scenario;
  const component = await scenario.component();
  const cwd = join(ann.home, `own-${component}`);
  await ann.git(ann.home, 'init', '--quiet', '--initial-branch', 'work', cwd);
  await ann.git(cwd, 'remote', 'add', 'origin', origin);
  await ann.git(cwd, 'remote', 'add', 'centos', scenario.server.gitUrl(component));
  await ann.git(cwd, 'fetch', '--quiet', 'centos');
  return { cwd, component };
}
async function commitSpec(cwd: string, component: string): Promise<void> {
  await writeFile(join(cwd, `${component}.spec`), specOf(component));
  await scenario.ann.git(cwd, 'add', '--all');
  await scenario.ann.must(['commit', '-m', 'Add the spec'], { cwd });
}

describe("in somebody's own clone, with the server as the remote centos", () => {
  it('every step of the work goes to that remote, also from a subfolder', async () => {
    const { cwd: root, component } = await ownClone();
    const { ann } = scenario;
    expect(await ann.must(['switch-branch'], { cwd: root })).toContain(`  centos/${EL7}\n`);
    await ann.must(['switch-branch', EL7], { cwd: root });
    const cwd = join(root, 'notes/deep');
    await mkdir(cwd, { recursive: true });
    await writeFile(join(root, '.git/info/exclude'), '/notes/\n');
    await writeFile(join(cwd, 'a.tar'), 'content');
    await ann.must(['new-sources', 'a.tar'], { cwd });
    expect(await readFile(join(root, 'sources'), 'utf8')).toContain(sha512('content'));
    await commitSpec(root, component);
    expect(await ann.must(['pre-push-check'], { cwd })).toBe(`${EL7}: the checks pass.\n`);
    await ann.must(['push'], { cwd });
    expect(await serverHas(component)).toBe(await headOf(root));
    await ann.must(['sources'], { cwd });
    expect(await readFile(join(root, 'a.tar'), 'utf8')).toBe('content');
    expect((await ann.run(['switch-branch', '--fetch'], { cwd })).code).toBe(0);
  });

  it('a local branch of another name pushes to the one that it tracks', async () => {
    const { cwd, component } = await ownClone();
    await scenario.ann.git(cwd, 'checkout', '--quiet', '-b', 'el7', '--track', `centos/${EL7}`);
    await commitSpec(cwd, component);
    expect(await scenario.ann.must(['push'], { cwd })).toContain(` to ${EL7}.`);
    expect(await serverHas(component)).toBe(await headOf(cwd));
  });

  it('a release branch that tracks a branch of another remote is still that release branch', async () => {
    const { cwd, component } = await ownClone();
    await scenario.ann.git(cwd, 'checkout', '--quiet', '-b', EL7, `centos/${EL7}`);
    await scenario.ann.git(cwd, 'config', `branch.${EL7}.remote`, 'origin');
    await scenario.ann.git(cwd, 'config', `branch.${EL7}.merge`, 'refs/heads/internal');
    await commitSpec(cwd, component);
    const { code, stderr } = await scenario.ann.run(['push'], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(await serverHas(component)).toBe(await headOf(cwd));
  });

  it('a branch that tracks one of the same name at another remote does not go to the server', async () => {
    const { cwd, component } = await ownClone();
    await scenario.ann.git(cwd, 'checkout', '--quiet', '-b', 'work2', `centos/${EL7}`);
    await scenario.ann.git(cwd, 'config', 'branch.work2.remote', 'origin');
    await scenario.ann.git(cwd, 'config', 'branch.work2.merge', `refs/heads/${EL7}`);
    await commitSpec(cwd, component);
    const { code, stderr } = await scenario.ann.run(['push'], { cwd });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('centpkg switch-branch') as string,
    });
    expect(await serverHas(component)).not.toBe(await headOf(cwd));
  });

  it('a repository of another namespace on the same host is not taken for the component', async () => {
    const { cwd, component } = await ownClone(`${scenario.server.url}/rpms/other.git`);
    await scenario.ann.must(['switch-branch', EL7], { cwd });
    await commitSpec(cwd, component);
    await scenario.ann.must(['push'], { cwd });
    expect(await serverHas(component)).toBe(await headOf(cwd));
  });

  it.each(['/scls/%E0%A4%A.git', '/scls/%2e%2e', '/scls/-x', '/scls/.git', '/scls/a%00b'])(
    'a remote with the path %s is passed over',
    async (path) => {
      const { cwd, component } = await ownClone(scenario.server.url + path);
      await scenario.ann.must(['switch-branch', EL7], { cwd });
      await commitSpec(cwd, component);
      expect(await scenario.ann.run(['pre-push-check'], { cwd })).toMatchObject({ code: 0 });
    },
  );

  it('without a remote on the server tells how to add one', async () => {
    const { ann, server } = scenario;
    await ann.git(ann.home, 'init', '--quiet', 'none');
    const { code, stderr } = await ann.run(['sources'], { cwd: join(ann.home, 'none') });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        `error: No remote of this repository is at ${server.url}/scls/.\n` +
        'to do: Add one: centpkg remote add --repo-name COMPONENT\n',
    });
  });
});

describe('in a clone of another server than that of the last login', () => {
  let other: TestServer;
  beforeAll(async () => {
    other = await new TestServer(scenario.path('other')).start();
  });
  afterAll(() => other.stop());

  /** A clone of a new component by somebody with Ann's token, and a later login elsewhere. */
  async function copyBeforeLogin() {
    const { server, people } = scenario;
    const person = await scenario.visitor();
    await person.login(server.url, people.committer);
    const component = await scenario.component();
    await person.must(['clone', '-b', EL7, component]);
    await person.login(other.url, other.adminToken);
    const cwd = join(person.home, component);
    await writeFile(join(cwd, `${component}.spec`), specOf(component));
    await person.git(cwd, 'add', '--all');
    await person.git(cwd, 'commit', '--quiet', '--message', 'Add the spec');
    return { person, cwd, component };
  }

  it('the server and the token of the clone count', async () => {
    const { person, cwd } = await copyBeforeLogin();
    expect(await person.must(['whoami'], { cwd })).toMatch(/^user: +ann$/m);
    expect(await person.must(['whoami'])).toMatch(/^user: +admin\b/m);
    await writeFile(join(cwd, 'a.tar'), 'elsewhere');
    expect(await person.run(['new-sources', 'a.tar'], { cwd })).toMatchObject({ code: 0 });
  });

  it.each(['centpkg', 'git'])('"%s push" gets the token of the clone', async (program) => {
    const { person, cwd, component } = await copyBeforeLogin();
    expect(await person.does(program, ['push'], { cwd })).toMatchObject({ code: 0 });
    expect(await serverHas(component)).toBe(await headOf(cwd));
  });
});

it('a login by another name of the server is good for a clone and all that follows', async () => {
  const otherName = scenario.server.url.replace('127.0.0.1', 'localhost');
  const person = await (await scenario.visitor()).login(otherName, scenario.people.committer);
  const component = await scenario.component();
  await person.must(['clone', '-b', EL7, component]);
  const cwd = join(person.home, component);
  await writeFile(join(cwd, 'a.tar'), 'by another name');
  expect(await person.run(['new-sources', 'a.tar'], { cwd })).toMatchObject({ code: 0 });
});

it('CENTPKG_TOKEN goes to CENTPKG_URL and to no other server that a clone names', async () => {
  const seen: string[] = [];
  const other = createServer((req, res) => {
    seen.push(`${req.method} ${req.url} ${req.headers.authorization ?? 'anonymous'}`);
    res.end('{"items":[]}');
  }).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { folder: cwd } = await scenario.annCopy();
  await scenario.ann.git(cwd, 'config', 'centpkg.url', `http://127.0.0.1:${port}`);
  const env = { CENTPKG_URL: scenario.server.url, CENTPKG_TOKEN: scenario.people.committer };
  await scenario.ann.run(['sig', 'list'], { cwd, env });
  other.close();
  expect(seen.join('\n')).not.toContain(scenario.people.committer);
});
