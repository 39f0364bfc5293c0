import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  lookasideKey,
  lookasideUrlPath,
  parseBranchLayout,
  parseLookasideSegments,
  type SourceAddress,
} from '../../../core/domain/lookaside-path.ts';
import { anyText } from '../support/hostile-text.ts';
import {
  checksum,
  component,
  componentText,
  file,
  fileText,
  hexText,
  sigText,
} from '../support/names.ts';
import { refusal, refusalOrNull } from '../support/outcomes.ts';

const SHA = 'a1'.repeat(64);
const MD5 = 'b2'.repeat(16);
const PYTHON: SourceAddress = {
  component: component('python'),
  file: file('Python 3.tar.xz'),
  checksum: { type: 'sha512', hex: SHA },
};

const address: fc.Arbitrary<SourceAddress> = fc.record({
  component: componentText.map(component),
  file: fileText.map(file),
  checksum,
});
const namespace = fc.constantFrom('scls', 'rpms');
/** A component called like the namespace has a test of its own. */
const ordinary = address.filter(({ component }) => !['scls', 'rpms'].includes(component));

const parse = (path: string, namespace = 'scls') =>
  parseLookasideSegments(path.split('/'), namespace);

describe('the key in the look-aside cache', () => {
  it('says what the object is', () => {
    expect(lookasideKey(PYTHON)).toBe(`python/Python 3.tar.xz/sha512-${SHA}`);
  });

  it('has three segments, none of them a way out or longer than a file name can be', () => {
    fc.assert(
      fc.property(address, (address) => {
        const segments = lookasideKey(address).split('/');
        expect(segments).toHaveLength(3);
        expect(segments.filter((segment) => ['', '.', '..'].includes(segment))).toEqual([]);
        expect(Math.max(...segments.map((segment) => segment.length))).toBeLessThanOrEqual(255);
      }),
    );
  });

  it('differs for two addresses', () => {
    fc.assert(
      fc.property(address, address, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(lookasideKey(a) === lookasideKey(b)).toBe(same);
      }),
    );
  });
});

describe("the path of our own client's downloads", () => {
  it('is quoted', () => {
    expect(lookasideUrlPath(PYTHON)).toBe(`/lookaside/python/Python%203.tar.xz/sha512/${SHA}`);
  });

  it('is read back as the same address once it was split and decoded', () => {
    fc.assert(
      fc.property(address, namespace, (address, namespace) => {
        const path = lookasideUrlPath(address);
        expect(path).toMatch(/^[\x21-\x7e]+$/);
        const { pathname } = new URL(path, 'https://localhost');
        expect(pathname).toBe(path);
        const segments = pathname.slice('/lookaside/'.length).split('/').map(decodeURIComponent);
        expect(parseLookasideSegments(segments, namespace)).toEqual(address);
      }),
    );
  });
});

