import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sigOfDirectoryGroup } from '../../core/domain/sig.ts';
import { groupsOfAll, type Parents } from '../../server/identity/group-graph.ts';
import { type GroupMapping, standingOf } from '../../server/identity/group-memberships.ts';
import { sig } from '../core/support/names.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const anyGraph: fc.Arbitrary<Parents> = fc
  .array(fc.subarray(NAMES), { minLength: NAMES.length, maxLength: NAMES.length })
  .map((parents) => new Map(NAMES.map((name, index) => [name, parents[index] ?? []])));

/** All at once, by going on until nothing is new. */
function closureOf(start: readonly string[], graph: Parents): Set<string> {
  let known = new Set(start);
  for (;;) {
    const more = new Set([...known, ...[...known].flatMap((one) => graph.get(one) ?? [])]);
    if (more.size === known.size) return known;
    known = more;
  }
}

describe('groups of groups', () => {
  it('are all that can be reached, in circles too, each asked for once', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyGraph,
        fc.subarray(NAMES),
        fc.subarray(NAMES),
        async (graph, ann, bob) => {
          const asked: string[] = [];
          const found = await groupsOfAll(
            new Map([
              ['ann', ann],
              ['bob', bob],
            ]),
            async (groups) => {
              asked.push(...groups);
              return new Map(groups.map((group) => [group, graph.get(group) ?? []]));
            },
          );
          expect(found.get('ann')).toEqual(closureOf(ann, graph));
          expect(found.get('bob')).toEqual(closureOf(bob, graph));
          expect(asked).toHaveLength(new Set(asked).size);
        },
      ),
    );
  });

  it('that nobody tells of are in none', async () => {
    const found = await groupsOfAll(new Map([['ann', ['gone']]]), async () => new Map());
    expect([...(found.get('ann') ?? [])]).toEqual(['gone']);
  });
});

describe('the SIG of a group', () => {
  it('is what stands behind "sig-", whole', () => {
    expect(sigOfDirectoryGroup('sig-core')).toBe('core');
    expect(sigOfDirectoryGroup('sig-core-os')).toBe('core-os');
    for (const group of [
      'core',
      'sig-',
      'sig',
      'SIG-core',
      'xsig-core',
      'sig_core',
      'sig-sig-core',
      'sig-Core',
      'sig-core ',
      ' sig-core',
      'sig-core,x',
      'sig-\u212aore',
      'sig--core',
    ])
      expect([group, sigOfDirectoryGroup(group)]).toEqual([group, null]);
  });
});

describe('what groups mean', () => {
  const NONE: GroupMapping = { adminGroup: null, sigs: new Map() };
  const standing = (groups: string[], managed: string[] = [], mapping = NONE) =>
    standingOf({ groups: new Set(groups), managedGroups: new Set(managed) }, mapping);

  it('is membership of the SIG of that very name, and no admin', () => {
    expect(standing(['sig-core', 'ipausers', 'admins', 'core'])).toEqual({
      admin: false,
      memberships: [{ sig: 'core', role: 'member' }],
    });
    expect(standing([], ['admins', 'ipausers']).memberships).toEqual([]);
  });

  it('makes a chair of who manages the group, member or not', () => {
    const chair = [{ sig: 'core', role: 'chair' }];
    expect(standing([], ['sig-core']).memberships).toEqual(chair);
    expect(standing(['sig-core'], ['sig-core']).memberships).toEqual(chair);
  });

  it('is what the configuration says, for the groups that it names', () => {
    const mapping: GroupMapping = {
      adminGroup: 'Distgit-Admins',
      sigs: new Map([[sig('sclo'), { members: ['scl-devs'], chairs: ['scl-leads'] }]]),
    };
    expect(standing(['scl-devs'], [], mapping).memberships).toEqual([
      { sig: 'sclo', role: 'member' },
    ]);
    expect(standing(['scl-devs', 'scl-leads', 'sig-sclo'], [], mapping).memberships).toEqual([
      { sig: 'sclo', role: 'chair' },
    ]);
    expect(standing(['distgit-admins'], [], mapping).admin).toBe(true);
    for (const group of ['distgit-admins2', 'distgit', 'scl-devs2', 'scl'])
      expect(standing([group], ['distgit-admins'], mapping)).toEqual({
        admin: false,
        memberships: [],
      });
  });
});
