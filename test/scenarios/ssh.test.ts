import { describe, expect, it } from 'vitest';
import { sshScenario } from '../support/ssh-scenario.ts';

const scenario = sshScenario();

describe('over SSH', () => {
  it('whoami', async () => {
    const done = await scenario.sshd.ssh(scenario.key('ann'), ['whoami']);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toContain('user         ann\n');
  });
  it('ls-remote', async () => {
    console.log(await scenario.tryGit('ann', '/', 'ls-remote', scenario.url()));
    console.log(await scenario.sshd.ssh(scenario.key('ann'), []));
    console.log(scenario.sshd.log.slice(-3000));
  });
});
