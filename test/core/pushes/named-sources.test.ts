import { describe, expect, it } from 'vitest';
import { namedByCommits, namedSources } from '../../../core/pushes/named-sources.ts';
import { memoryObjects } from '../support/memory-objects.ts';
import {
  created,
  GOOD,
  ON_PYTHON33,
  ON_PYTHON34,
  pushFacts,
  pushOnto,
} from '../support/push-facts.ts';

const hash = (letter: string): string => letter.repeat(128);
const line = (file: string, letter: string): string => `SHA512 (${file}) = ${hash(letter)}\n`;
const withSources = (...lines: string[]) => ({ ...GOOD, sources: lines.join('') });
const names = (found: Awaited<ReturnType<typeof namedSources>>) =>
  found.map(({ ref, commit, file }) => [ref, commit, file]);

describe('what a push names', () => {
  it('is each source of its new commits, by the first commit that named it', async () => {
    const objects = memoryObjects();
    const root = objects.addCommit(GOOD);
    const first = objects.addCommit(withSources(line('a', 'a')), root);
    const second = objects.addCommit(withSources(line('a', 'a'), line('b', 'b')), first);
    const third = objects.addCommit(withSources(line('c', 'c')), second);
    const updates = [{ ref: ON_PYTHON33, oldOid: root, newOid: third }];
    objects.refs.set(ON_PYTHON33, root);
    const found = await namedSources(pushFacts({ objects, updates }));
    expect(names(found)).toEqual([
      [ON_PYTHON33, first, 'a'],
      [ON_PYTHON33, second, 'b'],
      [ON_PYTHON33, third, 'c'],
    ]);
    expect(found[0]?.checksum).toEqual({ type: 'sha512', hex: hash('a') });
  });

  it('is nothing where sources did not change, and reads no blob for that', async () => {
    const same = withSources(line('a', 'a'));
    const objects = memoryObjects();
    const facts = pushOnto(same, { ...same, 'x.patch': 'x' }, { objects });
    const before = objects.reads.length;
    expect(await namedSources(facts)).toEqual([]);
    const blob = objects.addBlob(same.sources);
    expect(objects.reads.slice(before)).not.toContain(blob);
  });

  it('counts for a branch that comes to a commit which another branch had', async () => {
    const objects = memoryObjects();
    const root = objects.addCommit(withSources(line('a', 'a')));
    const tip = objects.addCommit(withSources(line('b', 'b')), root);
    objects.refs.set(ON_PYTHON33, tip);
    const facts = pushFacts({ objects, updates: [created(ON_PYTHON34, tip)] });
    expect(names(await namedSources(facts))).toEqual([[ON_PYTHON34, tip, 'b']]);
  });

  it('is what parses, of a history whose sources do not parse as a whole', async () => {
    const objects = memoryObjects();
    const mixed = `${line('a', 'a')}${'b'.repeat(32)}  b\nnonsense\n`;
    const commit = objects.addCommit({ sources: mixed });
    const found = await namedByCommits(objects, ON_PYTHON33, [commit]);
    expect(found.map(({ file, checksum }) => [file, checksum.type])).toEqual([
      ['a', 'sha512'],
      ['b', 'md5'],
    ]);
  });

  it('is nothing of a link or a folder with the name of sources', async () => {
    const objects = memoryObjects();
    const commits = [
      objects.addCommit({ sources: { symlink: line('a', 'a') } }),
      objects.addCommit({ 'sources/x': line('a', 'a') }),
    ];
    expect(await namedByCommits(objects, ON_PYTHON33, commits)).toEqual([]);
  });
});
