import { describe, expect, it } from 'vitest';
import { type PushedSpec, pushedSpec } from '../../../core/pushes/pushed-spec.ts';
import { SpecReadings } from '../../../core/pushes/spec-readings.ts';
import { memoryObjects } from '../support/memory-objects.ts';
import { PYTHON33, PYTHON34, pushFacts, SPEC } from '../support/push-facts.ts';

const reading = (text: string): PushedSpec => ({
  text,
  spec: null,
  problem: 'Line 1: x',
  tooMuch: false,
});

describe('the readings of specs that are kept', () => {
  it('are those that were used last, and no more than the limit says', () => {
    const one = reading('a'.repeat(1000));
    const readings = new SpecReadings(3500);
    for (const key of ['1', '2', '3']) readings.keep(key, one, 1000);
    expect(readings.find('1')).toMatchObject({ read: one, bytes: 1000 });
    readings.keep('4', one, 1000);
    const kept = (): string[] => ['1', '2', '3', '4', '5', '6'].filter((key) => readings.find(key));
    expect(kept()).toEqual(['1', '3', '4']);
    // The same again takes no more room.
    for (let times = 0; times < 5; times++) readings.keep('4', one, 1000);
    expect(kept()).toEqual(['1', '3', '4']);
    readings.keep('5', reading('a'.repeat(2000)), 2000);
    expect(kept()).toEqual(['4', '5']);
  });

  it('are none that would push out all others', () => {
    const readings = new SpecReadings();
    readings.keep('large', reading('a'.repeat(3 * 1024 * 1024)), 1);
    expect(readings.find('large')).toBeNull();
  });
});

describe('a spec that an earlier push brought', () => {
  const push = (maxFileSize = 1000) => {
    const objects = memoryObjects();
    const commit = objects.addCommit({ 'python.spec': `${SPEC}kept\n`, sources: '' });
    return { facts: pushFacts({ objects, updates: [], maxFileSize }), commit, objects };
  };
  const bytes = Buffer.byteLength(`${SPEC}kept\n`);

  it('is not read again', async () => {
    const [first, second] = [push(), push()];
    const read = await pushedSpec(first.facts, PYTHON33, first.commit);
    expect(read?.spec?.version.raw).toBe('3.3.2');
    expect(first.objects.reads).toHaveLength(2);
    expect(await pushedSpec(second.facts, PYTHON33, second.commit)).toBe(read);
    // Its tree only.
    expect(second.objects.reads).toHaveLength(1);
  });

  it('is read for each branch by itself', async () => {
    const { facts, commit } = push();
    const names = [];
    for (const branch of [PYTHON33, PYTHON34, { ...PYTHON33, release: PYTHON34.release }])
      names.push((await pushedSpec(facts, branch, commit))?.spec?.name.value);
    expect(names).toEqual([
      { known: true, text: 'python33-python' },
      { known: true, text: 'rh-python34-python' },
      { known: true, text: 'python33-python' },
    ]);
  });

  it('is read, and not kept, where one line names more packages than anybody needs', async () => {
    const names = Array.from({ length: 20_000 }, (_, n) => `a${n}`).join(' ');
    const objects = memoryObjects();
    const text = SPEC.replace(/^Name:/m, `BuildRequires: ${names}\nName:`);
    const commit = objects.addCommit({ 'python.spec': text, sources: '' });
    for (let times = 0; times < 2; times++) {
      const facts = pushFacts({ objects, updates: [], maxFileSize: 1_000_000 });
      const read = await pushedSpec(facts, PYTHON33, commit);
      expect(read?.problem).toBeNull();
      expect(read?.spec?.buildRequires.length).toBeGreaterThanOrEqual(20_000);
    }
    // Its tree, its size and its content, each time.
    expect(objects.reads).toHaveLength(4);
  });

  it('is too large where less is allowed now', async () => {
    const before = push(bytes);
    expect((await pushedSpec(before.facts, PYTHON33, before.commit))?.text).not.toBeNull();
    const now = push(bytes - 1);
    expect(await pushedSpec(now.facts, PYTHON33, now.commit)).toEqual({
      text: null,
      spec: null,
      problem: 'it is too large',
      tooMuch: true,
    });
  });
});
