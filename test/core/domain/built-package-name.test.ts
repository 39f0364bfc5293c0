import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtPackageName } from '../../../core/domain/built-package-name.ts';
import {
  defaultMetaComponent,
  defaultSclName,
  parseSclName,
} from '../../../core/domain/collection.ts';
import { collection, collectionText, component, componentText } from '../support/names.ts';
import { SCLO_COLLECTIONS } from '../support/sclo-collections.ts';

describe("a built package's name equals RHSCL's", () => {
  it.each([
    ['python-meta', 'python33', 'python33'],
    ['python', 'python33', 'python33-python'],
    ['python-setuptools', 'python33', 'python33-python-setuptools'],
    ['python-pytest', 'python33', 'python33-python-pytest'],
    ['python-meta', 'rh-python34', 'rh-python34'],
    ['python', 'rh-python34', 'rh-python34-python'],
    ['python-setuptools', 'rh-python34', 'rh-python34-python-setuptools'],
    ['python-pytest', 'rh-python34', 'rh-python34-python-pytest'],
  ])('%s in %s is %s', (name, scl, built) => {
    expect(builtPackageName(component(name), parseSclName(scl))).toBe(built);
  });

  it('uses the SCL name, not the name of the collection', () => {
    expect(builtPackageName(component('python'), parseSclName('rh-python34'))).toBe(
      'rh-python34-python',
    );
    expect(builtPackageName(component('python'), defaultSclName(collection('python34')))).toBe(
      'python34-python',
    );
  });

  it('is the SCL name for the meta component of each of the 72 collections', () => {
    for (const { name } of SCLO_COLLECTIONS) {
      const scl = defaultSclName(collection(name));
      expect(builtPackageName(defaultMetaComponent(collection(name)), scl)).toBe(name);
    }
  });

  it('differs for two components of a collection that are not its meta component', () => {
    const ordinary = componentText.filter((text) => !text.endsWith('-meta')).map(component);
    fc.assert(
      fc.property(collectionText.map(parseSclName), ordinary, ordinary, (scl, a, b) => {
        fc.pre(a !== b);
        expect(builtPackageName(a, scl)).not.toBe(builtPackageName(b, scl));
        expect(builtPackageName(a, scl)).toBe(`${scl}-${a}`);
      }),
    );
  });
});
