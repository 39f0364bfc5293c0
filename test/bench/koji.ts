import { scloAtHub } from '../support/sclo-at-hub.ts';
import { atLeast, atMost, type Measure, timed } from './measure.ts';

/**
 * The SCLo SIG's whole Koji, set up at a hub that has nothing of it, again, and after an edge was
 * removed by hand. The hub is the one for tests: what is measured is the server and its requests.
 */
export async function kojiBench(): Promise<Measure[]> {
  await using sclo = await scloAtHub();
  const { server, hub, expected } = sclo;
  const seconds = async (act: () => Promise<unknown>): Promise<number> => (await timed(act)) / 1000;
  const first = await seconds(() => sclo.applyAll());
  const requests = hub.seen.length;
  const events = hub.state.store.lastEvent;
  const isThere = (child: string, parent: string): boolean =>
    (sclo.byHand('getInheritanceData', child) as { name: string }[]).some(
      ({ name }) => name === parent,
    );
  const there = {
    tags: expected.tags.filter((tag) => sclo.byHand('getTag', tag) !== null).length,
    targets: expected.targets.filter(({ target }) => sclo.byHand('getBuildTarget', target) !== null)
      .length,
    edges: expected.edges.filter(({ child, parent }) => isThere(child, parent)).length,
  };
  const second = await seconds(() => sclo.applyAll());
  const writes = hub.state.store.lastEvent - events;
  const [edge] = expected.edges;
  const { id } = sclo.byHand('getTag', edge?.parent ?? '') as { id: number };
  sclo.byHand('setInheritanceData', edge?.child ?? '', [{ parent_id: id, 'delete link': true }]);
  let found = 0;
  const drift = await seconds(async () => {
    found = (await server.must('findDrift', {})).items.length;
  });
  await sclo.applyAll();
  const left = (await server.must('findDrift', {})).items.length;
  const one = (name: string, unit: string, value: number, target: Measure['target']): Measure => ({
    name,
    unit,
    ours: [value],
    peer: [],
    target,
  });
  const releases = expected.targets.length;
  return [
    one('collections', '', sclo.names.length, atLeast(72, '')),
    one('tags at the hub', '', there.tags, atLeast(expected.tags.length, '')),
    one('targets at the hub', '', there.targets, atLeast(releases, '')),
    one('edges to other collections at the hub', '', there.edges, atLeast(224, '')),
    one('first set-up of all', 's', first, atMost(120, 's')),
    one('requests per collection and EL release', '', requests / releases, atMost(5, '')),
    one('second set-up of all', 's', second, atMost(60, 's')),
    one('writes of the second', '', writes, atMost(0, '')),
    one('look for drift in all', 's', drift, atMost(30, 's')),
    one('found of one edge removed by hand', '', found, atLeast(1, '')),
    one('left after another set-up', '', left, atMost(0, '')),
  ];
}
