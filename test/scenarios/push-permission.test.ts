import { describe, expect, it } from 'vitest';
import { git } from '../support/process.ts';
import { expectRefusal, push } from '../support/pushing.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { workingCopy } from '../support/sclo.ts';

const scenario = scloScenario();
const EL7 = 'HEAD:refs/heads/scl-python33-el7';

describe('who may not push', () => {
  it('is told the SIG to ask, by a 403 before anything is sent', async () => {
    const { server, people } = scenario;
    const copy = await workingCopy(server, scenario.path(), people.stranger);
    const outcome = await push(copy, [EL7]);
    expect(outcome.remote).toEqual([
      'SIG sclo has not approved sam for python. [commit-approved]',
      'Ask for it: centpkg request access --sig sclo; or ask a chair to run: centpkg sig approve sclo sam',
    ]);
    expect(outcome.stderr).toContain('The requested URL returned error: 403');
    expect(outcome.code).toBe(128);
  });

  it("is told the same for a branch of another SIG's collection, other branches being theirs", async () => {
    const { server } = scenario;
    await server.must('createSig', { name: 'webstack' });
    await server.must('createUser', { name: 'bob' });
    const { token } = await server.must('createToken', { user: 'bob' });
    await server.must('createCollection', {
      name: 'nodejs10',
      sig: 'webstack',
      releases: [{ release: '7' }],
    });
    await server.must('addToCollections', { component: 'python', collections: ['nodejs10'] });
    await server.must('approveUser', { sig: 'webstack', user: 'bob' });

    const copy = await workingCopy(server, scenario.path(), token);
    await expectRefusal(
      copy,
      [EL7],
      [
        'Push to python refused: 1 error. Nothing was changed.',
        'error: scl-python33-el7: SIG sclo has not approved bob for python. [commit-approved] (permission)',
        '  to do: Ask for it: centpkg request access --sig sclo; or ask a chair to run: centpkg sig approve sclo bob',
      ],
    );
    expect(await push(copy, ['HEAD:refs/heads/scl-nodejs10-el7'])).toMatchObject({ code: 0 });
  });

  it('without credentials gets 401, and git asks for a password', async () => {
    const { server } = scenario;
    const copy = scenario.path();
    await git('/', 'clone', '--quiet', server.gitUrl('python'), copy);
    const { code, stderr } = await push(copy, [EL7]);
    expect(code).toBe(128);
    expect(stderr).toContain('could not read Username');

    const repository = server.gitUrl('python');
    const asked = await fetch(`${repository}/info/refs?service=git-receive-pack`);
    const sent = await fetch(`${repository}/git-receive-pack`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-git-receive-pack-request' },
      body: '0000',
    });
    for (const answer of [asked, sent]) {
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('Basic realm=');
      expect(await answer.text()).toBe(
        'This needs a login. [login-required]\nLog in with a token.\n',
      );
    }
  });

  it('with a token that does not hold gets 401, even to read', async () => {
    const copy = await workingCopy(scenario.server, scenario.path(), 'sclt_nonsense');
    const { code, stderr } = await push(copy, [EL7]);
    expect(code).toBe(128);
    expect(stderr).toContain('Authentication failed');
    const url = `${scenario.server.gitUrl('python')}/info/refs?service=git-upload-pack`;
    const answer = await fetch(url, { headers: { Authorization: 'Bearer sclt_nonsense' } });
    expect(answer.status).toBe(401);
    expect(await answer.text()).toMatch(/^The token is not valid\. \[login\]\n/);
  });

  it('with a token for uploads only is told so', async () => {
    const { server, people } = scenario;
    const { token } = await server.must('createToken', { verbs: ['upload'] }, people.committer);
    const { remote, code } = await push(await workingCopy(server, scenario.path(), token), [EL7]);
    expect(remote[0]).toBe('The token is not for the verb push. [token-scope]');
    expect(code).toBe(128);
  });
});

describe('afterwards', () => {
  it('the audit log has the refusals, and the server has nothing to complain of', async () => {
    const audit = (await scenario.server.must('listAudit', { limit: 1000 })).items;
    const refused = audit.filter(({ action, allowed }) => action === 'push' && !allowed);
    expect(refused.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['push-checks', 'commit-approved', 'token-scope']),
    );
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
