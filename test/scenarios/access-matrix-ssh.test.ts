import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_POLICIES } from '../core/support/access-matrix.ts';
import {
  foundAccessStage,
  STAGE_AT,
  STAGE_ROLES,
  type Stage,
  type StageCell,
  setStagePolicies,
  stageAnswer,
  stageCells,
} from '../support/access-stage.ts';
import { makeKey, Sshd } from '../support/sshd.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

const LONG = 600_000;
const PLACES = ['own', 'other', 'both'] as const;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestServer;
let sshd: Sshd;
let stage: Stage;
beforeAll(async () => {
  folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  sshd = await Sshd.at(join(folder.path, 'sshd'), join(data, 'ssh/socket'));
  server = await new TestServer(data, { DISTGIT_SSH_URL: sshd.url }).start();
  stage = await foundAccessStage(server);
  for (const role of STAGE_ROLES) {
    const key = await makeKey(join(folder.path, role));
    await server.must('addKey', { key }, stage.token(role, 'unlimited'));
  }
  await sshd.start();
}, LONG);
afterAll(async () => {
  await sshd[Symbol.asyncDispose]();
  await server.stop();
  await folder[Symbol.asyncDispose]();
});

/** What git is answered over SSH: `allowed`, or `-` and the rule; `(mute)` for neither. */
async function ask({ role, at }: Pick<StageCell, 'role' | 'at'>, service: string): Promise<string> {
  const command = `${service} '/scls/${STAGE_AT[at].component}.git'`;
  const { stdout } = await sshd.ssh(join(folder.path, role ?? ''), [command]);
  const refusal = /^[0-9a-f]{4}ERR \S[^]* \[([a-z-]+)\]\n\S/.exec(stdout)?.[1];
  if (refusal !== undefined) return `-${refusal}`;
  return /^[0-9a-f]{44} /.test(stdout) ? 'allowed' : '(mute)';
}

/** A key is a credential without limits; who has none does not come so far. */
const cellsOf = (policies: (typeof ALL_POLICIES)[number]): StageCell[] =>
  stageCells('push', PLACES, policies).filter(
    ({ role, kind }) => role !== null && kind === 'unlimited',
  );

/** Who may set up Koji has nothing to do with git. */
const POLICIES = ALL_POLICIES.filter(({ koji }) => koji === 'members');

describe.each(POLICIES)('with commit policy $commit', (policies) => {
  beforeAll(() => setStagePolicies(server, policies));

  it(
    'a push over SSH is answered as the specification says, with its rule and the next step',
    async () => {
      const cells = cellsOf(policies);
      expect(cells).toHaveLength(STAGE_ROLES.length * PLACES.length);
      const answers: unknown[] = [];
      for (const cell of cells) answers.push({ ...cell, got: await ask(cell, 'git-receive-pack') });
      expect(answers).toEqual(cells.map((cell) => ({ ...cell, got: stageAnswer(cell) })));
      process.stdout.write(`access matrix: ${cells.length} cells through SSH\n`);
    },
    LONG,
  );
});

it('reading over SSH is for every account, and for no key that is not known', async () => {
  for (const role of STAGE_ROLES)
    expect([role, await ask({ role, at: 'own' }, 'git-upload-pack')]).toEqual([role, 'allowed']);
  const unknown = join(folder.path, 'unknown');
  await makeKey(unknown);
  const { code, stderr } = await sshd.ssh(unknown, ["git-upload-pack '/scls/python.git'"]);
  expect([code, stderr]).toEqual([255, expect.stringContaining('Permission denied')]);
});
