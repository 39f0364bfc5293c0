import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, tryGit } from '../support/process.ts';
import { foundSclo, workingCopy } from '../support/sclo.ts';
import { makeKey, Sshd } from '../support/sshd.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';
import { commitChange } from './git-world.ts';
import { aboveAtMost, alternate, type Measure, timed } from './measure.ts';

const ROUNDS = 15;
const BRANCH = 'scl-python33-el7';
/** Milliseconds: three starts of a program in Node.js, and a question each to the server. */
const LOGIN_MS = 250;

interface Side {
  readonly sshd: Sshd;
  readonly url: string;
  /** What ssh is asked for where git is not meant. */
  readonly command: string;
}

/** The real git over the real sshd: through the server, and to bare git with a file of keys. */
export async function sshBench(): Promise<Measure[]> {
  await using folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  const socket = at('data/ssh/socket');
  await using ours = await Sshd.at(at('sshd'), socket);
  await using server = await new TestServer(at('data'), { DISTGIT_SSH_URL: ours.url }).start();
  const { committer } = await foundSclo(server);
  const key = at('key');
  await server.must('addKey', { key: await makeKey(key) }, committer);
  await cp(join(server.data, 'repositories/python.git'), at('python.git'), { recursive: true });
  await writeFile(at('keys'), `restrict ${await readFile(`${key}.pub`, 'utf8')}`);
  const plain = [
    `AuthorizedKeysFile ${at('keys')}`,
    'AuthorizedKeysCommand none',
    'StrictModes no',
  ];
  await using peer = await Sshd.at(at('peer'), socket, plain.join('\n'));
  await ours.start();
  await peer.start();
  const sides: { ours: Side; peer: Side } = {
    ours: { sshd: ours, url: `${ours.url}/scls/python.git`, command: 'whoami' },
    peer: { sshd: peer, url: `${peer.url}${at('python.git')}`, command: 'true' },
  };
  const copy = await workingCopy(server, at('copy'), committer, { branch: BRANCH });
  const gitOf = async (side: Side, ...args: string[]): Promise<void> => {
    const { code, stderr } = await tryGit(copy, args, side.sshd.gitEnv(key));
    if (code !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  };
  const compare = (
    act: (side: Side) => Promise<unknown>,
    prepare?: () => Promise<unknown>,
  ): Promise<{ ours: readonly number[]; peer: readonly number[] }> =>
    alternate(ROUNDS, sides, (side) => timed(() => act(side)), prepare);

  const login = await compare(async ({ sshd, command }) => {
    const { code, stderr } = await sshd.ssh(key, [command]);
    if (code !== 0) throw new Error(`ssh ${command}: ${stderr}`);
  });
  const list = await compare((side) => gitOf(side, 'ls-remote', side.url));
  const push = await compare(
    (side) => gitOf(side, 'push', '--quiet', side.url, `HEAD:refs/heads/${BRANCH}`),
    () => commitChange(copy),
  );
  const overHttp = await alternate(
    ROUNDS,
    { ours: sides.ours.url, peer: server.gitUrl('python', committer) },
    (url) =>
      timed(async () => {
        const { code, stderr } = await run('git', ['ls-remote', url], {
          env: ours.gitEnv(key),
        });
        if (code !== 0) throw new Error(stderr);
      }),
  );
  const target = aboveAtMost(LOGIN_MS, 'ms');
  const unit = 'ms';
  return [
    { name: 'ssh HOST whoami; peer: true', unit, ...login, target },
    { name: 'ls-remote', unit, ...list, target },
    { name: 'push of a commit', unit, ...push, target },
    {
      name: 'ls-remote; peer: ours over HTTP',
      unit,
      ...overHttp,
      target: aboveAtMost(2 * LOGIN_MS, unit),
    },
  ];
}
