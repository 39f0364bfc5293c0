import { describe, expect, it } from 'vitest';
import { checkPush, isRefused, type PolicyLevels } from '../../../core/pushes/check-push.ts';
import { STRICT } from '../support/findings.ts';
import { type Files, memoryObjects } from '../support/memory-objects.ts';
import {
  created,
  GOOD,
  ON_PYTHON33,
  ON_PYTHON34,
  pushFacts,
  pushOf,
  pushOnto,
} from '../support/push-facts.ts';

/** Pushes one commit to one ref after the other; the refs move as the pushes are accepted. */
async function inTurn(files: Files, refs: readonly string[], levels: PolicyLevels) {
  const objects = memoryObjects();
  const newOid = objects.addCommit(files);
  const accepted: string[] = [];
  for (const ref of refs) {
    const facts = pushFacts({ objects, updates: [created(ref, newOid)] });
    if (isRefused(await checkPush(facts, levels))) continue;
    objects.refs.set(ref, newOid);
    accepted.push(ref);
  }
  return accepted;
}

const HIDDEN: [string, Files][] = [
  ['a binary file', { ...GOOD, 'a.bin': '\0' }],
  ['a large file', { ...GOOD, 'a.txt': 'x'.repeat(1001) }],
  ['a symlink', { ...GOOD, link: { symlink: '/etc/passwd' } }],
  ['a submodule', { ...GOOD, module: { submodule: 'c'.repeat(40) } }],
];

describe('there is no way round the content checks', () => {
  it.each(HIDDEN)('for %s that goes straight to a branch', async (_, files) => {
    expect(await inTurn(files, [ON_PYTHON33], STRICT)).toEqual([]);
  });

  it.each(HIDDEN)('for %s that a tag brought in first', async (_, files) => {
    expect(await inTurn(files, ['refs/tags/v1', ON_PYTHON33], STRICT)).not.toContain(ON_PYTHON33);
  });

  it.each(HIDDEN)('for %s that the branch of a lenient SIG brought in first', async (_, files) => {
    const lenient = { 'text-files': 'warning', 'regular-files': 'warning' } as const;
    const levels: PolicyLevels = { default: {}, sigs: { core: lenient } };
    expect(await inTurn(files, [ON_PYTHON33, ON_PYTHON34], levels)).toEqual([ON_PYTHON33]);
  });
});

describe('a file that is too large to be read is not passed over', () => {
  const lenient: PolicyLevels = { default: { 'text-files': 'warning' }, sigs: {} };
  const missing = `SHA512 (a.tar) = ${'a1'.repeat(64)}\n`;
  const padding = '\n'.repeat(1000);
  const PADDED: [string, Files][] = [
    ['sources', { ...GOOD, sources: missing + padding }],
    ['python.spec', { ...GOOD, 'python.spec': `Name: perl\n${padding}` }],
  ];

  it.each(PADDED)('where its size is a warning only: %s', async (_, files) => {
    expect(isRefused(await checkPush(pushOf(files), lenient))).toBe(true);
  });

  it.each(PADDED)('where the branch has it already: %s', async (_, files) => {
    const facts = pushOnto(files, { ...files, 'a.patch': 'x' });
    expect(isRefused(await checkPush(facts, STRICT))).toBe(true);
  });
});
