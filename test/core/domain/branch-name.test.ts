import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  branchName,
  branchRef,
  parseBranchName,
  parseBranchOrAlias,
  parseBranchRef,
} from '../../../core/domain/branch-name.ts';
import { EL_RELEASES } from '../../../core/domain/el-release.ts';
import { anyText, withHostilePart } from '../support/hostile-text.ts';
import { anyBranch, collection, vendor } from '../support/names.ts';
import { isAccepted, refusal } from '../support/outcomes.ts';
import { SCLO_COLLECTIONS } from '../support/sclo-collections.ts';

const branchText = anyBranch.map(branchName);
const aliasText = fc
  .tuple(anyBranch, vendor)
  .map(([{ collection, release }, vendor]) => `sig-sclo${release}-${collection}-${vendor}`);

describe('a branch name', () => {
  it.each([
    ['scl-python33-el7', 'python33', '7'],
    ['scl-rh-python34-el6', 'rh-python34', '6'],
    ['scl-devtoolset-3-el7', 'devtoolset-3', '7'],
    ['scl-rust-toolset-7-el7', 'rust-toolset-7', '7'],
    ['scl-rh-mongodb30upg-el6', 'rh-mongodb30upg', '6'],
    ['scl-rh-nodejs10-el10', 'rh-nodejs10', '10'],
    ['scl-python27-el9s', 'python27', '9s'],
    ['scl-python27-el10s', 'python27', '10s'],
    ['scl-a-el6-el7', 'a-el6', '7'],
    ['scl-scl-x-el8-el8', 'scl-x-el8', '8'],
  ])('%s is read from the right: %s on EL %s', (name, collection, release) => {
    expect(parseBranchName(name)).toEqual({ collection, release });
  });

  it('comes back from its fields, and they from it', () => {
    fc.assert(
      fc.property(anyBranch, (branch) => {
        const name = branchName(branch);
        expect(parseBranchName(name)).toEqual(branch);
        expect(branchName(parseBranchName(name))).toBe(name);
      }),
    );
  });

  it('comes back for all 72 collections of the SCLo SIG on every EL release', () => {
    const names = SCLO_COLLECTIONS.flatMap(({ name }) =>
      EL_RELEASES.map((release) => {
        const text = `scl-${name}-el${release}`;
        expect(parseBranchName(text)).toEqual({ collection: name, release });
        expect(branchName({ collection: collection(name), release })).toBe(text);
        return text;
      }),
    );
    expect(SCLO_COLLECTIONS).toHaveLength(72);
    expect(new Set(names).size).toBe(72 * 8);
  });

  it('is the same text as was parsed, whatever was accepted', () => {
    fc.assert(
      fc.property(anyText(branchText), (text) => {
        fc.pre(isAccepted(() => parseBranchName(text)));
        expect(branchName(parseBranchName(text))).toBe(text);
        expect(text).not.toMatch(/[/\\]|\.\.|[^\x21-\x7e]/);
      }),
    );
  });

  it('is refused with nothing but name_invalid', () => {
    fc.assert(
      fc.property(withHostilePart(branchText), (text) => {
        expect(refusal(() => parseBranchName(text)).code).toBe('name_invalid');
      }),
    );
  });

  it.each([
    '',
    'main',
    'master',
    'scl-el7',
    'scl--el7',
    'scl-python33',
    'scl-python33-el',
    'scl-python33-el5',
    'scl-python33-el77',
    'scl-python33-el07',
    'scl-python33-el7s',
    'scl-python33-el9ss',
    'scl-python33-EL7',
    'SCL-python33-el7',
    'scl-python33-el7\n',
    '\nscl-python33-el7',
    'scl-python33-el7\nx',
    'scl-python33-el\u0667',
    'scl-python33-el\uff17',
    'scl-../x-el7',
    'scl-a/b-el7',
    'scl-a..b-el7',
    'scl-a.lock-el7',
    'scl-a\0b-el7',
    'scl-%2e%2e-el7',
    'scl-python33-el7.lock',
    'refs/heads/scl-python33-el7',
    `scl-${'a'.repeat(65)}-el7`,
  ])('refuses %j', (text) => {
    expect(refusal(() => parseBranchName(text)).code).toBe('name_invalid');
  });
});

