import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DesiredState, hubQuestions } from '../../../core/koji/desired-state.ts';
import type { HubState } from '../../../core/koji/hub-state.ts';
import { planKoji } from '../../../core/koji/plan-koji.ts';
import { planText } from '../../../core/koji/plan-text.ts';
import { thing } from '../../../core/koji/things.ts';
import { applyPlan, emptyHub, thingsOf } from '../support/koji-model.ts';
import { anyFacts, anyHub, wanted } from '../support/koji-world.ts';

interface World {
  readonly desired: readonly DesiredState[];
  readonly hub: HubState;
  readonly ours: ReadonlySet<string>;
  readonly named: ReadonlySet<string>;
}

const anyWorld: fc.Arbitrary<World> = anyFacts
  .map((facts) => facts.map((one) => wanted(one)))
  .chain((desired) =>
    anyHub(desired).chain((hub) => {
      const things = [...thingsOf(hub).keys()];
      return fc.record({
        desired: fc.constant(desired),
        hub: fc.constant(hub),
        ours: fc.subarray(things).map((some) => new Set(some)),
        named: fc.subarray(things).map((some) => new Set(some)),
      });
    }),
  );
const NOBODY: ReadonlySet<string> = new Set();

/** What a plan may do to a thing that is neither ours nor named. */
function mayTouch(desired: readonly DesiredState[], id: string, value: string): boolean {
  for (const { tag, locked, packages } of desired.flatMap((one) => one.tags)) {
    if (id === thing.arches(tag) && value === '[]') return true;
    if (id === thing.perm(tag) && value === 'null') return true;
    if (id === thing.lock(tag) && locked) return true;
    for (const one of packages)
      if (id === thing.packageBlock(tag, one.package) && one.blocked) return true;
  }
  return false;
}

describe('a plan', () => {
  it('is one that a hub can do, and after it there is nothing left to do', () => {
    let steps = 0;
    fc.assert(
      fc.property(anyWorld, ({ desired, hub, ours, named }) => {
        const plan = planKoji(desired, hub, { ours, named });
        steps += plan.steps.length;
        const after = applyPlan(hub, plan, ours);
        for (const names of [named, NOBODY]) {
          const again = planKoji(desired, after.hub, { ours: after.ours, named: names });
          expect(again.steps).toEqual([]);
        }
      }),
      { numRuns: 400 },
    );
    expect(steps).toBeGreaterThan(1000);
  });

  it('touches nothing that is not ours and was not named', () => {
    let foreign = 0;
    fc.assert(
      fc.property(anyWorld, ({ desired, hub, ours, named }) => {
        const plan = planKoji(desired, hub, { ours, named });
        const after = thingsOf(applyPlan(hub, plan, ours).hub);
        for (const [id, value] of thingsOf(hub)) {
          if (ours.has(id) || named.has(id) || mayTouch(desired, id, value)) continue;
          foreign++;
          expect([id, after.get(id)]).toEqual([id, value]);
        }
      }),
      { numRuns: 400 },
    );
    expect(foreign).toBeGreaterThan(1000);
  });

  it('never gives a package another owner that was not named, be it ours or not', () => {
    fc.assert(
      fc.property(anyWorld, ({ desired, hub, ours, named }) => {
        for (const step of planKoji(desired, hub, { ours, named }).steps)
          if (step.kind === 'package' && !named.has(thing.package(step.tag, step.package)))
            expect(step.after?.owner).toBe(step.before?.owner ?? 'sclo');
      }),
    );
  });

  it('gives an empty hub all that is wanted, whatever depends on whatever', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const desired = facts.map((one) => wanted({ ...one, closed: false }));
        const hub = emptyHub(hubQuestions(desired));
        const { hub: after } = applyPlan(
          hub,
          planKoji(desired, hub, { ours: NOBODY, named: NOBODY }),
        );
        for (const { tags, target } of desired) {
          expect(after.targets.get(target.target)).toEqual({
            buildTag: target.buildTag,
            destTag: target.destTag,
          });
          for (const want of tags) {
            const { inheritance, packages, groups, ...tag } = after.tags.get(want.tag) ?? {};
            expect(tag).toMatchObject({ arches: want.arches, perm: want.perm, extra: want.extra });
            const there = want.inheritance.filter(({ parent }) => edgeCanBe(after, parent));
            expect(inheritance?.map(({ parent, priority }) => [parent, priority])).toEqual(
              there.map(({ parent, priority }) => [parent, priority]),
            );
            expect(packages?.map((one) => one.package)).toEqual(
              want.packages.filter(({ blocked }) => !blocked).map((one) => one.package),
            );
            expect(groups?.map(({ group }) => group)).toEqual(
              want.groups.map(({ group }) => group),
            );
          }
        }
      }),
    );
  });

  it('is the same when it was sent as JSON, and can always be shown', () => {
    fc.assert(
      fc.property(anyWorld, ({ desired, hub, ours, named }) => {
        const plan = planKoji(desired, hub, { ours, named });
        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
        const text = planText(plan);
        expect(text).not.toMatch(/undefined|\[object|null/);
        for (const { message } of plan.findings) expect(text).toContain(message);
        for (const { commands } of plan.requests)
          for (const command of commands) expect(text).toContain(command);
      }),
    );
  });

  it('asks an admin for nothing that an admin can not do, and says what waits', () => {
    fc.assert(
      fc.property(anyWorld, ({ desired, hub, ours, named }) => {
        const { requests, steps } = planKoji(desired, hub, { ours, named });
        const made = new Set(steps.flatMap(({ makes }) => makes));
        for (const { commands, blocks } of requests) {
          for (const command of commands)
            expect(command).toMatch(
              /^koji (add-user|enable-user|grant-permission|add-tag|add-external-repo) /,
            );
          expect(blocks.length).toBeGreaterThan(0);
          expect(blocks.filter((id) => made.has(id))).toEqual([]);
        }
      }),
    );
  });
});

const edgeCanBe = (hub: HubState, parent: string): boolean =>
  hub.parents.get(parent) === true || (hub.tags.get(parent) ?? null) !== null;
