import { describe, expect, it } from 'vitest';
import { textFiles } from '../../../../core/pushes/policies/text-files.ts';
import { memoryObjects } from '../../support/memory-objects.ts';
import {
  created,
  GOOD,
  ON_PYTHON33,
  problems,
  pushFacts,
  pushOf,
  pushOnto,
} from '../../support/push-facts.ts';

const check = async (files: Parameters<typeof pushOf>[0], more = {}) =>
  problems(await textFiles.check(pushOf({ ...GOOD, ...files }, more)));

describe('large or binary files belong in the look-aside cache', () => {
  it('is a rule that a SIG can soften', () => {
    expect([textFiles.name, textFiles.fixed]).toEqual(['text-files', false]);
  });

  it('accepts text in any encoding that has no NUL', async () => {
    const latin1 = Buffer.from([0xe9, 0x0a]);
    expect(await check({ 'a.patch': 'x\n', utf8: 'caf\u00e9', latin1, empty: '' })).toEqual([]);
  });

  it('accepts a file of just the limit, and refuses one byte more', async () => {
    expect(await check({ a: 'x'.repeat(1000) })).toEqual([]);
    expect(await check({ a: 'x'.repeat(1001) })).toEqual([
      expect.stringMatching(
        /^a in commit [0-9a-f]{10} has 1001 bytes; the limit in git is 1000 bytes$/,
      ),
    ]);
  });

  it('counts bytes, not characters', async () => {
    expect(await check({ a: '\u00e9'.repeat(501) })).toHaveLength(1);
  });

  it('does not read a file that is too large', async () => {
    const facts = pushOf({ ...GOOD, a: 'x'.repeat(1001) });
    const read: string[] = [];
    const objects = {
      ...facts.objects,
      blob: (oid: string) => {
        read.push(oid);
        return facts.objects.blob(oid);
      },
    };
    expect(await textFiles.check({ ...facts, objects })).toHaveLength(1);
    expect(read).toHaveLength(2);
  });

  it('refuses a NUL as far as git itself looks for one', async () => {
    const more = { maxFileSize: 10_000 };
    const nulAt = (at: number) => Buffer.concat([Buffer.alloc(at, 'x'), Buffer.alloc(1)]);
    expect(await check({ a: nulAt(0), b: nulAt(7999) }, more)).toEqual([
      expect.stringMatching(/^a in commit [0-9a-f]{10} is binary$/),
      expect.stringMatching(/^b in commit [0-9a-f]{10} is binary$/),
    ]);
    expect(await check({ a: nulAt(8000) }, more)).toEqual([]);
  });

  it('says how to move the file, for the SIG of the branch', async () => {
    expect(await textFiles.check(pushOf({ ...GOOD, 'a.png': '\0' }))).toMatchObject([
      {
        where: 'scl-python33-el7',
        sig: 'core',
        remedy: 'take it out of those commits and run: centpkg upload a.png',
      },
    ]);
  });

  it('looks below directories', async () => {
    expect(await check({ 'a/b/c.png': '\0' })).toEqual([
      expect.stringMatching(/^a\/b\/c\.png in commit/),
    ]);
  });

  it('does not look into symlinks and submodules', async () => {
    const links = { link: { symlink: 'x\0y' }, module: { submodule: 'c'.repeat(40) } };
    expect(await check(links)).toEqual([]);
  });

  it('accepts binary files of unpacked source, but not large ones', async () => {
    const exploded = { exploded: true };
    expect(await check({ 'src/a.png': '\0' }, exploded)).toEqual([]);
    expect(await check({ 'src/a.png': '\0'.repeat(1001) }, exploded)).toHaveLength(1);
  });
});

describe('every new commit counts', () => {
  it('also one whose file a later commit of the push takes away', async () => {
    const objects = memoryObjects();
    const first = objects.addCommit({ ...GOOD, 'a.bin': '\0' });
    const updates = [created(ON_PYTHON33, objects.addCommit(GOOD, first))];
    expect(problems(await textFiles.check(pushFacts({ objects, updates })))).toEqual([
      `a.bin in commit ${first.slice(0, 10)} is binary`,
    ]);
  });

  it('once, where several commits have the same file', async () => {
    const objects = memoryObjects();
    const bad = { ...GOOD, 'a.bin': '\0' };
    const first = objects.addCommit(bad);
    const second = objects.addCommit(GOOD, first);
    const updates = [created(ON_PYTHON33, objects.addCommit(bad, second))];
    expect(await textFiles.check(pushFacts({ objects, updates }))).toHaveLength(1);
  });

  it('a merge too, also where only its second parent brings the file', async () => {
    const objects = memoryObjects();
    const base = objects.addCommit(GOOD);
    objects.refs.set(ON_PYTHON33, base);
    const side = objects.addCommit({ ...GOOD, 'a.bin': '\0' }, base);
    const main = objects.addCommit({ ...GOOD, 'a.patch': 'x' }, base);
    const newOid = objects.addCommit({ ...GOOD, 'a.patch': 'x', 'a.bin': '\0' }, main, side);
    const updates = [{ ref: ON_PYTHON33, oldOid: base, newOid }];
    expect(await textFiles.check(pushFacts({ objects, updates }))).toHaveLength(1);
  });

  it('and what the branch has already does not', async () => {
    const before = { ...GOOD, 'a.bin': '\0' };
    expect(await textFiles.check(pushOnto(before, { ...before, 'a.patch': 'x' }))).toEqual([]);
    expect(await textFiles.check(pushOnto(before, GOOD))).toEqual([]);
  });
});
