import { describe, expect, it } from 'vitest';
import { type DesiredState, hubQuestions } from '../../../core/koji/desired-state.ts';
import type { HubState, HubTag } from '../../../core/koji/hub-state.ts';
import type { Plan } from '../../../core/koji/plan.ts';
import { planKoji } from '../../../core/koji/plan-koji.ts';
import { planText } from '../../../core/koji/plan-text.ts';
import { applyPlan, emptyHub } from '../support/koji-model.ts';
import { factsOf, subjectOf, wanted } from '../support/koji-world.ts';
import { component } from '../support/names.ts';

const CANDIDATE = 'sclo7-rh-python34-rh-candidate';
const BUILD = 'sclo7-rh-python34-rh-el7-build';
const PYTHON = wanted(
  factsOf('rh-python34', {
    components: ['python-meta', 'python', 'python-setuptools'].map((name) => ({
      name: component(name),
      retired: false,
    })),
  }),
);
const plan = (
  hub: HubState,
  options: { ours?: Iterable<string>; named?: string[] } = {},
  desired: readonly DesiredState[] = [PYTHON],
): Plan => planKoji(desired, hub, { ours: new Set(options.ours), named: new Set(options.named) });

const EMPTY = emptyHub(hubQuestions([PYTHON]));
/** All of it there, and made by us. */
const DONE = applyPlan(EMPTY, plan(EMPTY));
const withTag = (hub: HubState, tag: string, edit: Partial<HubTag>): HubState => {
  const found = hub.tags.get(tag);
  if (found === null || found === undefined) throw new Error(`no tag ${tag}`);
  return { ...hub, tags: new Map([...hub.tags, [tag, { ...found, ...edit }]]) };
};
const kinds = ({ findings }: Plan) => findings.map(({ kind, thing }) => `${kind}: ${thing}`);

describe('the plan of a new collection', () => {
  it('reads as a difference', () => {
    expect(planText(plan(EMPTY))).toMatchInlineSnapshot(`
      "tag sclo7-rh-python34-rh-candidate
        + the tag
        + architectures: x86_64
        + permission: build-sclo
        + package rh-python34: owner sclo
        + package rh-python34-python: owner sclo
        + package rh-python34-python-setuptools: owner sclo

      tag sclo7-rh-python34-rh-testing
        + the tag
        + architectures: x86_64
        + permission: build-sclo
        + package rh-python34: owner sclo
        + package rh-python34-python: owner sclo
        + package rh-python34-python-setuptools: owner sclo

      tag sclo7-rh-python34-rh-release
        + the tag
        + architectures: x86_64
        + permission: build-sclo
        + package rh-python34: owner sclo
        + package rh-python34-python: owner sclo
        + package rh-python34-python-setuptools: owner sclo

      tag sclo7-rh-python34-rh-el7-build
        + the tag
        + architectures: x86_64
        + extra mock.new_chroot: 0
        + extra repo.auto: true
        + extra rpm.macro.vendor: "CentOS Sclo SIG"
        + external repository centos7-extras: mode koji, priority 5
        + external repository centos7-updates: mode koji, priority 10
        + external repository centos7-os: mode koji, priority 15
        + parent buildsys7: priority 5
        + parent sclo7-rh-python34-rh-candidate: priority 10
        + group build: bash bzip2 coreutils cpio diffutils findutils gawk gcc gcc-c++ grep gzip info make patch redhat-rpm-config redhat-release rpm-build sed shadow-utils tar unzip util-linux which xz buildsys-macros-el7 scl-utils-build rh-python34-build
        + group srpm-build: bash bzip2 coreutils cpio diffutils findutils gawk gcc gcc-c++ grep gzip info make patch redhat-rpm-config redhat-release rpm-build sed shadow-utils tar unzip util-linux which xz buildsys-macros-el7 scl-utils-build rh-python34-build

      target sclo7-rh-python34-rh-el7
        + builds in sclo7-rh-python34-rh-el7-build for sclo7-rh-python34-rh-candidate

      20 to create, 0 to change, 0 to remove, 0 as they should be."
    `);
  });

  it('has the calls of the worked example, some of them together', () => {
    const { steps, unchanged, findings, requests } = plan(EMPTY);
    const count = (kind: string) => steps.filter((step) => step.kind === kind).length;
    expect(
      ['tag', 'external-repo', 'inheritance', 'group', 'package', 'target'].map(count),
    ).toEqual([4, 3, 1, 2, 9, 1]);
    expect([unchanged, findings, requests]).toEqual([[], [], []]);
    expect(new Set(steps.map(({ needs }) => needs))).toEqual(
      new Set(['tag', 'package_list', 'target']),
    );
  });
});

