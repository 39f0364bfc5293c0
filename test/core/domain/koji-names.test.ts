import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EL_RELEASES } from '../../../core/domain/el-release.ts';
import {
  buildTagInheritance,
  KOJI_LEVELS,
  KOJI_NAME_TEMPLATES,
  type KojiNames,
  type KojiSubject,
} from '../../../core/domain/koji-names.ts';
import { anyBranch, branch, collection, sig, vendor } from '../support/names.ts';
import { SCLO_COLLECTIONS } from '../support/sclo-collections.ts';

const SCLO = sig('sclo');
const { cbs, proposal } = KOJI_NAME_TEMPLATES;
const subject = (name: string, vendor: KojiSubject['vendor'] = 'rh'): KojiSubject => ({
  ...branch(name),
  sig: SCLO,
  vendor,
});
const anySubject: fc.Arbitrary<KojiSubject> = fc
  .tuple(anyBranch, vendor)
  .map(([{ collection, release }, vendor]) => ({ collection, release, sig: SCLO, vendor }));

/** The names that belong to one collection on one EL release. */
const ownNames = (names: KojiNames): string[] => [
  ...Object.values(names.levels),
  names.buildTag,
  names.target,
];

describe("Koji's names on CentOS's hub", () => {
  it('are those of the table for rh-python34 on EL 7', () => {
    expect(cbs(subject('scl-rh-python34-el7'))).toEqual({
      levels: {
        candidate: 'sclo7-rh-python34-rh-candidate',
        testing: 'sclo7-rh-python34-rh-testing',
        release: 'sclo7-rh-python34-rh-release',
      },
      buildTag: 'sclo7-rh-python34-rh-el7-build',
      target: 'sclo7-rh-python34-rh-el7',
      permission: 'build-sclo',
      collectionsCommon: 'sclo7-rh-python34-common-candidate',
      sigCommon: 'sclo7-common-candidate',
      buildsys: 'buildsys7',
    });
  });

  it.each([
    ['scl-devtoolset-3-el6', 'rh', 'sclo6-devtoolset-3-rh-el6'],
    ['scl-sclo-php54-el7', 'sclo', 'sclo7-sclo-php54-sclo-el7'],
    ['scl-python27-el10s', 'rh', 'sclo10s-python27-rh-el10s'],
  ] as const)('the target of %s, vendor %s, is %s', (name, vendor, target) => {
    expect(cbs(subject(name, vendor)).target).toBe(target);
  });
});

describe("Koji's names by the CentOS proposal", () => {
  it('are those of its table for python33 on EL 6', () => {
    expect(proposal(subject('scl-python33-el6'))).toEqual({
      levels: {
        candidate: 'sclo-python33-el6-candidate',
        testing: 'sclo-python33-el6-testing',
        release: 'sclo-python33-el6-release',
      },
      buildTag: 'sclo-python33-el6-build',
      target: 'sclo-python33-el6',
      permission: 'build-sclo',
      collectionsCommon: 'sclo6-python33-common-candidate',
      sigCommon: 'sclo6-common-candidate',
      buildsys: 'buildsys6',
    });
  });
});

