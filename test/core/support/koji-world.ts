import * as fc from 'fast-check';
import { KOJI_NAME_TEMPLATES, type KojiSubject } from '../../../core/domain/koji-names.ts';
import { CBS_PROFILES } from '../../../core/koji/cbs-profiles.ts';
import { desiredState, type ReleaseFacts } from '../../../core/koji/desire.ts';
import { type DesiredState, hubQuestions } from '../../../core/koji/desired-state.ts';
import type { HubState, HubTag } from '../../../core/koji/hub-state.ts';
import { emptyHub, NEW_TAG } from './koji-model.ts';
import { collection, component, sig } from './names.ts';

export const SCLO = sig('sclo');
export const subjectOf = (
  name: string,
  release: KojiSubject['release'] = '7',
  vendor: KojiSubject['vendor'] = 'rh',
): KojiSubject => ({ sig: SCLO, vendor, collection: collection(name), release });

/** Facts of a collection on EL 7 of which nothing special is known. */
export const factsOf = (name: string, more: Partial<ReleaseFacts> = {}): ReleaseFacts => ({
  ...subjectOf(name, more.release),
  sclName: name as ReleaseFacts['sclName'],
  components: [{ name: component('python'), retired: false }],
  depends: [],
  inheritTesting: false,
  closed: false,
  ...more,
});

export const wanted = (
  facts: ReleaseFacts,
  template: keyof typeof KOJI_NAME_TEMPLATES = 'cbs',
): DesiredState =>
  desiredState(facts, {
    names: KOJI_NAME_TEMPLATES[template],
    profile: CBS_PROFILES[facts.release],
    owner: 'sclo',
  });

const NAMES = ['maven30', 'rh-java-common', 'v8314', 'httpd24'];
const subset = <T>(values: readonly T[]) => fc.subarray([...values]);

/** Collections on EL 7 that depend on each other in any way, circles included. */
export const anyFacts: fc.Arbitrary<ReleaseFacts[]> = subset(NAMES).chain((names) =>
  fc.tuple(
    ...names.map((name) =>
      fc
        .record({
          depends: fc.shuffledSubarray(NAMES.filter((other) => other !== name)),
          level: fc.constantFrom('candidate', 'release'),
          inheritTesting: fc.boolean(),
          closed: fc.boolean(),
          components: fc.shuffledSubarray(['python-meta', 'python', 'gcc-c++', 'ruby']),
          retired: fc.boolean(),
        })
        .map(({ depends, level, components, retired, ...rest }) =>
          factsOf(name, {
            ...rest,
            depends: depends.map((on) => ({ on: subjectOf(on), level })),
            components: components.map((one, index) => ({
              name: component(one),
              retired: retired && index === 0,
            })),
          }),
        ),
    ),
  ),
);

const priorities = [5, 6, 10, 12, 15, 20, 25, 26, 30, 31, 35, 99];
const ranked = <T>(values: readonly T[]) =>
  fc
    .tuple(
      fc.shuffledSubarray([...values], { maxLength: Math.min(values.length, priorities.length) }),
      fc.shuffledSubarray(priorities, { minLength: priorities.length }),
    )
    .map(([some, free]) => some.map((value, index) => ({ value, priority: free[index] ?? 0 })));