describe('the plan of what is there', () => {
  it('has no steps', () => {
    const again = plan(DONE.hub, DONE);
    expect(again.steps).toEqual([]);
    expect(planText(again)).toMatch(/^Nothing to do, \d+ as they should be\.$/);
    expect(new Set(again.unchanged)).toEqual(DONE.ours);
  });

  it('puts back what somebody took away', () => {
    const tag = DONE.hub.tags.get(BUILD);
    const inheritance = tag?.inheritance.filter(({ parent }) => parent !== CANDIDATE) ?? [];
    const broken = withTag(DONE.hub, BUILD, { inheritance });
    const { steps } = plan(broken, DONE);
    expect(steps).toMatchObject([
      {
        kind: 'inheritance',
        action: 'change',
        set: [{ parent: CANDIDATE, priority: 10 }],
        remove: [],
      },
    ]);
  });

  it('leaves an edge that a person added, and takes the next number beside it', () => {
    const edge = { maxdepth: null, intransitive: false, noconfig: false, pkgFilter: '' };
    const inheritance = [
      ...(DONE.hub.tags.get(BUILD)?.inheritance ?? []),
      { parent: 'epel7-extras', priority: 25, ...edge },
    ];
    const hub = withTag(DONE.hub, BUILD, { inheritance });
    const desired = [
      wanted(factsOf('rh-python34', { depends: [{ on: subjectOf('httpd24'), level: 'release' }] })),
    ];
    const parents = new Map([...hub.parents, ['sclo7-httpd24-rh-release', true]]);
    const found = plan({ ...hub, parents }, DONE, desired);
    expect(found.steps).toMatchObject([
      { kind: 'inheritance', set: [{ parent: 'sclo7-httpd24-rh-release', priority: 26 }] },
    ]);
    const id = `tag ${BUILD} parent epel7-extras`;
    expect(kinds(found)).toContain(`foreign: ${id}`);
    expect(planText(found)).toContain(`name it: --overwrite '${id}'`);
    const named = plan({ ...hub, parents }, { ...DONE, named: [id] }, desired);
    expect(named.steps).toMatchObject([
      { set: [{ parent: 'sclo7-httpd24-rh-release', priority: 25 }], remove: ['epel7-extras'] },
    ]);
  });

  it('keeps what a person set by hand on a tag that we did not make, until it is named', () => {
    const hub = withTag(DONE.hub, BUILD, {
      arches: ['ppc64'],
      extra: { ...DONE.hub.tags.get(BUILD)?.extra, 'mock.new_chroot': 1, 'rpm.macro.own': 'x' },
    });
    const ids = ['arches', 'extra mock.new_chroot', 'extra rpm.macro.own'].map(
      (what) => `tag ${BUILD} ${what}`,
    );
    const found = plan(hub);
    expect(found.steps).toEqual([]);
    expect(kinds(found)).toEqual([
      `differs: ${ids[0]}`,
      `differs: ${ids[1]}`,
      `foreign: ${ids[2]}`,
    ]);
    expect(plan(hub, { named: ids }).steps).toMatchObject([
      {
        kind: 'tag',
        action: 'change',
        before: { arches: ['ppc64'], extra: { 'mock.new_chroot': 1, 'rpm.macro.own': 'x' } },
        after: { arches: ['x86_64'], extra: { 'mock.new_chroot': 0 } },
        set: {
          arches: ['x86_64'],
          extra: { 'mock.new_chroot': 0 },
          removeExtra: ['rpm.macro.own'],
        },
      },
    ]);
  });

  it('never changes an owner, or lifts a lock or a block, until it is named', () => {
    const packages = DONE.hub.tags.get(CANDIDATE)?.packages ?? [];
    const hub = withTag(DONE.hub, CANDIDATE, {
      locked: true,
      packages: packages.map(({ package: name, owner }, index) => ({
        package: name,
        owner: index === 0 ? 'carol' : owner,
        blocked: index === 1,
      })),
    });
    const ids = [
      `tag ${CANDIDATE} lock`,
      `tag ${CANDIDATE} package rh-python34`,
      `tag ${CANDIDATE} package rh-python34-python block`,
    ];
    const found = plan(hub, DONE);
    expect(found.steps).toEqual([]);
    expect(kinds(found)).toEqual([`locked: ${ids[0]}`, `owner: ${ids[1]}`, `blocked: ${ids[2]}`]);
    expect(plan(hub, { ...DONE, named: ids }).steps).toMatchObject([
      { kind: 'tag', set: { locked: false } },
      { package: 'rh-python34', before: { owner: 'carol' }, after: { owner: 'sclo' } },
      { package: 'rh-python34-python', after: { blocked: false } },
    ]);
  });

  it('leaves a target that builds elsewhere, unless we made it', () => {
    const [target] = DONE.hub.targets.keys();
    const elsewhere = { buildTag: BUILD, destTag: 'theirs' };
    const hub = { ...DONE.hub, targets: new Map([[target ?? '', elsewhere]]) };
    expect(plan(hub).steps).toEqual([]);
    expect(kinds(plan(hub))).toEqual(['differs: target sclo7-rh-python34-rh-el7']);
    expect(plan(hub, DONE).steps).toMatchObject([
      { kind: 'target', action: 'change', before: elsewhere, after: { destTag: CANDIDATE } },
    ]);
  });

  it('shows names that could be taken for more than names as what they are', () => {
    const groups = DONE.hub.tags.get(BUILD)?.groups.map(({ group, blocked, packages }) => ({
      group,
      blocked,
      packages: [...packages, { package: "$(reboot)'\n  - vim", blocked: false }],
    }));
    const text = planText(plan(withTag(DONE.hub, BUILD, { groups }), DONE));
    expect(text).toContain(`--overwrite 'tag ${BUILD} group build package $(reboot)'\\''?  - vim'`);
    expect(text).not.toMatch(/^ {2}-/m);
  });

  it('swaps the priorities of repositories without a moment of two with one', () => {
    const found = DONE.hub.tags.get(BUILD)?.externalRepos ?? [];
    const round = found.map(({ repo, mode, arches }, index) => ({
      repo,
      mode,
      arches,
      priority: found[(index + 1) % found.length]?.priority ?? 0,
    }));
    const hub = withTag(DONE.hub, BUILD, { externalRepos: round });
    const { steps } = plan(hub, DONE);
    expect(steps.map(({ action }) => action)).toEqual(['remove', 'change', 'change', 'create']);
    const after = applyPlan(hub, { ...plan(hub, DONE) }, DONE.ours);
    expect(plan(after.hub, after).steps).toEqual([]);
    expect(new Set(plan(after.hub, after).unchanged)).toEqual(DONE.ours);
  });
});

