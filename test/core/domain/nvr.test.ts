import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nvrTagRef, parseNvr } from '../../../core/domain/nvr.ts';
import { tryGit } from '../../support/process.ts';

const NAMES = [
  'python33-python-3.3.2-16.el7',
  'rh-python34-python-pip-1.0~rc1-1.el7',
  'a-1.0^git1-2',
  'a-1..2-3',
  'a-1-2.lock',
  'a-1-2.',
  'a+b-1_2-3',
];

describe('the name of a build', () => {
  it.each(NAMES)('is taken: %s', (name) => {
    expect(parseNvr(name)).toBe(name);
  });

  it.each([
    '',
    'a',
    'a-1',
    '-a-1-2',
    'a/b-1-2',
    'a-1-2\n',
    'a-1-2 ',
    '../a-1-2',
    'a-1-%2',
    'ä-1-2',
  ])('is refused: %j', (name) => {
    expect(() => parseNvr(name)).toThrow('is not valid');
  });

  it('makes a tag that git takes, and another one for each', async () => {
    const refs = NAMES.map((name) => nvrTagRef(parseNvr(name)));
    expect(refs[0]).toBe('refs/tags/python33-python-3.3.2-16.el7');
    expect(refs[1]).toBe('refs/tags/rh-python34-python-pip-1.0%7Erc1-1.el7');
    expect(new Set(refs).size).toBe(refs.length);
    const folder = await mkdtemp(join(tmpdir(), 'nvr-'));
    try {
      for (const ref of refs)
        expect([ref, (await tryGit(folder, ['check-ref-format', ref])).code]).toEqual([ref, 0]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
