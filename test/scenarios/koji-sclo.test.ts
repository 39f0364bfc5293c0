import { afterAll, beforeAll, expect, it } from 'vitest';
import { faultsIn } from '../support/scenario.ts';
import { type ScloAtHub, scloAtHub } from '../support/sclo-at-hub.ts';

/** All of a SIG's Koji, which took 225 commands by hand. */
let sclo: ScloAtHub;
beforeAll(async () => {
  sclo = await scloAtHub();
}, 600_000);
afterAll(() => sclo[Symbol.asyncDispose]());

const parentsOf = (tag: string): readonly string[] =>
  (sclo.byHand('getInheritanceData', tag) as { name: string }[]).map(({ name }) => name);

it('has every tag, target and edge at the hub after one run', { timeout: 600_000 }, async () => {
  const { tags, targets, edges } = sclo.expected;
  expect([sclo.names.length, tags.length, targets.length, edges.length]).toEqual([
    72, 504, 126, 224,
  ]);
  await sclo.applyAll();
  for (const tag of tags) expect(sclo.byHand('getTag', tag), tag).not.toBeNull();
  for (const { target, names } of targets)
    expect(sclo.byHand('getBuildTarget', target)).toMatchObject({
      build_tag_name: names.buildTag,
      dest_tag_name: names.levels.candidate,
    });
  for (const { child, parent } of edges) expect(parentsOf(child)).toContain(parent);
  for (const { names } of targets) {
    const depends = edges.filter(({ child }) => child === names.buildTag);
    expect(parentsOf(names.buildTag)).toEqual([
      names.buildsys,
      names.levels.candidate,
      ...depends.map(({ parent }) => parent),
    ]);
  }
  const drift = await sclo.server.must('findDrift', {});
  expect(drift).toEqual({ looked: 126, items: [] });
});

it('writes nothing the second time', { timeout: 600_000 }, async () => {
  const before = sclo.hub.state.store.lastEvent;
  sclo.hub.seen.length = 0;
  await sclo.applyAll();
  expect(sclo.hub.state.store.lastEvent).toBe(before);
  const methods = new Set(sclo.hub.seen.flatMap(({ method }) => method.split(' ')));
  expect([...methods].filter((method) => !/^(get|list|multiCall$)/.test(method))).toEqual([]);
});

it('finds one edge that was removed by hand, and mends it', { timeout: 600_000 }, async () => {
  const { child = '', parent = '' } = sclo.expected.edges.at(100) ?? {};
  const { id } = sclo.byHand('getTag', parent) as { id: number };
  sclo.byHand('setInheritanceData', child, [{ parent_id: id, 'delete link': true }]);
  const { items } = await sclo.server.must('findDrift', {});
  expect(items).toMatchObject([
    { plan: { steps: [{ kind: 'inheritance', tag: child, set: [{ parent }] }] } },
  ]);
  const before = sclo.hub.state.store.lastEvent;
  await sclo.applyAll();
  expect(parentsOf(child)).toContain(parent);
  expect(sclo.hub.state.store.lastEvent).toBe(before + 1);
  expect((await sclo.server.must('findDrift', {})).items).toEqual([]);
  expect(faultsIn(sclo.server)).toEqual([]);
});
