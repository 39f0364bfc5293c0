import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { parseSclName } from '../../core/domain/collection.ts';
import { KOJI_NAME_TEMPLATES } from '../../core/domain/koji-names.ts';
import { CBS_PROFILES } from '../../core/koji/cbs-profiles.ts';
import { desiredState, type ReleaseFacts } from '../../core/koji/desire.ts';
import { hubQuestions } from '../../core/koji/desired-state.ts';
import { planKoji } from '../../core/koji/plan-koji.ts';
import { thing } from '../../core/koji/things.ts';
import { numberIn } from '../../server/koji/answer-parts.ts';
import { type Applied, applyPlan, type MadeThings } from '../../server/koji/apply-plan.ts';
import type { Hub } from '../../server/koji/hub.ts';
import { readHub } from '../../server/koji/read-hub.ts';
import { keywords } from '../../server/koji/xmlrpc-encode.ts';
import type { XmlRpcValue } from '../../server/koji/xmlrpc-value.ts';
import { collection, component, sig } from '../core/support/names.ts';
import { type HubCertificates, hubCertificates } from '../support/koji-hub/certificates.ts';
import { type HubAccounts, REAL_HUB_URL, realHub } from '../support/koji-hub/real-hub.ts';
import { prepareForSclo, standIn } from '../support/koji-hub/site.ts';
import type { HubFailure } from '../support/koji-hub.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let certificates: HubCertificates;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  certificates = await hubCertificates(folder.path, ['distgit', 'kojiadmin']);
}, 300_000);
afterAll(() => folder[Symbol.asyncDispose]());

/** A collection that no test before had: a real hub never forgets. */
function newCollection(more: Partial<ReleaseFacts> = {}): ReleaseFacts {
  const name = `t${randomBytes(5).toString('hex')}`;
  return {
    sig: sig('sclo'),
    vendor: 'rh',
    collection: collection(name),
    release: '7',
    sclName: parseSclName(name),
    components: ['python-meta', 'python', 'python-setuptools'].map((one) => ({
      name: component(one),
      retired: false,
    })),
    depends: [],
    inheritTesting: false,
    closed: false,
    ...more,
  };
}

const NAMES = KOJI_NAME_TEMPLATES.cbs;
const desiredOf = (facts: ReleaseFacts) =>
  desiredState(facts, { names: NAMES, profile: CBS_PROFILES[facts.release], owner: 'sclo' });

/** What is remembered, as a database does it. */
class Memory implements MadeThings {
  readonly rows = new Map<string, boolean>();
  load = async () => [...this.rows].map(([one, sure]) => ({ thing: one, sure }));
  begin = async (things: readonly string[]) => {
    for (const one of things) if (!this.rows.has(one)) this.rows.set(one, false);
  };
  confirm = async (things: readonly string[]) => {
    for (const one of things) this.rows.set(one, true);
  };
  abandon = async (things: readonly string[]) => {
    for (const one of things) if (this.rows.get(one) === false) this.rows.delete(one);
  };
  forget = async (things: readonly string[]) => {
    for (const one of things) this.rows.delete(one);
  };
}

const apply = (
  hub: Hub,
  facts: ReleaseFacts,
  things: MadeThings,
  named: readonly string[] = [],
): Promise<Applied> => {
  const desired = [desiredOf(facts)];
  return applyPlan({
    hub,
    questions: hubQuestions(desired),
    things,
    plan: (state, ours) => planKoji(desired, state, { ours, named: new Set(named) }),
  });
};

const HUBS = ['the stand-in', ...(REAL_HUB_URL === null ? [] : ['a real hub'])];

