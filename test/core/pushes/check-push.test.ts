import { describe, expect, it } from 'vitest';
import {
  ADJUSTABLE_POLICIES,
  checkPush,
  isRefused,
  PUSH_POLICIES,
  policyLevel,
} from '../../../core/pushes/check-push.ts';
import { NULL_OID } from '../../../core/pushes/push-facts.ts';
import { finding, STRICT, summary } from '../support/findings.ts';
import { memoryObjects } from '../support/memory-objects.ts';
import { sig } from '../support/names.ts';
import {
  created,
  deleted,
  GOOD,
  ON_PYTHON33,
  ON_PYTHON34,
  pushFacts,
  pushOf,
  pushOnto,
  REFUSED,
  SPEC,
} from '../support/push-facts.ts';

const BAD = { 'perl.spec': 'x', sources: 'x', 'dir/a': 'x', 'a.bin': '\0', l: { symlink: 'x' } };

const ADJUSTABLE = PUSH_POLICIES.filter(({ fixed }) => !fixed);

describe('the push policies', () => {
  it('are these, in this order', () => {
    expect(PUSH_POLICIES.map(({ name }) => name)).toEqual([
      'branch-provisioned',
      'permission',
      'branch-open',
      'forward-only',
      'tag-on-branch',
      'flat-tree',
      'regular-files',
      'spec-file',
      'spec-syntax',
      'spec-sources',
      'spec-nvr',
      'sources-in-lookaside',
      'text-files',
    ]);
  });

  it('of content can be adjusted, the others can not', () => {
    expect(ADJUSTABLE_POLICIES).toEqual([
      'flat-tree',
      'regular-files',
      'spec-file',
      'spec-syntax',
      'spec-sources',
      'spec-nvr',
      'sources-in-lookaside',
      'text-files',
    ]);
  });

  it.each(PUSH_POLICIES)('$name finds nothing in a good push', async (policy) => {
    expect(await policy.check(pushOf(GOOD))).toEqual([]);
    const raised = { ...GOOD, 'python.spec': SPEC.replace('Release: 1', 'Release: 2') };
    expect(await policy.check(pushOnto(GOOD, { ...raised, 'a.patch': 'x' }))).toEqual([]);
    expect(await policy.check(pushFacts({ updates: [] }))).toEqual([]);
  });

  it.each(ADJUSTABLE)('$name says where, what and what to do', async (policy) => {
    const others = [
      await policy.check(pushOf({ ...BAD, 'python.spec': 'Foo: x\n' })),
      await policy.check(pushOf({ 'python.spec': SPEC.replace('Lic', 'Patch: x\nLic') })),
      await policy.check(pushOnto(GOOD, { ...GOOD, 'a.patch': 'x' })),
    ];
    const found = [...(await policy.check(pushOf(BAD))), ...others.flat()];
    expect(found.length).toBeGreaterThan(0);
    for (const { where, sig, problem, remedy } of found) {
      expect([where, sig]).toEqual(['scl-python33-el7', 'core']);
      expect([problem, remedy]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/\w/)]);
    }
  });

  it.each(ADJUSTABLE)('$name looks at nothing deleted or not provisioned', async (policy) => {
    const objects = memoryObjects();
    const bad = objects.addCommit(BAD);
    const updates = [deleted(ON_PYTHON33, bad), created('refs/heads/main', bad)];
    expect(await policy.check(pushFacts({ objects, updates }))).toEqual([]);
  });
});