describe('what is missing on the hub', () => {
  const commands = ({ requests }: Plan) => requests.flatMap((one) => one.commands);

  it('is asked of an admin with the commands to run, and the rest goes on', () => {
    const hub: HubState = {
      ...EMPTY,
      externalRepos: new Map([...EMPTY.externalRepos, ['centos7-os', null]]),
      users: new Map([['sclo', null]]),
      parents: new Map([...EMPTY.parents, ['buildsys7', false]]),
    };
    const found = plan(hub);
    expect(commands(found)).toEqual([
      "koji add-external-repo centos7-os 'https://vault.centos.org/7.9.2009/os/$arch/'",
      'koji add-tag --arches "x86_64" buildsys7',
      'koji add-user sclo',
    ]);
    expect(kinds(found)).toEqual([`missing-parent: tag ${BUILD} parent buildsys7`]);
    const { hub: after, ours } = applyPlan(hub, found);
    const done: HubState = { ...EMPTY, tags: after.tags, targets: after.targets };
    const rest = plan(done, { ours });
    expect(rest.steps.map(({ kind }) => kind)).toEqual([
      'external-repo',
      'inheritance',
      ...Array(9).fill('package'),
    ]);
    expect(commands(rest)).toEqual([]);
  });

  it('makes no level tag that would be open to everybody', () => {
    const found = plan({ ...EMPTY, permissions: new Set(['tag', 'target']) });
    expect(commands(found)).toEqual(['koji grant-permission --new build-sclo sclo distgit']);
    expect(found.steps.map((step) => ('tag' in step ? step.tag : step.target))).toEqual(
      found.steps.map(() => BUILD),
    );
    expect(found.requests[0]?.blocks).toContain('target sclo7-rh-python34-rh-el7');
    expect(found.requests[0]?.blocks).toContain(`tag ${BUILD} parent ${CANDIDATE}`);
  });

  it.each([
    [['target'], 'tag', 0],
    [['tag'], 'target', 19],
    [[], 'tag', 0],
    [['admin'], null, 20],
  ])('with permissions %j: asks for %s', (permissions, asked, steps) => {
    const account = { user: 'distgit', permissions: new Set<string>(permissions) };
    const found = plan({ ...EMPTY, account });
    expect(commands(found)).toEqual(
      asked === null ? [] : [`koji grant-permission ${asked} distgit`],
    );
    expect(found.steps).toHaveLength(steps);
  });

  it('has no command where nobody knows the URL', () => {
    const nine = wanted(factsOf('python33', { release: '9' }));
    const hub = emptyHub(hubQuestions([nine]));
    const repos = new Map([...hub.externalRepos.keys()].map((repo) => [repo, null]));
    const { requests } = plan({ ...hub, externalRepos: repos }, {}, [nine]);
    expect(requests.map(({ message }) => message)).toEqual(
      ['baseos', 'appstream', 'crb'].map(
        (part) =>
          `The hub has no external repository rhel9-${part}, and the configuration has no URL for it.`,
      ),
    );
    expect(requests.flatMap((one) => one.commands)).toEqual([]);
  });

  it('waits for the collection that it depends on, be it in a circle', () => {
    const [maven, java] = [
      factsOf('maven30', { depends: [{ on: subjectOf('rh-java-common'), level: 'candidate' }] }),
      factsOf('rh-java-common', { depends: [{ on: subjectOf('maven30'), level: 'candidate' }] }),
    ].map((facts) => wanted(facts));
    if (maven === undefined || java === undefined) throw new Error('two');
    const hub = emptyHub(hubQuestions([maven]));
    const alone = plan(hub, {}, [maven]);
    expect(alone.findings).toMatchObject([
      {
        kind: 'missing-parent',
        remedy: 'Set up collection rh-java-common first; then this plan goes on.',
      },
    ]);
    const both = emptyHub(hubQuestions([maven, java]));
    const together = plan(both, {}, [maven, java]);
    expect(together.findings).toEqual([]);
    expect(plan(applyPlan(both, together).hub, {}, [maven, java]).steps).toEqual([]);
  });

  it('is never guessed: what was not read is an error', () => {
    expect(() => plan({ ...EMPTY, tags: new Map() })).toThrow(/was not read/);
    expect(() => plan({ ...EMPTY, parents: new Map() })).toThrow(/was not looked for/);
    expect(() => plan({ ...EMPTY, targets: new Map() })).toThrow(/was not read/);
    expect(() => plan({ ...EMPTY, users: new Map() })).toThrow(/was not read/);
    expect(() => plan({ ...EMPTY, externalRepos: new Map() })).toThrow(/was not read/);
  });
});