describe.each(HUBS)('a plan is done at %s', (name) => {
  let accounts: HubAccounts;
  let server: Hub;
  let close: () => PromiseLike<void>;
  beforeAll(async () => {
    if (name === 'the stand-in') {
      const opened = await standIn(certificates);
      [accounts, close] = [opened, () => opened[Symbol.asyncDispose]()];
    } else {
      const opened = realHub();
      accounts = opened;
      close = async () => {
        await Promise.all([opened.admin.close(), opened.server.close()]);
      };
    }
    server = accounts.server;
    await prepareForSclo(accounts.admin);
  }, 300_000);
  afterAll(() => close());

  /** As an admin of the hub, by hand. */
  const byHand = (method: string, ...params: readonly XmlRpcValue[]) =>
    accounts.admin.write(method, ...params);
  const namesOf = (facts: ReleaseFacts) => NAMES(facts);

  it('as a whole, and a second time there is nothing to do', async () => {
    const facts = newCollection();
    const memory = new Memory();
    const first = await apply(server, facts, memory);
    expect([first.rest.steps, first.rest.findings, first.rest.requests]).toEqual([[], [], []]);
    expect(first.done).toHaveLength(4 + 3 + 1 + 2 + 9 + 1);
    expect([...memory.rows.values()].every((sure) => sure)).toBe(true);
    const { buildTag, target, levels } = namesOf(facts);
    expect(await server.read('getBuildTarget', target)).toMatchObject({
      build_tag_name: buildTag,
      dest_tag_name: levels.candidate,
    });
    expect(await server.read('getInheritanceData', buildTag)).toMatchObject([
      { name: 'buildsys7', priority: 5 },
      { name: levels.candidate, priority: 10 },
    ]);
    expect(await server.read('getTag', levels.testing)).toMatchObject({ perm: 'build-sclo' });
    const again = await apply(server, facts, memory);
    expect([again.done, again.rest.steps, again.rest.findings]).toEqual([[], [], []]);
  });

  it('where an edge is gone, a package is new and another retired', async () => {
    const facts = newCollection();
    const memory = new Memory();
    await apply(server, facts, memory);
    const { buildTag, levels } = namesOf(facts);
    const id = numberIn(await server.read('getTag', levels.candidate), 'id');
    await byHand('setInheritanceData', buildTag, [{ parent_id: id, 'delete link': true }]);
    const components = [
      ...facts.components.filter(({ name: one }) => one !== 'python'),
      { name: component('python'), retired: true },
      { name: component('python-pip'), retired: false },
    ];
    const changed = { ...facts, components };
    const applied = await apply(server, changed, memory);
    expect([applied.rest.steps, applied.rest.findings]).toEqual([[], []]);
    expect(applied.done.map(({ kind, action }) => `${action} ${kind}`).toSorted()).toEqual([
      'change inheritance',
      ...Array.from({ length: 3 }, () => 'change package'),
      ...Array.from({ length: 3 }, () => 'create package'),
    ]);
    expect((await apply(server, changed, memory)).done).toEqual([]);
  });

  it('without what somebody else made, until that is named', async () => {
    const facts = newCollection();
    const memory = new Memory();
    const { buildTag, levels, target } = namesOf(facts);
    await byHand('createTag', buildTag, keywords({ arches: 's390x', extra: { 'x.y': 1 } }));
    await byHand('createTag', levels.candidate);
    await byHand('createBuildTarget', target, buildTag, buildTag);
    const first = await apply(server, facts, memory);
    expect(first.rest.steps).toEqual([]);
    expect(first.rest.findings.map((one) => one.thing).toSorted()).toEqual(
      [thing.arches(buildTag), thing.extra(buildTag, 'x.y'), thing.target(target)].toSorted(),
    );
    expect(await server.read('getTag', buildTag)).toMatchObject({ arches: 's390x' });
    const named = [thing.arches(buildTag), thing.target(target)];
    const second = await apply(server, facts, memory, named);
    expect(second.rest.findings.map((one) => one.thing)).toEqual([thing.extra(buildTag, 'x.y')]);
    expect(await server.read('getTag', buildTag)).toMatchObject({ arches: 'x86_64' });
    expect(await server.read('getBuildTarget', target)).toMatchObject({
      dest_tag_name: levels.candidate,
    });
  });

  it('when two collections depend on each other', async () => {
    const [a, b] = [newCollection(), newCollection()];
    const both = [
      { ...a, depends: [{ on: b, level: 'candidate' as const }] },
      { ...b, depends: [{ on: a, level: 'release' as const }] },
    ] as const;
    const [of, other] = [new Memory(), new Memory()];
    const first = await apply(server, both[0], of);
    expect(first.rest.findings.map(({ kind }) => kind)).toEqual(['missing-parent']);
    expect((await apply(server, both[1], other)).rest.findings).toEqual([]);
    expect((await apply(server, both[0], of)).rest.findings).toEqual([]);
    expect(await server.read('getInheritanceData', namesOf(a).buildTag)).toMatchObject([
      {},
      {},
      { name: namesOf(b).levels.candidate, priority: 25 },
    ]);
  });
});