/** A tag that people had their hands on: some of ours, changed or not, and things of their own. */
function anyTag(desired: DesiredState, hub: HubState): fc.Arbitrary<HubTag> {
  const tags = [...hub.tags].filter(([, tag]) => tag !== null).map(([tag]) => tag);
  const parents = [...hub.parents].filter(([, there]) => there).map(([tag]) => tag);
  const [build] = desired.tags.slice(-1);
  return fc.record({
    arches: subset(['x86_64', 'i686', 'riscv64']),
    perm: fc.constantFrom(null, 'build-sclo', 'admin'),
    locked: fc.boolean(),
    extra: fc.dictionary(
      fc.constantFrom('mock.new_chroot', 'repo.auto', 'rpm.macro.vendor', 'rpm.macro.own'),
      fc.constantFrom<unknown>(0, 1, true, 'CentOS Sclo SIG', ['a list']),
      { noNullPrototype: true },
    ),
    blockedExtra: subset(['rpm.macro.vendor', 'mock.new_chroot']),
    inheritance: ranked([...tags, ...parents]).map((edges) =>
      edges
        .map(({ value, priority }) => ({
          parent: value,
          priority,
          maxdepth: priority === 99 ? 1 : null,
          intransitive: false,
          noconfig: false,
          pkgFilter: '',
        }))
        .sort((a, b) => a.priority - b.priority),
    ),
    externalRepos: ranked(['centos7-os', 'centos7-updates', 'centos7-extras', 'epel7']).map(
      (repos) =>
        repos.map(({ value, priority }) => ({
          repo: value,
          priority,
          mode: priority % 2 === 0 ? ('bare' as const) : ('koji' as const),
          arches: null,
        })),
    ),
    groups: fc.uniqueArray(
      fc.record({
        group: fc.constantFrom('build', 'srpm-build', 'theirs'),
        blocked: fc.boolean(),
        packages: fc.uniqueArray(
          fc.record({
            package: fc.constantFrom(...(build?.groups[0]?.packages ?? []), 'vim'),
            blocked: fc.boolean(),
          }),
          { selector: (one) => one.package },
        ),
      }),
      { selector: ({ group }) => group },
    ),
    packages: fc.uniqueArray(
      fc.record({
        package: fc.constantFrom(
          ...(desired.tags[0]?.packages.map((one) => one.package) ?? []),
          'theirs',
        ),
        owner: fc.constantFrom('sclo', 'carol'),
        blocked: fc.boolean(),
      }),
      { selector: (one) => one.package },
    ),
  });
}

/** Any hub for these: nothing there, all there, or any part in any shape. */
export function anyHub(desired: readonly DesiredState[]): fc.Arbitrary<HubState> {
  const questions = hubQuestions(desired);
  const empty = emptyHub({
    ...questions,
    externalRepos: [...questions.externalRepos, 'epel7'],
    parents: [...questions.parents, 'a-tag-of-theirs'],
  });
  const some = { maxLength: 30 };
  return fc
    .record({
      there: fc.array(fc.boolean(), { ...some, minLength: 30 }),
      common: fc.boolean(),
      targets: fc.boolean(),
      repos: fc.boolean(),
      user: fc.constantFrom('active' as const, 'blocked' as const, null),
      permission: fc.boolean(),
      permissions: subset(['tag', 'target', 'admin']),
    })
    .chain((shape) => {
      const base: HubState = {
        ...empty,
        tags: new Map(
          [...empty.tags.keys()].map((tag, index) => [
            tag,
            shape.there[index % 30] === true ? NEW_TAG : null,
          ]),
        ),
        parents: new Map([...empty.parents.keys()].map((tag) => [tag, isThere(tag, shape.common)])),
        externalRepos: new Map(
          [...empty.externalRepos].map(([repo, of]) => [
            repo,
            shape.repos || repo !== 'centos7-os' ? of : null,
          ]),
        ),
        users: new Map([...empty.users.keys()].map((user) => [user, shape.user])),
        permissions: new Set(shape.permission ? ['build-sclo'] : []),
        account: { user: 'distgit', permissions: new Set(shape.permissions) },
      };
      const entries = desired.flatMap((one) =>
        one.tags.map(({ tag }) =>
          base.tags.get(tag) === null
            ? fc.constant([tag, null] as const)
            : anyTag(one, base).map((found) => [tag, found] as const),
        ),
      );
      const targets = desired.map(
        ({ target: { target, buildTag } }) =>
          [
            target,
            shape.targets && base.tags.get(buildTag) !== null
              ? { buildTag, destTag: 'elsewhere' }
              : null,
          ] as const,
      );
      return fc.tuple(...entries).map((tags) => {
        const found = new Map(tags.map(([name, tag]) => [name, withoutMissing(base, tag)]));
        return Object.assign({}, base, { tags: found, targets: new Map(targets) });
      });
    });
}

/** A tag can not have what the hub does not. */
const withoutMissing = (hub: HubState, tag: HubTag | null): HubTag | null =>
  tag === null
    ? null
    : {
        ...tag,
        externalRepos: tag.externalRepos.filter(({ repo }) => hub.externalRepos.get(repo) !== null),
      };
/** Half of the tags that are only inherited from. */
const isThere = (tag: string, common: boolean): boolean =>
  tag.startsWith('buildsys') || tag === 'a-tag-of-theirs' || (common && !tag.includes('maven30'));