describe('a download address', () => {
  const pathOf = ({ component, file, checksum }: typeof PYTHON): string =>
    `${component}/${file}/${checksum.type}/${checksum.hex}/${file}`;

  it('is read back as the same address, with and without the namespace', () => {
    fc.assert(
      fc.property(ordinary, namespace, (address, namespace) => {
        expect(parse(pathOf(address), namespace)).toEqual(address);
        expect(parse(`${namespace}/${pathOf(address)}`, namespace)).toEqual(address);
      }),
    );
  });

  it('may be of a component called like the namespace', () => {
    const scls = { ...PYTHON, component: component('scls') };
    expect(parse(`scls/${pathOf(scls)}`)).toEqual(scls);
    expect(parse(pathOf(scls))).toEqual(scls);
  });

  it.each([
    `python/a.tar/sha512/${SHA}/a.tar`,
    `python/a.tar/sha512/${SHA}`,
    `scls/python/a.tar/sha512/${SHA}/a.tar`,
    `scls/python/a.tar/sha512/${SHA}`,
    `python/a.tar/SHA512/${SHA.toUpperCase()}/a.tar`,
  ])('may be %s', (path) => {
    expect(parse(path)).toEqual({
      component: 'python',
      file: 'a.tar',
      checksum: { type: 'sha512', hex: SHA },
    });
  });

  it('may have the old Fedora form, <component>/<file>/<md5>/<file>', () => {
    fc.assert(
      fc.property(ordinary, hexText(32), namespace, ({ component, file }, hex, namespace) => {
        const expected = { component, file, checksum: { type: 'md5', hex } };
        const path = `${component}/${file}/${hex}/${file}`;
        expect(parse(path, namespace)).toEqual(expected);
        expect(parse(`${namespace}/${path}`, namespace)).toEqual(expected);
      }),
    );
  });

  it('may have the old Fedora form of a file that is named like its component', () => {
    const expected = { component: 'a', file: 'a', checksum: { type: 'md5', hex: MD5 } };
    expect(parse(`a/a/${MD5}/a`)).toEqual(expected);
    expect(parse(`scls/a/a/${MD5}/a`)).toEqual(expected);
  });

  it.each([
    '',
    'python',
    'python/a.tar',
    `python/a.tar/${MD5}`,
    `python/a.tar/sha512/${SHA}/b.tar`,
    `python/a.tar/sha512/${SHA}/a.tar/`,
    `python/a.tar/sha512/${SHA}/a.tar/a.tar`,
    `rpms/python/a.tar/sha512/${SHA}/a.tar`,
    `scls/scls/python/a.tar/sha512/${SHA}/a.tar`,
    `/python/a.tar/sha512/${SHA}/a.tar`,
  ])('%j is the address of nothing', (path) => {
    expect(refusal(() => parse(path)).code).toBe('not_found');
  });

  it.each([
    ['name_invalid', `../a.tar/sha512/${SHA}/a.tar`],
    ['name_invalid', `python.git/a.tar/sha512/${SHA}/a.tar`],
    ['name_invalid', `/a.tar/sha512/${SHA}/a.tar`],
    ['name_invalid', `python/../sha512/${SHA}/..`],
    ['name_invalid', `python/.htaccess/sha512/${SHA}/.htaccess`],
    ['name_invalid', `scls/../a.tar/sha512/${SHA}/a.tar`],
    ['input_invalid', `python/a.tar/../${SHA}/a.tar`],
    ['input_invalid', `python/a.tar/sha512/../a.tar`],
    ['input_invalid', `python/a.tar/${MD5}/b.tar`],
    ['input_invalid', `python/a.tar/sha512/${SHA}\n/a.tar`],
    ['input_invalid', `python/a.tar/sha512/${MD5}/a.tar`],
    ['input_invalid', `python/a.tar/${'z'.repeat(32)}/a.tar`],
    ['input_invalid', `python/a.tar/scl-python33-el7/${SHA}`],
  ])('is refused with %s: %j', (code, path) => {
    expect(refusal(() => parse(path)).code).toBe(code);
  });

  it.each([
    ['python/../etc', 'a.tar'],
    ['python', 'a/b'],
    ['python', '../a.tar'],
    ['python\0', 'a.tar'],
    ['python', 'a.tar\n'],
    ['%2e%2e', 'a.tar'],
  ])('is refused where a decoded segment is hostile: %j, %j', (component, file) => {
    const segments = [component, file, 'sha512', SHA, file];
    expect(refusal(() => parseLookasideSegments(segments, 'scls')).code).toBe('name_invalid');
  });

  it('is refused with nothing but a DistGitError, and gives safe keys only', () => {
    const segment = fc.oneof(
      componentText,
      fileText,
      sigText,
      fc.constantFrom('scls', 'sha512', 'md5', SHA, MD5, '..', '.', ''),
      anyText(fileText),
    );
    const repeated = fc
      .tuple(componentText, segment, segment, segment)
      .map(([component, file, type, hash]) => [component, file, type, hash, file]);
    fc.assert(
      fc.property(fc.oneof(fc.array(segment, { maxLength: 7 }), repeated), (segments) => {
        const error = refusalOrNull(() => parseLookasideSegments(segments, 'scls'));
        const key = error === null ? lookasideKey(parseLookasideSegments(segments, 'scls')) : null;
        expect(['not_found', 'name_invalid', 'input_invalid']).toContain(
          error?.code ?? 'not_found',
        );
        expect(key ?? 'a/a/a-a').toMatch(/^[^/]+\/[^/.][^/]*\/[a-z0-9]+-[a-f0-9]+$/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("an address in CentOS's old layout", () => {
  const read = (path: string) => parseBranchLayout(path.split('/'));

  it('tells a component and a checksum, by its length', () => {
    fc.assert(
      fc.property(address, fc.string(), ({ component, checksum }, branch) => {
        const expected = { component, checksum };
        expect(parseBranchLayout([component, branch, checksum.hex])).toEqual(expected);
        expect(parseBranchLayout([component, branch, checksum.hex.toUpperCase()])).toEqual(
          expected,
        );
      }),
    );
  });

  it.each([
    '',
    'python',
    `python/${SHA}`,
    'python/c7/',
    `python/c7/${SHA}0`,
    `python/c7/${'z'.repeat(40)}`,
    `python/c7/${SHA}\n`,
    `python/c7/${SHA}/a.tar`,
    `/python/c7/${SHA}`,
  ])('is not %j', (path) => {
    expect(read(path)).toBeNull();
  });

  it.each([`../c7/${SHA}`, `python.git/c7/${SHA}`, `/c7/${SHA}`])(
    'is refused with a name that is none: %j',
    (path) => {
      expect(refusal(() => read(path)).code).toBe('name_invalid');
    },
  );
});
