import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dependencyCircles } from '../../../core/domain/dependency-circles.ts';

const circles = (depends: Readonly<Record<string, string>>) =>
  dependencyCircles(
    new Map(Object.entries(depends).map(([name, on]) => [name, on.split(' ').filter(Boolean)])),
  );

describe('circles of dependencies', () => {
  it('are found, and chains are none', () => {
    expect(circles({ a: 'b', b: 'c', c: '' })).toEqual([]);
    expect(
      circles({ maven30: 'rh-java-common', 'rh-java-common': 'maven30', x: 'maven30' }),
    ).toEqual([['maven30', 'rh-java-common']]);
    expect(circles({ a: 'b', b: 'c', c: 'a d', d: 'e', e: 'd missing' })).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ]);
  });

  it('are those whose members reach each other', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const graph = fc.tuple(
      ...names.map((name) => fc.subarray(names.filter((one) => one !== name))),
    );
    fc.assert(
      fc.property(graph, (edges) => {
        const depends = new Map(names.map((name, index) => [name, edges[index] ?? []]));
        const reach = (from: string, seen = new Set<string>()): Set<string> => {
          for (const next of depends.get(from) ?? [])
            if (!seen.has(next)) reach(next, seen.add(next));
          return seen;
        };
        const circleOf = (name: string) =>
          names.filter((one) => reach(name).has(one) && reach(one).has(name));
        const expected = [...new Set(names.map((name) => circleOf(name).join(' ')))];
        expect(dependencyCircles(depends).map((circle) => circle.join(' '))).toEqual(
          expected.filter((circle) => circle !== '').sort(),
        );
      }),
    );
  });
});
