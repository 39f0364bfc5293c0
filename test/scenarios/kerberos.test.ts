import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { isStored } from '../support/data-folder.ts';
import { frontScenario } from '../support/front-scenario.ts';
import { tryGit } from '../support/process.ts';
import { commitFiles } from '../support/pushing.ts';
import { sha512, specOf } from '../support/sclo.ts';

const scenario = frontScenario('httpd', true);
const NEGOTIATE = ['--negotiate', '--user', ':'];
const OTHERS = ['Basic realm="dist-git", charset="UTF-8"', 'Bearer realm="dist-git"'];
type Env = Readonly<Record<string, string>>;

const whoami = async (args: readonly string[], env: Env = {}) => {
  const answer = await scenario.ask(null, [...args, `${scenario.url}/api/v1/whoami`], env);
  const user = answer.status === 200 ? (JSON.parse(answer.body) as Record<string, unknown>) : null;
  return { ...answer, user };
};
const upload = (file: string, args: readonly string[], env: Env = {}) =>
  scenario.ask(
    null,
    [
      '--request',
      'PUT',
      '--data-binary',
      file,
      ...args,
      `${scenario.url}/lookaside/python/${file}/sha512/${sha512(file)}`,
    ],
    env,
  );

let ann: Env;
beforeAll(async () => {
  ann = await scenario.kdc.ticket('ann');
});

describe('curl --negotiate with a ticket', () => {
  it('is the user of the same name, until the end of the ticket', async () => {
    const { status, user } = await whoami(NEGOTIATE, ann);
    expect(status).toBe(200);
    expect(user).toMatchObject({ user: 'ann', credential: 'kerberos:ann@EXAMPLE.ORG' });
    const minutes = (Date.parse(String(user?.validUntil)) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(50);
    expect(minutes).toBeLessThanOrEqual(61);
  });

  it('uploads to the look-aside cache, forms and large files too', async () => {
    expect((await upload('by-ticket.tar', NEGOTIATE, ann)).status).toBe(201);
    expect(await isStored(scenario.server.data, 'by-ticket.tar')).toBe(true);
    const form = ['name=python', `sha512sum=${sha512('form')}`].flatMap((one) => ['--form', one]);
    const { status, body } = await scenario.ask(
      null,
      [
        ...NEGOTIATE,
        ...form,
        '--form',
        'file=form;filename=form.tar',
        `${scenario.url}/repo/pkgs/upload.cgi`,
      ],
      ann,
    );
    expect([status, body.trim()]).toEqual([200, expect.stringContaining('stored OK')]);
  });

  it('can do no more than its account', async () => {
    const sam = await scenario.kdc.ticket('sam');
    expect((await upload('of-sam.tar', NEGOTIATE, sam)).status).toBe(403);
  });
});

describe('git with a ticket', () => {
  it('pushes with http.emptyAuth', async () => {
    const copy = join(scenario.path('copy'));
    const url = `${scenario.url}/scls/python.git`;
    const trust = ['-c', `http.sslCAInfo=${scenario.authority.certificate}`];
    const clone = [...trust, 'clone', '--quiet', '--branch', 'scl-python33-el7', url, copy];
    expect(await tryGit('/', clone)).toMatchObject({ code: 0 });
    await commitFiles(copy, { 'python.spec': specOf('python') });
    const push = ['push', 'origin', 'HEAD'];
    const without = scenario.kdc.withoutTicket();
    expect((await tryGit(copy, [...trust, ...push], without)).code).not.toBe(0);
    const empty = [...trust, '-c', 'http.emptyAuth=true'];
    expect((await tryGit(copy, [...empty, ...push], without)).code).not.toBe(0);
    expect(await tryGit(copy, [...empty, ...push], ann)).toMatchObject({ code: 0 });
  });

  it('pushes with a token of a credential helper as before, with and without a ticket', async () => {
    const url = `${scenario.url}/scls/python.git`;
    const helper = `!f() { echo username=x; echo password=${scenario.people.committer}; }; f`;
    const config = [
      '-c',
      `http.sslCAInfo=${scenario.authority.certificate}`,
      '-c',
      `credential.helper=${helper}`,
    ];
    const tickets = { none: scenario.kdc.withoutTicket(), sam: await scenario.kdc.ticket('sam') };
    for (const [name, env] of Object.entries(tickets)) {
      const copy = scenario.path(`token-${name}`);
      const clone = [...config, 'clone', '--quiet', '--branch', 'scl-python33-el7', url, copy];
      expect(await tryGit('/', clone, env)).toMatchObject({ code: 0 });
      await commitFiles(copy, { 'a.patch': name, 'python.spec': specOf('python') });
      const pushed = await tryGit(copy, [...config, 'push', 'origin', 'HEAD'], env);
      expect(pushed).toMatchObject({ code: 0 });
    }
  });
});

describe('no ticket', () => {
  it('readers are let through, and so are tokens', async () => {
    expect((await whoami([])).user).toMatchObject({ user: null });
    const bearer = ['--header', `Authorization: Bearer ${scenario.people.chair}`];
    expect((await whoami(bearer)).user).toMatchObject({ user: 'carol' });
    const basic = ['--basic', '--user', `x:${scenario.people.chair}`];
    expect((await whoami(basic)).user).toMatchObject({ user: 'carol' });
  });

  it('a write is refused with every way to log in', async () => {
    for (const args of [[], NEGOTIATE]) {
      const { status, challenges } = await upload('nobody.tar', args, scenario.kdc.withoutTicket());
      expect(status).toBe(401);
      expect(challenges).toEqual([...OTHERS, 'Negotiate']);
    }
  });
});

describe('a ticket that does not hold', () => {
  it('that has ended is none', async () => {
    const push = `${scenario.url}/scls/python.git/info/refs?service=git-receive-pack`;
    const short = await scenario.kdc.ticket('ann', { life: '5s' });
    const status = async (): Promise<number> =>
      (await scenario.ask(null, [...NEGOTIATE, push], short)).status;
    expect(await status()).toBe(200);
    await expect.poll(status, { timeout: 30_000 }).toBe(401);
    expect((await upload('late.tar', NEGOTIATE, short)).status).toBe(401);
    expect(await isStored(scenario.server.data, 'late.tar')).toBe(false);
  });

  it('of another realm is refused, however its name begins', async () => {
    const evil = await scenario.kdc.ticket('ann', { realm: scenario.kdc.otherRealm });
    const { status, body } = await upload('evil.tar', NEGOTIATE, evil);
    expect(status).toBe(403);
    expect(body).toContain('of a realm that is not known here');
    expect(await isStored(scenario.server.data, 'evil.tar')).toBe(false);
  });

  it.each(['ann/admin', 'nobody-here', 'Ann'])('of %s is refused', async (name) => {
    const env = await scenario.kdc.ticket(name);
    expect((await upload('refused.tar', NEGOTIATE, env)).status).toBe(403);
    expect(await isStored(scenario.server.data, 'refused.tar')).toBe(false);
  });

  it.each([
    'Negotiate bm9uc2Vuc2U=',
    'Negotiate ',
    'negotiate YWJj',
    'Negotiate',
    'NTLM abcd',
    'Negotiate\tYWJj',
  ])('%j is refused with every way to log in', async (authorization) => {
    const { status, challenges } = await whoami(['--header', `Authorization: ${authorization}`]);
    expect(status).toBe(401);
    expect(challenges.toSorted()).toEqual([...OTHERS, 'Negotiate'].toSorted());
  });
});
