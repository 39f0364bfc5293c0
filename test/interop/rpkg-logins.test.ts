import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { isStored } from '../support/data-folder.ts';
import { frontScenario } from '../support/front-scenario.ts';
import { type Finished, git } from '../support/process.ts';
import { faultsIn } from '../support/scenario.ts';
import { specOf } from '../support/sclo.ts';
import { type RpkgHome, rpkgHome } from './support/rpkg-home.ts';

/** The two ways in which rpkg logs in by itself, through the shipped httpd.conf. */
const scenario = frontScenario('httpd', true);
const BRANCH = 'scl-python33-el7';
type Env = Readonly<Record<string, string>>;
let client: RpkgHome;
let home = '';
let config = '';
let copies = 0;

beforeAll(async () => {
  client = await rpkgHome(scenario.path('home'));
  home = client.path;
  await copyFile(scenario.authority.certificate, join(home, '.centos-server-ca.cert'));
  const answer = await fetch(`${scenario.server.url}/client/centpkg.conf`);
  config = join(home, 'centpkg.conf');
  await writeFile(config, await answer.text());
}, 600_000);

/** The client at home, with the real rpkg under it. @param settings of git, which logs in itself */
function centpkg(cwd: string, args: readonly string[], env: Env, settings: Env): Promise<Finished> {
  const trust = { 'http.sslCAInfo': scenario.authority.certificate };
  return client.run('centpkg', config, cwd, args, { ...trust, ...settings }, env);
}

/** All of a piece of work that needs a login; throws where a step fails. */
async function work(env: Env, settings: Env): Promise<string> {
  const name = `copy-${++copies}`;
  const copy = join(home, name);
  const file = `Python-${copies}.tar.gz`;
  const must = async (cwd: string, ...args: string[]): Promise<void> => {
    const { code, stdout, stderr } = await centpkg(cwd, args, env, settings);
    if (code !== 0) throw new Error(`centpkg ${args.join(' ')}: ${code}\n${stdout}${stderr}`);
  };
  await must(home, 'clone', '-b', BRANCH, 'python', name);
  const content = gzipSync(`source ${copies} ${'x'.repeat(3_000_000)}`, { level: 0 });
  await writeFile(join(home, file), content);
  await must(copy, 'new-sources', join(home, file));
  await writeFile(join(copy, 'python.spec'), specOf('python'));
  await git(copy, 'add', '--all');
  await must(copy, 'commit', '-m', `Update ${copies}`);
  await must(copy, 'push');
  return file;
}

describe('the unmodified rpkg', () => {
  it('with a Kerberos ticket: clone, new-sources, commit, push', async () => {
    const ann = await scenario.kdc.ticket('ann');
    const file = await work(ann, { 'http.emptyAuth': 'true' });
    expect(await isStored(scenario.server.data, file)).toBe(true);
    const { items } = await scenario.server.must('listAudit', {});
    const credentials = new Set(items.map(({ credential }) => credential));
    expect(credentials).toContain('kerberos:ann@EXAMPLE.ORG');
  });

  it('without one, or with the ticket of somebody else, uploads nothing', async () => {
    const tickets = [
      scenario.kdc.withoutTicket(),
      await scenario.kdc.ticket('sam'),
      await scenario.kdc.ticket('ann', { realm: scenario.kdc.otherRealm }),
    ];
    for (const env of tickets) await expect(work(env, {})).rejects.toThrow('new-sources');
    for (let count = copies; count > copies - tickets.length; count--)
      expect(await isStored(scenario.server.data, `Python-${count}.tar.gz`)).toBe(false);
  });

  it('with ~/.centos.cert: the same work, and no ticket', async () => {
    const { both } = await scenario.authority.issue({ subject: '/CN=ann' });
    await copyFile(both, join(home, '.centos.cert'));
    const env = scenario.kdc.withoutTicket();
    const file = await work(env, { 'http.sslCert': both, 'http.sslKey': both });
    expect(await isStored(scenario.server.data, file)).toBe(true);
    const { items } = await scenario.server.must('listAudit', {});
    expect(items[0]?.credential).toMatch(/^certificate:[0-9A-F]+$/);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    const other = faultsIn(scenario.server).filter((line) => !line.startsWith('{"level":30,'));
    expect(other).toEqual([]);
  });
});
