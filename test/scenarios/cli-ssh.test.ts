import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Centpkg } from '../support/centpkg.ts';
import { git } from '../support/process.ts';
import { faultsIn } from '../support/scenario.ts';
import { specOf } from '../support/sclo.ts';
import { sshScenario } from '../support/ssh-scenario.ts';
import { makeKey } from '../support/sshd.ts';

const scenario = sshScenario();
let ann: Centpkg;

interface Key {
  readonly fingerprint: string;
  readonly user: string;
  readonly label: string;
  readonly lastUsedAt: string | null;
}

beforeAll(async () => {
  ann = await Centpkg.at(scenario.path('home'), 'ann');
  await ann.login(scenario.server.url, scenario.people.committer);
});

describe('centpkg key', () => {
  it('adds from a file and from standard input, lists and removes', async () => {
    const file = join(ann.home, 'laptop');
    const text = await makeKey(file);
    const other = await makeKey(join(ann.home, 'other'));
    const said = await ann.must(['key', 'add', 'laptop.pub', '--label', 'my laptop']);
    const added = await ann.json<Key>(['key', 'add', '-'], { input: other });
    expect(added).toMatchObject({ user: 'ann', label: 'test', lastUsedAt: null });
    const keys = await ann.json<Key[]>(['key', 'list']);
    expect(keys.map(({ label }) => label)).toEqual(['test', 'my laptop', 'test']);
    const fingerprint = keys[1]?.fingerprint ?? '';
    expect(said).toBe(`${fingerprint} may be used by ann.\n`);
    expect(await ann.must(['key', 'list'])).toContain(fingerprint);

    expect(await ann.run(['key', 'add', 'laptop.pub'])).toMatchObject({ code: 5 });
    expect(await ann.must(['key', 'remove', fingerprint])).toBe(`${fingerprint} is removed.\n`);
    const gone = await ann.run(['key', 'remove', fingerprint]);
    expect(gone).toMatchObject({ code: 3, stdout: '' });
    expect(gone.stderr).toContain('centpkg key list');
    expect(text).toMatch(/^ssh-ed25519 /);
  });

  it('never sends a private key', async () => {
    const file = join(ann.home, 'private');
    await makeKey(file);
    const { code, stderr } = await ann.run(['key', 'add', 'private']);
    expect(code).toBe(2);
    expect(stderr).toContain('is not a public key');
    expect(stderr).not.toContain((await readFile(file, 'utf8')).split('\n')[1] ?? '?');
  });

  it.each([
    [['-t', 'rsa', '-b', '2048'], 'The RSA key has 2048 bits'],
    [['-t', 'rsa', '-b', '1024'], 'The RSA key has 1024 bits'],
  ])('says why a weak key is not taken: %j', async (type, why) => {
    const file = scenario.path('weak');
    await makeKey(file, type);
    const { code, stderr } = await ann.run(['key', 'add', `${file}.pub`]);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
    expect(stderr).toContain('ssh-keygen -t ed25519');
  });

  it('is for one user, and of others for admins', async () => {
    const { code, stderr } = await ann.run(['key', 'list', '--user', 'sam']);
    expect(code).toBe(4);
    expect(stderr).toContain('ann is not a site admin.');
    expect((await ann.run(['key', 'add', `${scenario.key('sam')}.pub`])).code).toBe(5);
    expect((await ann.run(['key', 'add', 'not-there.pub'])).code).toBe(2);
    expect((await ann.run(['key', 'remove', 'not-a-key'])).code).toBe(2);
  });
});

describe('a clone over SSH', () => {
  let copy: string;
  const env = (): Record<string, string> => scenario.sshd.gitEnv(scenario.key('ann'));

  beforeAll(async () => {
    const args = ['clone', '--ssh', '-b', 'scl-python33-el7', 'python'];
    await ann.must(args, { env: env() });
    copy = join(ann.home, 'python');
  });

  it('has the server as its remote by SSH', async () => {
    expect(await git(copy, 'remote', 'get-url', 'origin')).toBe(`${scenario.url()}\n`);
    const { sshUrl } = await ann.json<{ sshUrl: string }>(['component', 'show', 'python']);
    expect(sshUrl).toBe(scenario.url());
  });

  it('is one that every command works in: switch, upload, commit, check, push', async () => {
    const at = { cwd: copy, env: env() };
    await ann.does('sh', ['-c', 'cat > python.spec; echo source > a.tar'], {
      ...at,
      input: specOf('python'),
    });
    await ann.must(['new-sources', 'a.tar'], at);
    await ann.git(copy, 'add', 'python.spec');
    await ann.must(['commit', '-m', 'Add the spec'], at);
    await ann.must(['pre-push-check'], at);
    await ann.must(['push'], at);
    await ann.must(['switch-branch', 'scl-python33-el6'], at);
    await ann.must(['switch-branch', 'scl-python33-el7'], at);
    const [push] = (await scenario.server.must('listPushes', { limit: 1 })).items;
    expect(push).toMatchObject({ user: 'ann', component: 'python', state: 'applied' });
    const audit = (await scenario.server.must('listAudit', { limit: 1 })).items;
    expect(audit[0]?.credential).toMatch(/^ssh:SHA256:/);
  });

  it('made by plain git is found too', async () => {
    const plain = scenario.path('plain');
    await scenario.git('ann', '/', 'clone', '--quiet', scenario.url(), plain);
    await ann.must(['switch-branch', 'scl-rh-python34-el6'], { cwd: plain, env: env() });
    expect(await git(plain, 'branch', '--show-current')).toBe('scl-rh-python34-el6\n');
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