describe('at a hub that is not as it should be', () => {
  let opened: Awaited<ReturnType<typeof standIn>>;
  let server: Hub;
  beforeEach(async () => {
    opened = await standIn(certificates);
    server = opened.server;
    await prepareForSclo(opened.admin);
    opened.hub.seen.length = 0;
  });
  afterEach(() => opened[Symbol.asyncDispose]());
  const posts = () => opened.hub.seen.map(({ method }) => method.split(' ')[0]);
  const events = () => opened.hub.state.store.lastEvent;

  it('a new collection takes five requests, one that is there three, and no event', async () => {
    const facts = newCollection();
    const memory = new Memory();
    await apply(server, facts, memory);
    await server.close();
    expect(posts()).toEqual(['sslLogin', 'multiCall', 'multiCall', 'multiCall', 'logout']);
    const before = events();
    await apply(opened.admin, facts, memory);
    expect(events()).toBe(before);
  });

  it('what needs an admin is asked for, and goes on when it was done', async () => {
    const { state } = opened.hub;
    const facts = newCollection({ release: '6' });
    const memory = new Memory();
    const first = await apply(server, facts, memory);
    expect(first.rest.requests.map(({ commands }) => commands.join())).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^koji add-external-repo centos6-os 'https:/),
        expect.stringMatching(/^koji add-tag --arches ".*x86_64.*" buildsys6$/),
      ]),
    );
    state.as('kojiadmin', 'createTag', 'buildsys6');
    for (const part of ['os', 'updates', 'extras'])
      state.as('kojiadmin', 'createExternalRepo', `centos6-${part}`, 'http://example.org/');
    const second = await apply(server, facts, memory);
    expect([second.rest.steps, second.rest.findings, second.rest.requests]).toEqual([[], [], []]);
    expect(second.done.map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 3 }, () => 'external-repo'),
      'inheritance',
    ]);
  });

  it('what Koji refuses is told in its words, and the rest is done', async () => {
    const { state } = opened.hub;
    const facts = newCollection();
    const { target } = NAMES(facts);
    // The permission goes between the reading and the writing.
    const things = new Memory();
    const begin = things.begin;
    things.begin = async (made) => {
      await begin(made);
      if (things.rows.has(thing.target(target)))
        state.as('kojiadmin', 'revokePermission', 'distgit', 'target');
    };
    const applied = await apply(server, facts, things);
    expect(applied.rest.requests).toMatchObject([
      { commands: ['koji grant-permission target distgit'] },
    ]);
    expect([...applied.faults]).toEqual([]);
    expect(applied.done).toHaveLength(19);
    expect(things.rows.has(thing.target(target))).toBe(false);
  });

  it('a policy of Koji that refuses packages is told in its words', async () => {
    const facts = newCollection();
    opened.hub.state.store.packageRefusal = 'Only releng may list packages';
    const memory = new Memory();
    const applied = await apply(server, facts, memory);
    expect(applied.rest.steps.map(({ kind }) => kind)).toEqual(
      Array.from({ length: 9 }, () => 'package'),
    );
    expect(new Set([...applied.faults.values()].map(({ words }) => words))).toEqual(
      new Set(['policy violation (package_list): Only releng may list packages']),
    );
    expect(
      [...memory.rows].filter(([one]) => one.includes(' package ') && !one.includes('group')),
    ).toEqual([]);
    opened.hub.state.store.packageRefusal = null;
    expect((await apply(server, facts, memory)).rest.steps).toEqual([]);
  });

  it('what another makes at the same time is taken for there, and not for ours', async () => {
    const { state } = opened.hub;
    const facts = newCollection();
    const { levels, target, buildTag } = NAMES(facts);
    const things = new Memory();
    const begin = things.begin;
    let isFirst = true;
    things.begin = async (made) => {
      await begin(made);
      if (isFirst) state.as('kojiadmin', 'createTag', levels.testing);
      if (isFirst) state.as('kojiadmin', 'createTag', buildTag, keywords({ arches: 's390x' }));
      if (isFirst) state.as('kojiadmin', 'createBuildTarget', target, buildTag, buildTag);
      isFirst = false;
    };
    const applied = await apply(server, facts, things);
    expect(applied.rest.steps).toEqual([]);
    expect(applied.rest.findings.map((one) => one.thing).toSorted()).toEqual(
      [thing.arches(buildTag), thing.target(target)].toSorted(),
    );
    expect(state.as('kojiadmin', 'getBuildTarget', target)).toMatchObject({
      dest_tag_name: buildTag,
    });
    expect(
      [thing.tag(buildTag), thing.target(target)].filter((one) => things.rows.has(one)),
    ).toEqual([]);
    expect(things.rows.has(thing.tag(levels.candidate))).toBe(true);
  });

  const passing: readonly HubFailure[] = [
    'offline',
    'bad-gateway',
    'bad-gateway-after',
    'lost-request',
    'lost-answer',
    'half-answer',
    'restart',
    'expired',
  ];
  it.each(passing)(
    'a %s in the middle of each write changes nothing of the end',
    async (failure) => {
      const facts = newCollection();
      const memory = new Memory();
      opened.hub.fail(/createTag/, failure);
      opened.hub.fail(/setInheritanceData/, failure);
      const applied = await apply(server, facts, memory).catch((error: unknown) => {
        // Where it can not be told whether it was done, that is said, and asking again is safe.
        if (!(error instanceof DistGitError) || error.code !== 'unavailable') throw error;
        return apply(server, facts, memory);
      });
      expect([applied.rest.steps, applied.rest.findings]).toEqual([[], []]);
      expect([...memory.rows.values()].every((sure) => sure)).toBe(true);
      const desired = [desiredOf(facts)];
      const { state } = await readHub(server, hubQuestions(desired));
      const ours = new Set(memory.rows.keys());
      const plan = planKoji(desired, state, { ours, named: new Set() });
      expect([plan.steps, plan.findings]).toEqual([[], []]);
      expect(new Set(plan.unchanged)).toEqual(ours);
    },
  );

  it('a run that never came back is not taken for done, nor what is there for foreign', async () => {
    const facts = newCollection();
    const memory = new Memory();
    opened.hub.fail(/setInheritanceData/, 'late', 'late', 'late', 'late');
    const error: unknown = await apply(server, facts, memory).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unavailable' });
    expect([...memory.rows.values()]).toContain(false);
    const applied = await apply(server, facts, memory);
    opened.hub.deliver();
    expect([applied.rest.steps, applied.rest.findings]).toEqual([[], []]);
    expect([...memory.rows.values()].every((sure) => sure)).toBe(true);
    expect((await apply(server, facts, memory)).done).toEqual([]);
  });
});
