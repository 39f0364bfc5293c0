import fc from 'fast-check';
import type { HubCall } from '../../../server/koji/hub.ts';
import { keywords } from '../../../server/koji/xmlrpc-encode.ts';
import type { XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';

/** Names that no earlier talk with the same hub had. */
export class Names {
  readonly #prefix: string;
  constructor(prefix: string) {
    this.#prefix = prefix;
  }
  tag = (index: number): string => `${this.#prefix}-tag${index}`;
  target = (index: number): string => `${this.#prefix}-target${index}`;
  package = (index: number): string => `${this.#prefix}-package${index}`;
  group = (index: number): string => `${this.#prefix}-group${index}`;
  repo = (index: number): string => `${this.#prefix}-repo${index}`;
  /** Without what is of this talk alone. */
  plain = (text: string): string => text.replaceAll(this.#prefix, 'x');
}

/** A call, once the numbers of the tags are known. */
export type Said = (names: Names, tagId: (index: number) => number) => HubCall;

export const TAGS = 4;

const index = fc.nat({ max: TAGS - 1 });
const few = fc.nat({ max: 2 });
const group = fc.nat({ max: 1 });
const owner = fc.constantFrom('distgit', 'kojiadmin', 'nobody-here');
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const arches = fc.constantFrom(null, '', 'x86_64', 'x86_64 aarch64', 'x86_64,aarch64');
const extra = fc.dictionary(
  fc.constantFrom('mock.new_chroot', 'repo.auto', 'rpm.macro.scl'),
  fc.oneof(fc.constantFrom<XmlRpcValue>('a', 'b', null, true), fc.integer({ min: 0, max: 2 })),
);
/** Keyword arguments, each there or not. */
const some = (members: Record<string, fc.Arbitrary<XmlRpcValue>>) =>
  fc
    .record(members, { requiredKeys: [] })
    .map((given) => keywords(given as Record<string, XmlRpcValue>));

const call = <T>(
  values: fc.Arbitrary<T>,
  method: string,
  params: (value: T, names: Names, tagId: (index: number) => number) => readonly XmlRpcValue[],
): fc.Arbitrary<Said> =>
  values.map((value) => (names, tagId) => ({ method, params: params(value, names, tagId) }));

const link = fc.record({
  parent: index,
  priority: fc.constantFrom(0, 5, 10),
  maxdepth: fc.constantFrom(null, 1),
  intransitive: fc.boolean(),
  noconfig: fc.boolean(),
  remove: fc.constantFrom(false, false, false, true),
});

/** What a provisioner may ever say to a hub, right and wrong. */
const writes: readonly (readonly [weight: number, said: fc.Arbitrary<Said>])[] = [
  [
    6,
    call(
      fc.tuple(index, maybe(index), arches, extra),
      'createTag',
      ([tag, parent, arch, more], n) => [
        n.tag(tag),
        keywords({ parent: parent === null ? null : n.tag(parent), arches: arch, extra: more }),
      ],
    ),
  ],
  [
    4,
    call(
      fc.tuple(
        index,
        some({
          arches,
          extra,
          locked: fc.boolean(),
          perm: fc.constantFrom(null, 'tag', 'no-such-perm'),
          remove_extra: fc.subarray(['mock.new_chroot', 'repo.auto']),
          block_extra: fc.subarray(['rpm.macro.scl']),
        }),
      ),
      'editTag2',
      ([tag, options], n) => [n.tag(tag), options],
    ),
  ],
  [1, call(index, 'deleteTag', (tag, n) => [n.tag(tag)])],
  [
    6,
    call(
      fc.tuple(index, fc.array(link, { maxLength: 3 }), fc.boolean()),
      'setInheritanceData',
      ([tag, links, clear], n, tagId) => [
        n.tag(tag),
        links.map(({ parent, remove, ...rest }) => ({
          parent_id: tagId(parent),
          ...rest,
          pkg_filter: '',
          ...(remove ? { 'delete link': true } : {}),
        })),
        clear,
      ],
    ),
  ],
  [
    4,
    call(fc.tuple(few, index, index), 'createBuildTarget', ([target, build, dest], n) => [
      n.target(target),
      n.tag(build),
      n.tag(dest),
    ]),
  ],
  [
    2,
    call(fc.tuple(few, few, index, index), 'editBuildTarget', ([target, name, build, dest], n) => [
      n.target(target),
      n.target(name),
      n.tag(build),
      n.tag(dest),
    ]),
  ],
  [1, call(few, 'deleteBuildTarget', (target, n) => [n.target(target)])],
  [
    4,
    call(
      fc.tuple(
        index,
        few,
        fc.constantFrom(5, 10),
        some({ merge_mode: fc.constantFrom('bare', 'koji', 'odd') }),
      ),
      'addExternalRepoToTag',
      ([tag, repo, priority, options], n) => [n.tag(tag), n.repo(repo), priority, options],
    ),
  ],
  [
    3,
    call(
      fc.tuple(
        index,
        few,
        some({ priority: fc.constantFrom(5, 10), merge_mode: fc.constantFrom('bare', 'koji') }),
      ),
      'editTagExternalRepo',
      ([tag, repo, options], n) => [n.tag(tag), n.repo(repo), options],
    ),
  ],
  [
    1,
    call(fc.tuple(index, few), 'removeExternalRepoFromTag', ([tag, repo], n) => [
      n.tag(tag),
      n.repo(repo),
    ]),
  ],
  [
    3,
    call(
      fc.tuple(
        index,
        group,
        some({ block: fc.boolean(), description: fc.constantFrom('d', null) }),
      ),
      'groupListAdd',
      ([tag, name, options], n) => [n.tag(tag), n.group(name), options],
    ),
  ],
  [
    1,
    call(fc.tuple(index, group), 'groupListRemove', ([tag, name], n) => [
      n.tag(tag),
      n.group(name),
    ]),
  ],
  [
    4,
    call(
      fc.tuple(index, group, few, some({ block: fc.boolean(), type: fc.constant('optional') })),
      'groupPackageListAdd',
      ([tag, name, one, options], n) => [n.tag(tag), n.group(name), n.package(one), options],
    ),
  ],
  [
    2,
    call(fc.tuple(index, group, few), 'groupPackageListRemove', ([tag, name, one], n) => [
      n.tag(tag),
      n.group(name),
      n.package(one),
    ]),
  ],
  [
    6,
    call(
      fc.tuple(
        index,
        few,
        some({
          owner: fc.oneof(owner, fc.constant(null)),
          block: fc.constantFrom(null, false, true),
          update: fc.boolean(),
          force: fc.boolean(),
        }),
      ),
      'packageListAdd',
      ([tag, one, options], n) => [n.tag(tag), n.package(one), options],
    ),
  ],
  [
    2,
    call(fc.tuple(index, few), 'packageListBlock', ([tag, one], n) => [n.tag(tag), n.package(one)]),
  ],
  [
    2,
    call(fc.tuple(index, few), 'packageListUnblock', ([tag, one], n) => [
      n.tag(tag),
      n.package(one),
    ]),
  ],
  [
    1,
    call(fc.tuple(index, few), 'packageListRemove', ([tag, one], n) => [
      n.tag(tag),
      n.package(one),
    ]),
  ],
  [
    2,
    call(fc.tuple(index, few, owner), 'packageListSetOwner', ([tag, one, who], n) => [
      n.tag(tag),
      n.package(one),
      who,
    ]),
  ],
];

const first: readonly Said[] = [
  ...[0, 1, 2].map(
    (tag): Said =>
      (names) => ({ method: 'createTag', params: [names.tag(tag)] }),
  ),
  (names) => ({ method: 'groupListAdd', params: [names.tag(0), names.group(0)] }),
  (names) => ({ method: 'packageListAdd', params: [names.tag(0), names.package(0), 'distgit'] }),
  (names, tagId) => ({
    method: 'setInheritanceData',
    params: [
      names.tag(1),
      [
        {
          parent_id: tagId(0),
          priority: 0,
          maxdepth: null,
          intransitive: false,
          noconfig: false,
          pkg_filter: '',
        },
      ],
    ],
  }),
];

/** Some calls one after another, most of which make sense. */
export const conversation: fc.Arbitrary<readonly Said[]> = fc
  .array(fc.oneof(...writes.map(([weight, arbitrary]) => ({ weight, arbitrary }))), {
    minLength: 5,
    maxLength: 25,
  })
  .map((said) => first.concat(said));
