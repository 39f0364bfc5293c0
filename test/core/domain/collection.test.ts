import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defaultMetaComponent,
  defaultSclName,
  parseCollectionName,
  parseSclName,
} from '../../../core/domain/collection.ts';
import { isMetaComponent } from '../../../core/domain/component-name.ts';
import { anyText, withHostilePart } from '../support/hostile-text.ts';
import { collection, collectionText } from '../support/names.ts';
import { isAccepted, refusal } from '../support/outcomes.ts';
import { SCLO_COLLECTIONS } from '../support/sclo-collections.ts';

describe.each([
  { what: 'a collection name', parse: (text: string): string => parseCollectionName(text) },
  { what: 'an SCL name', parse: (text: string): string => parseSclName(text) },
])('$what', ({ parse }) => {
  it('takes each of the 72 collections of the SCLo SIG as it is', () => {
    const names = SCLO_COLLECTIONS.map(({ name }) => name);
    expect(names.map(parse)).toEqual(names);
    expect(new Set(names).size).toBe(72);
  });

  it('is returned unchanged whenever the rule allows it', () => {
    fc.assert(
      fc.property(collectionText, (text) => {
        expect(parse(text)).toBe(text);
      }),
    );
  });

  it('is safe in a ref, a Koji tag and a path whenever it is accepted', () => {
    fc.assert(
      fc.property(anyText(collectionText), (text) => {
        fc.pre(isAccepted(() => parse(text)));
        expect(text).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.+-]*$/);
        expect(text).not.toMatch(/\.\.|[.-]$|\.lock$|\s/);
        expect(text.length).toBeLessThanOrEqual(64);
      }),
    );
  });

  it('is refused with nothing but name_invalid', () => {
    fc.assert(
      fc.property(withHostilePart(collectionText), (text) => {
        expect(refusal(() => parse(text)).code).toBe('name_invalid');
      }),
    );
  });

  it.each([
    '',
    '-a',
    '.a',
    '_a',
    'a-',
    'a.',
    'a..b',
    'a.lock',
    'a/b',
    'a b',
    'python33\n',
    'python\u0663',
    '../python33',
    'python33%00',
    'a'.repeat(65),
  ])('refuses %j', (text) => {
    expect(refusal(() => parse(text)).code).toBe('name_invalid');
  });

  it('has at most 64 characters', () => {
    expect(parse('a'.repeat(64))).toHaveLength(64);
  });
});

describe('the SCL name', () => {
  it("is the collection's own name unless it states another", () => {
    fc.assert(
      fc.property(collectionText, (text) => {
        expect(defaultSclName(collection(text))).toBe(parseSclName(text));
      }),
    );
  });
});

describe('the meta component', () => {
  it.each([
    ['rh-python34', 'python-meta'],
    ['python33', 'python-meta'],
    ['python27', 'python-meta'],
    ['devtoolset-3', 'devtoolset-meta'],
    ['rust-toolset-7', 'rust-toolset-meta'],
    ['rh-mongodb30upg', 'mongodb-meta'],
    ['sclo-httpd24more', 'httpd-meta'],
    ['sclo-php54', 'php-meta'],
    ['rh-java-common', 'java-common-meta'],
    ['rh-nodejs10', 'nodejs-meta'],
    ['nodejs010', 'nodejs-meta'],
    ['rh-git218', 'git-meta'],
    ['sclo-cassandra3', 'cassandra-meta'],
    ['ror40', 'ror-meta'],
    ['7', '7-meta'],
  ])('of %s is %s: no vendor prefix, no version', (name, meta) => {
    expect(defaultMetaComponent(collection(name))).toBe(meta);
  });

  it('of all 72 collections is a component without digits or vendor', () => {
    for (const { name } of SCLO_COLLECTIONS) {
      const meta = defaultMetaComponent(collection(name));
      expect(meta).toMatch(/^(?!rh-|sclo-)[a-z]+(-[a-z]+)*-meta$/);
      expect(isMetaComponent(meta)).toBe(true);
    }
  });

  it('of the same software in two versions is the same', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z]{1,10}(-[a-z]{1,10})?$/),
        fc.nat(),
        fc.nat(),
        (name, a, b) => {
          fc.pre(!/^(rh|sclo)-/.test(name));
          const meta = (text: string) => defaultMetaComponent(collection(text));
          expect(meta(`rh-${name}${a}`)).toBe(meta(`${name}${b}`));
          expect(meta(`sclo-${name}-${a}`)).toBe(`${name}-meta`);
        },
      ),
    );
  });
});