describe('the end', () => {
  it('of a component blocks its package in the three level tags, and can be taken back', () => {
    const end = (retired: boolean) => [
      wanted(
        factsOf('rh-python34', {
          components: ['python-meta', 'python', 'python-setuptools'].map((name, index) => ({
            name: component(name),
            retired: retired && index === 1,
          })),
        }),
      ),
    ];
    const found = plan(DONE.hub, DONE, end(true));
    expect(found.steps).toHaveLength(3);
    for (const step of found.steps)
      expect(step).toMatchObject({
        kind: 'package',
        action: 'change',
        package: 'rh-python34-python',
        after: { owner: 'sclo', blocked: true },
      });
    const after = applyPlan(DONE.hub, found, DONE.ours);
    const back = plan(after.hub, after, end(false));
    expect(back.findings).toEqual([]);
    expect(back.steps.map(({ drops }) => drops.length)).toEqual([1, 1, 1]);
  });

  it('of a collection locks its tags, and makes none that are not there', () => {
    const closed = [wanted(factsOf('rh-python34', { components: [], closed: true }))];
    const hub = withTag(DONE.hub, CANDIDATE, { locked: true });
    const found = plan(hub, DONE, closed);
    expect(found.steps.map((step) => ('set' in step ? step.set : step))).toEqual([
      { locked: true },
      { locked: true },
      { locked: true },
    ]);
    expect(plan(EMPTY, {}, closed)).toEqual({
      steps: [],
      findings: [],
      requests: [],
      unchanged: [],
    });
  });
});
