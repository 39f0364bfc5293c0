import { describe, expect, it } from 'vitest';
import { sourcesInLookaside } from '../../../../core/pushes/policies/sources-in-lookaside.ts';
import { GOOD, inCache, problems, pushOf } from '../../support/push-facts.ts';

const SHA = 'a1'.repeat(64);
const MD5 = 'b2'.repeat(16);
const line = (file: string): string => `SHA512 (${file}) = ${SHA}\n`;
const cached = (file: string): string => inCache(file, { type: 'sha512', hex: SHA });

const check = async (sources: string, more: Parameters<typeof pushOf>[1] = {}) =>
  problems(await sourcesInLookaside.check(pushOf({ ...GOOD, sources }, more)));

describe('every file that sources names is in the look-aside cache', () => {
  it('is a rule that a SIG can soften', () => {
    expect([sourcesInLookaside.name, sourcesInLookaside.fixed]).toEqual([
      'sources-in-lookaside',
      false,
    ]);
  });

  it('accepts an empty file', async () => {
    expect(await check('')).toEqual([]);
  });

  it('accepts files that are there, in the new form and the old', async () => {
    expect(await check(line('a.tar'), { lookaside: [cached('a.tar')] })).toEqual([]);
    const md5 = inCache('a.tar', { type: 'md5', hex: MD5 });
    expect(await check(`${MD5}  a.tar\n`, { lookaside: [md5] })).toEqual([]);
  });

  it('refuses each file that is not, and says how to upload it', async () => {
    const facts = pushOf(
      { ...GOOD, sources: line('a.tar') + line('b.tar') + line('c (1).zip') },
      { lookaside: [cached('b.tar')] },
    );
    expect(await sourcesInLookaside.check(facts)).toEqual([
      {
        where: 'scl-python33-el7',
        sig: 'core',
        problem: 'a.tar (sha512 a1a1a1a1a1a1...) is not in the look-aside cache',
        remedy: 'upload it first: centpkg upload a.tar',
      },
      {
        where: 'scl-python33-el7',
        sig: 'core',
        problem: 'c (1).zip (sha512 a1a1a1a1a1a1...) is not in the look-aside cache',
        remedy: "upload it first: centpkg upload 'c (1).zip'",
      },
    ]);
  });

  it('refuses the same file with another checksum, and another file with the same', async () => {
    const other = inCache('a.tar', { type: 'sha512', hex: 'f'.repeat(128) });
    expect(await check(line('a.tar'), { lookaside: [other, cached('b.tar')] })).toHaveLength(1);
  });
});

describe('sources is there and parses', () => {
  it('or is refused with every bad line', async () => {
    expect(await check(`x\n${line('../a')}${line('a')}${MD5}  b\n`)).toEqual([
      'sources does not parse: line 1: "x" is not "SHA512 (file) = checksum"',
      'sources does not parse: line 2: File name "../a" is not valid.',
      'sources does not parse: line 4: the old md5 form is mixed with the sha512 form',
    ]);
  });

  it('or is refused in one line where it is too long', async () => {
    expect(await check('\n'.repeat(10_001), { maxFileSize: 100_000 })).toEqual([
      'sources does not parse: sources has more than 10000 lines.',
    ]);
  });

  it('or is refused where it is missing', async () => {
    const facts = pushOf({ 'python.spec': '' });
    expect(await sourcesInLookaside.check(facts)).toEqual([
      {
        where: 'scl-python33-el7',
        sig: 'core',
        problem: 'the file sources is missing',
        remedy: 'add it, it may be empty: touch sources',
      },
    ]);
  });

  it('or is refused where it does not hold text', async () => {
    const facts = pushOf({ ...GOOD, sources: Buffer.from([0xff, 0xfe, 0x00]) });
    expect(await sourcesInLookaside.check(facts)).toHaveLength(1);
  });

  it('or is refused where it is a directory', async () => {
    const facts = pushOf({ 'python.spec': '', 'sources/a.tar': 'x' });
    expect(await sourcesInLookaside.check(facts)).toHaveLength(1);
  });

  it('is optional in an exploded component, and checked where it is there', async () => {
    const none = pushOf({ 'python.spec': '' }, { exploded: true });
    expect(await sourcesInLookaside.check(none)).toEqual([]);
    expect(await check(line('a.tar'), { exploded: true })).toHaveLength(1);
  });

  it('is not meant where upstream source has a directory of that name', async () => {
    const facts = pushOf({ 'python.spec': '', 'sources/a.c': 'x' }, { exploded: true });
    expect(await sourcesInLookaside.check(facts)).toEqual([]);
  });
});