describe('a branch ref', () => {
  it('is the branch below refs/heads/', () => {
    fc.assert(
      fc.property(anyBranch, (branch) => {
        expect(branchRef(branch)).toBe(`refs/heads/${branchName(branch)}`);
        expect(parseBranchRef(branchRef(branch))).toEqual(branch);
      }),
    );
  });

  it.each([
    'scl-python33-el7',
    'refs/tags/scl-python33-el7',
    'refs/heads/heads/scl-python33-el7',
    'refs/heads/',
    'refs/heads/main',
    'refs/heads/sig-sclo7-python33-rh',
    'refs/remotes/scl-python33-el7',
    'xrefs/heads/scl-python33-el7',
    'refs/heads/scl-python33-el7\n',
  ])('null stands for any other ref: %j', (ref) => {
    expect(parseBranchRef(ref)).toBeNull();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(anyText(anyBranch.map(branchRef)), (ref) => {
        const branch = parseBranchRef(ref);
        expect(branch === null ? null : branchRef(branch)).toBe(branch === null ? null : ref);
      }),
    );
  });
});

describe('a branch as people name it', () => {
  it.each([
    ['sig-sclo7-rh-python34-rh', 'rh-python34', '7', 'rh'],
    ['sig-sclo6-devtoolset-3-rh', 'devtoolset-3', '6', 'rh'],
    ['sig-sclo7-sclo-php54-sclo', 'sclo-php54', '7', 'sclo'],
    ['sig-sclo9s-python27-rh', 'python27', '9s', 'rh'],
    ['sig-sclo10-s-x-sclo', 's-x', '10', 'sclo'],
    ['sig-sclo7-a-rh-rh', 'a-rh', '7', 'rh'],
  ])('may be the alias %s', (text, collection, release, vendor) => {
    expect(parseBranchOrAlias(text)).toEqual({ collection, release, vendor });
  });

  it('may be the canonical name, which states no vendor', () => {
    fc.assert(
      fc.property(anyBranch, (branch) => {
        expect(parseBranchOrAlias(branchName(branch))).toEqual({ ...branch, vendor: null });
      }),
    );
  });

  it('gives the fields that the alias was made of', () => {
    fc.assert(
      fc.property(anyBranch, vendor, (branch, vendor) => {
        const alias = `sig-sclo${branch.release}-${branch.collection}-${vendor}`;
        expect(parseBranchOrAlias(alias)).toEqual({ ...branch, vendor });
      }),
    );
  });

  it('reads the aliases of all 72 collections as their canonical names', () => {
    for (const { name, vendor } of SCLO_COLLECTIONS)
      for (const release of EL_RELEASES) {
        const { vendor: stated, ...branch } = parseBranchOrAlias(
          `sig-sclo${release}-${name}-${vendor}`,
        );
        expect([branchName(branch), stated]).toEqual([`scl-${name}-el${release}`, vendor]);
      }
  });

  it('is refused with nothing but name_invalid', () => {
    fc.assert(
      fc.property(withHostilePart(fc.oneof(branchText, aliasText)), (text) => {
        expect(refusal(() => parseBranchOrAlias(text)).code).toBe('name_invalid');
      }),
    );
  });

  it.each([
    'sig-sclo7-python33',
    'sig-sclo7-python33-epel',
    'sig-sclo-python33-rh',
    'sig-sclo5-python33-rh',
    'sig-sclo7--rh',
    'sig-core7-python33-rh',
    'sig-sclo7-python33-rh\n',
    'sig-sclo7-../x-rh',
  ])('refuses %j', (text) => {
    expect(refusal(() => parseBranchOrAlias(text)).code).toBe('name_invalid');
  });
});