describe('checking a push', () => {
  it('accepts a good one without a word', async () => {
    expect(await checkPush(pushOf(GOOD), STRICT)).toEqual([]);
  });

  it('tells all that is wrong at once, policy by policy', async () => {
    const objects = memoryObjects();
    const bad = objects.addCommit(BAD);
    const updates = [
      created(ON_PYTHON33, bad),
      created('refs/heads/main', bad),
      deleted('refs/tags/v1', bad),
    ];
    const facts = pushFacts({ objects, updates, decide: () => REFUSED });
    const reason = 'SIG core has not approved ann for python. [commit-approved]';
    expect(summary(await checkPush(facts, STRICT))).toEqual([
      'error branch-provisioned main: "main" is not a release branch',
      `error permission scl-python33-el7: ${reason}`,
      `error permission v1: ${reason}`,
      'error forward-only v1: tags can not be deleted',
      'error flat-tree scl-python33-el7: dir/ is a directory',
      'error regular-files scl-python33-el7: l is a symlink',
      'error spec-file scl-python33-el7: perl.spec is the spec of another component',
      'error spec-file scl-python33-el7: python.spec is missing',
      'error sources-in-lookaside scl-python33-el7: sources does not parse: line 1: "x" is not "SHA512 (file) = checksum"',
      `error text-files scl-python33-el7: a.bin in commit ${bad.slice(0, 10)} is binary`,
    ]);
  });

  it('waits for what several policies ask for at the same time', async () => {
    const source = `SHA512 (a.tar.xz) = ${'a'.repeat(128)}\n`;
    const facts = pushOf({ ...GOOD, sources: source, 'a.patch': 'x' });
    const entries = await facts.objects.tree(
      (await facts.objects.commit(facts.updates[0]?.newOid ?? '')).tree,
    );
    const patch = entries.find(({ name }) => name === 'a.patch')?.oid;
    // The look-aside cache answers when the content of the patch is asked for, by a later policy.
    const asked = Promise.withResolvers<boolean>();
    const blob = (oid: string) => {
      if (oid === patch) asked.resolve(true);
      return facts.objects.blob(oid);
    };
    const found = await checkPush(
      { ...facts, objects: { ...facts.objects, blob }, inLookaside: () => asked.promise },
      STRICT,
    );
    expect(found).toEqual([]);
  });

  it('refuses too many refs without looking further', async () => {
    const updates = ['a', 'b', 'c'].map((name) => created(`refs/tags/${name}`, 'f'.repeat(40)));
    const decide = () => {
      throw new Error('nobody asks');
    };
    const findings = await checkPush(pushFacts({ updates, maxRefs: 2, decide }), STRICT);
    expect(summary(findings)).toEqual([
      'error max-refs python: the push updates 3 refs; at most 2 are taken at once',
    ]);
    expect(isRefused(findings)).toBe(true);
  });

  it('takes as many refs as the limit says', async () => {
    const updates = ['a', 'b'].map((name) => created(`refs/tags/${name}`, 'f'.repeat(40)));
    const findings = await checkPush(pushFacts({ updates, maxRefs: 2 }), STRICT);
    expect(findings.map(({ policy }) => policy)).not.toContain('max-refs');
  });

  it('refuses, and does not break, where a spec or sources is a submodule', async () => {
    const module = { submodule: 'c'.repeat(40) };
    const findings = await checkPush(pushOf({ 'python.spec': module, sources: module }), STRICT);
    expect(isRefused(findings)).toBe(true);
  });

  it('refuses an update from nothing to nothing', async () => {
    const updates = [{ ref: ON_PYTHON33, oldOid: NULL_OID, newOid: NULL_OID }];
    expect(summary(await checkPush(pushFacts({ updates }), STRICT))).toEqual([
      'error forward-only scl-python33-el7: branches can not be deleted',
    ]);
  });
});

describe('the level of a policy', () => {
  const flatTree = PUSH_POLICIES.find(({ name }) => name === 'flat-tree');
  const core = sig('core');

  it("is the SIG's own, else everybody's, else error", () => {
    if (flatTree === undefined) throw new Error('flat-tree is gone');
    const soft = { default: { 'flat-tree': 'warning' }, sigs: {} } as const;
    const hard = { ...soft, sigs: { core: { 'flat-tree': 'error' } } } as const;
    expect(policyLevel(STRICT, flatTree, core)).toBe('error');
    expect(policyLevel(soft, flatTree, core)).toBe('warning');
    expect(policyLevel(hard, flatTree, core)).toBe('error');
    expect(policyLevel(hard, flatTree, sig('coreos'))).toBe('warning');
    expect(policyLevel(hard, flatTree, null)).toBe('warning');
  });

  it.each(PUSH_POLICIES.filter(({ fixed }) => fixed))('$name can not be lowered', (policy) => {
    const levels = {
      default: { [policy.name]: 'warning' },
      sigs: { core: { [policy.name]: 'warning' } },
    } as const;
    expect(policyLevel(levels, policy, core)).toBe('error');
    expect(policyLevel(levels, policy, null)).toBe('error');
  });

  it('counts for the branches of the SIG only', async () => {
    const objects = memoryObjects();
    const bad = objects.addCommit({ ...GOOD, 'dir/a': 'x' });
    const updates = [created(ON_PYTHON33, bad), created(ON_PYTHON34, bad)];
    const facts = pushFacts({ objects, updates });
    const softFor = (name: string) => ({
      default: {},
      sigs: { [name]: { 'flat-tree': 'warning' } } as const,
    });
    expect(summary(await checkPush(facts, softFor('core')))).toEqual([
      'warning flat-tree scl-python33-el7: dir/ is a directory',
      'error flat-tree scl-rh-python34-el7: dir/ is a directory',
    ]);
    expect(summary(await checkPush(facts, softFor('cor')))).toEqual([
      'error flat-tree scl-python33-el7: dir/ is a directory',
      'error flat-tree scl-rh-python34-el7: dir/ is a directory',
    ]);
  });
});

describe('a push is refused', () => {
  it('for one error among warnings, and not for warnings alone', () => {
    const warning = finding({ level: 'warning' });
    expect(isRefused([])).toBe(false);
    expect(isRefused([warning, warning])).toBe(false);
    expect(isRefused([warning, finding(), warning])).toBe(true);
  });
});
