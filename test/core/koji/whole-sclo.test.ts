import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { declaration } from '../../../core/api/declaration-schemas.ts';
import { KOJI_NAME_TEMPLATES } from '../../../core/domain/koji-names.ts';
import { hubQuestions } from '../../../core/koji/desired-state.ts';
import type { Step } from '../../../core/koji/plan.ts';
import { planKoji } from '../../../core/koji/plan-koji.ts';
import { applyPlan, emptyHub } from '../support/koji-model.ts';
import { factsOf, subjectOf, wanted } from '../support/koji-world.ts';

const FILE = resolve(import.meta.dirname, '../../fixtures/sclo-collections.yaml');
const { collections } = declaration.parse(parse(readFileSync(FILE, 'utf8')));
const vendors = new Map(collections.map(({ name, namespace }) => [name, namespace]));
const FACTS = collections.flatMap(({ name, releases }) =>
  releases.map(({ release, depends }) =>
    factsOf(name, {
      ...subjectOf(name, release, vendors.get(name)),
      depends: depends.map(({ collection, level }) => ({
        on: subjectOf(collection, release, vendors.get(collection)),
        level,
      })),
    }),
  ),
);
const none = { ours: new Set<string>(), named: new Set<string>() };

describe.each(Object.keys(KOJI_NAME_TEMPLATES) as (keyof typeof KOJI_NAME_TEMPLATES)[])(
  "the SCLo SIG's collections on a fresh hub, by the names of %s",
  (template) => {
    const desired = FACTS.map((facts) => wanted(facts, template));
    const hub = emptyHub(hubQuestions(desired));
    const plan = planKoji(desired, hub, none);
    const of = <K extends Step['kind']>(kind: K) =>
      plan.steps.filter((step): step is Extract<Step, { kind: K }> => step.kind === kind);
    const done = applyPlan(hub, plan);

    it('are 72 in 126 releases, with every tag, target and edge', () => {
      expect([collections.length, FACTS.length]).toEqual([72, 126]);
      expect([of('tag').length, of('target').length]).toEqual([4 * 126, 126]);
      const edges = of('inheritance').flatMap(({ set }) => set);
      const depends = edges.filter(({ priority }) => priority >= 25);
      expect([edges.length, depends.length]).toEqual([2 * 126 + 224, 224]);
      expect(depends.filter(({ parent }) => parent.endsWith('-release'))).toHaveLength(8);
      expect([plan.findings, plan.requests]).toEqual([[], []]);
    });

    it('are there then, and a second plan has nothing to do', () => {
      const again = planKoji(desired, done.hub, { ...none, ours: done.ours });
      expect(again.steps).toEqual([]);
      expect(new Set(again.unchanged)).toEqual(done.ours);
    });

    it('get back the one edge that somebody took away', () => {
      const [tag, found] = [...done.hub.tags].find(
        ([, one]) => (one?.inheritance.length ?? 0) > 4,
      ) ?? ['', null];
      if (found === null) throw new Error('No tag has so many.');
      const lost = found.inheritance[3];
      const inheritance = found.inheritance.filter((edge) => edge !== lost);
      const tags = new Map([...done.hub.tags, [tag, { ...found, inheritance }]]);
      const mend = planKoji(desired, { ...done.hub, tags }, { ...none, ours: done.ours });
      expect(mend.steps).toMatchObject([
        {
          kind: 'inheritance',
          tag,
          set: [{ parent: lost?.parent, priority: lost?.priority }],
          remove: [],
        },
      ]);
    });
  },
);