describe.each(Object.entries(KOJI_NAME_TEMPLATES))('template %s', (_, namesOf) => {
  it.each([
    ['6', 'buildsys6'],
    ['7', 'buildsys7'],
    ['8', 'buildsys8-release'],
    ['8s', 'buildsys8s-release'],
    ['9', 'buildsys9-release'],
    ['9s', 'buildsys9s-release'],
    ['10', 'buildsys10-release'],
    ['10s', 'buildsys10s-release'],
  ] as const)('on EL %s builds with %s', (release, buildsys) => {
    const { collection } = branch('scl-python33-el7');
    expect(namesOf({ collection, release, sig: SCLO, vendor: 'rh' }).buildsys).toBe(buildsys);
  });

  it('never gives one name twice: 72 collections, 8 EL releases, 5 names', () => {
    const names = SCLO_COLLECTIONS.flatMap(({ name, vendor }) =>
      EL_RELEASES.flatMap((release) =>
        ownNames(namesOf({ collection: collection(name), release, sig: SCLO, vendor })),
      ),
    );
    expect(names).toHaveLength(72 * 8 * 5);
    expect(new Set(names).size).toBe(names.length);
  });

  it('never gives a name of a collection for one that is shared', () => {
    const shared = new Set<string>();
    const own = new Set<string>();
    for (const { name, vendor } of SCLO_COLLECTIONS)
      for (const release of EL_RELEASES) {
        const names = namesOf({ collection: collection(name), release, sig: SCLO, vendor });
        for (const one of ownNames(names)) own.add(one);
        for (const one of [names.collectionsCommon, names.sigCommon, names.buildsys])
          shared.add(one);
      }
    expect([...shared].filter((name) => own.has(name))).toEqual([]);
    expect(shared.size).toBe(72 * 8 + 8 + 8);
  });

  it('is unambiguous within a SIG: another branch has none of the same names', () => {
    fc.assert(
      fc.property(anySubject, anySubject, (a, b) => {
        fc.pre(a.collection !== b.collection || a.release !== b.release);
        const taken = new Set(ownNames(namesOf(a)));
        expect(ownNames(namesOf(b)).filter((name) => taken.has(name))).toEqual([]);
      }),
    );
  });

  it('keeps the level at the end of each level tag', () => {
    fc.assert(
      fc.property(anySubject, (subject) => {
        const names = namesOf(subject);
        const ends = KOJI_LEVELS.map((level) => names.levels[level].split('-').at(-1));
        expect(ends).toEqual(['candidate', 'testing', 'release']);
        expect(names.buildTag).toBe(`${names.target}-build`);
        expect(ownNames(names).join('')).toMatch(/^[A-Za-z0-9_.+-]+$/);
      }),
    );
  });
});

describe('the inheritance of a build tag', () => {
  const names = cbs(subject('scl-rh-python34-el7'));
  const table = (inheritTesting: boolean, depends: string[]) =>
    buildTagInheritance(names, depends, { inheritTesting }).map(
      ({ tag, priority, optional }) => `${priority} ${tag}${optional ? ' where it exists' : ''}`,
    );

  it('is that of the table', () => {
    expect(table(true, ['sclo7-httpd24-rh-candidate', 'sclo7-v8314-rh-candidate', 'x'])).toEqual([
      '5 buildsys7',
      '10 sclo7-rh-python34-rh-candidate',
      '12 sclo7-rh-python34-rh-testing',
      '15 sclo7-rh-python34-common-candidate where it exists',
      '20 sclo7-common-candidate where it exists',
      '25 sclo7-httpd24-rh-candidate',
      '30 sclo7-v8314-rh-candidate',
      '35 x',
    ]);
  });

  it('has the testing tag only where the collection asks for it', () => {
    expect(table(false, [])).toEqual([
      '5 buildsys7',
      '10 sclo7-rh-python34-rh-candidate',
      '15 sclo7-rh-python34-common-candidate where it exists',
      '20 sclo7-common-candidate where it exists',
    ]);
  });

  it('has every priority once, in ascending order, and the dependencies in theirs', () => {
    const dependencies = fc.uniqueArray(anySubject, {
      selector: ({ collection }) => collection,
      maxLength: 40,
    });
    fc.assert(
      fc.property(anySubject, dependencies, fc.boolean(), (subject, depends, inheritTesting) => {
        const tags = depends.map((one) => cbs(one).levels.candidate);
        const inherited = buildTagInheritance(cbs(subject), tags, { inheritTesting });
        const priorities = inherited.map(({ priority }) => priority);
        expect(new Set(priorities).size).toBe(priorities.length);
        expect(priorities).toEqual([...priorities].sort((a, b) => a - b));
        expect(inherited.slice(inherited.length - tags.length).map(({ tag }) => tag)).toEqual(tags);
        expect(inherited.filter(({ optional }) => optional)).toHaveLength(2);
      }),
    );
  });
});
