import { join } from 'node:path';
import { git } from '../support/process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';
import { Apache } from './apache.ts';
import { emptyFolder } from './folders.ts';
import { fetchRequest, listRequest } from './git-requests.ts';
import {
  BRANCHES,
  buildGitWorld,
  commitChange,
  type GitWorld,
  readGit,
  type Side,
} from './git-world.ts';
import { Load } from './load.ts';
import {
  alternate,
  type Measure,
  type Rounds,
  timed,
  timesAtLeast,
  timesAtMost,
} from './measure.ts';

const CLIENTS = BRANCHES.length;
const ROUNDS = { oneClient: 21, manyClients: 9, rawLoad: 5 };
/** How long raw load lasts, once. */
const LOAD_SECONDS = 1;

/** The real git, and raw requests, against ours and against Apache. */
export async function gitBench(): Promise<Measure[]> {
  await using folder = await temporaryFolder();
  await using server = await new TestServer(join(folder.path, 'data'), {
    DISTGIT_LOG_LEVEL: 'info',
  }).start();
  await using apache = new Apache(join(folder.path, 'apache'));
  const world = await buildGitWorld(server, apache, folder.path);
  // Pushes come last: they fill both repositories with loose objects.
  return [
    ...(await rawReads(world)),
    ...(await reads(world, 1)),
    ...(await reads(world, CLIENTS)),
    ...(await writes(world, 1)),
    ...(await writes(world, CLIENTS)),
  ];
}

/** The real git as it reads, so many at once. */
async function reads({ sides, folder }: GitWorld, clients: number): Promise<Measure[]> {
  const each = manyOf(clients);
  const clones = join(folder, 'clones');
  const lists = await alternate(roundsOf(clients), sides, (side) =>
    timed(() => each(() => readGit(side, '/', 'ls-remote', side.url))),
  );
  const whole = await alternate(roundsOf(clients), sides, async (side) => {
    await emptyFolder(clones);
    return timed(() =>
      each((client) => readGit(side, clones, 'clone', '--quiet', side.url, String(client))),
    );
  });
  return [measureOf('ls-remote', clients, lists), measureOf('clone', clients, whole)];
}

/** The real git as it pushes a commit and as others fetch it, so many at once. */
async function writes({ sides, folder, workingCopies }: GitWorld, clients: number) {
  const each = manyOf(clients);
  const copyOf = (client: number): string => workingCopies[client] ?? '';
  const cloneOf = (side: Side, client: number): string => join(folder, side.name, String(client));
  const change = (): Promise<unknown> => each((client) => commitChange(copyOf(client)));
  const push = (side: Side): Promise<unknown> =>
    each((client) => git(copyOf(client), 'push', '--quiet', side.name, `HEAD:${BRANCHES[client]}`));

  const pushes = await alternate(
    roundsOf(clients),
    sides,
    (side) => timed(() => push(side)),
    change,
  );
  for (const side of Object.values(sides)) {
    await emptyFolder(join(folder, side.name));
    await each((client) => git('/', 'clone', '--quiet', side.url, cloneOf(side, client)));
  }
  const fetches = await alternate(
    roundsOf(clients),
    sides,
    (side) =>
      timed(() => each((client) => readGit(side, cloneOf(side, client), 'fetch', '--quiet'))),
    async () => {
      await change();
      for (const side of Object.values(sides)) await push(side);
    },
  );
  return [
    measureOf('fetch of new commits', clients, fetches),
    measureOf('push of a commit', clients, pushes),
  ];
}

/** Requests without a git around them, which show the server alone. */
async function rawReads({ sides }: GitWorld): Promise<Measure[]> {
  await using load = new Load();
  const refs = await readGit(sides.peer, '/', 'ls-remote', sides.peer.url);
  const oids = new Set(refs.match(/^[0-9a-f]{40}/gm));
  const rate = (body: string, atLeastBytes: number): Promise<Rounds> =>
    alternate(ROUNDS.rawLoad, sides, async (side) => {
      const { latencies, seconds } = await load.run({
        kind: 'post',
        url: `${side.bareUrl}/git-upload-pack`,
        headers: {
          'Content-Type': 'application/x-git-upload-pack-request',
          'Git-Protocol': 'version=2',
          ...(side.authorization === null ? {} : { Authorization: side.authorization }),
        },
        body,
        atLeastBytes,
        clients: CLIENTS,
        seconds: LOAD_SECONDS,
      });
      return latencies.length / seconds;
    });
  const lists = await rate(listRequest(), 60 * CLIENTS);
  const clones = await rate(fetchRequest([...oids]), 20_000);
  const names = {
    lists: `raw ls-refs, ${CLIENTS} clients`,
    clones: `raw clone, ${CLIENTS} clients`,
  };
  const unit = '/s';
  return [
    { name: names.lists, unit, ...lists, target: timesAtLeast(1) },
    { name: names.clones, unit, ...clones, target: timesAtLeast(1) },
  ];
}

function manyOf(clients: number) {
  return (act: (client: number) => Promise<unknown>): Promise<unknown> =>
    Promise.all(Array.from({ length: clients }, (_, client) => act(client)));
}

function roundsOf(clients: number): number {
  return clients === 1 ? ROUNDS.oneClient : ROUNDS.manyClients;
}

/** One client is a matter of time, many are one of throughput. */
function measureOf(name: string, clients: number, milliseconds: Rounds): Measure {
  if (clients === 1)
    return { name: `${name}, 1 client`, unit: 'ms', ...milliseconds, target: timesAtMost(1) };
  const rate = (time: number): number => (clients * 1000) / time;
  return {
    name: `${name}, ${clients} clients`,
    unit: '/s',
    ours: milliseconds.ours.map(rate),
    peer: milliseconds.peer.map(rate),
    target: timesAtLeast(1),
  };
}
