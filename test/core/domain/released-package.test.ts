import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { branchName } from '../../../core/domain/branch-name.ts';
import { builtPackageName } from '../../../core/domain/built-package-name.ts';
import {
  type CollectionName,
  defaultMetaComponent,
  parseCollectionName,
  parseSclName,
} from '../../../core/domain/collection.ts';
import { parseComponentName } from '../../../core/domain/component-name.ts';
import { parseElRelease } from '../../../core/domain/el-release.ts';
import { type PackageCollection, placeOfPackage } from '../../../core/domain/released-package.ts';

const collection = (text: string, sclName: string, ...releases: string[]): PackageCollection => {
  const name: CollectionName = parseCollectionName(text);
  return {
    name,
    sclName: parseSclName(sclName),
    metaComponent: defaultMetaComponent(name),
    releases: releases.map(parseElRelease),
  };
};
const COLLECTIONS = [
  collection('python33', 'python33', '6', '7'),
  collection('python34', 'rh-python34', '7'),
  collection('devtoolset-3', 'devtoolset-3', '6', '7'),
  collection('devtoolset-3-eclipse', 'devtoolset-3-eclipse', '7'),
  collection('ruby', 'sclo-ruby', '8s', '9'),
];
const place = (name: string, release: string): string => {
  const { component, branch } = placeOfPackage({ name, release }, COLLECTIONS);
  return `${component} ${branchName(branch)}`;
};

describe('a released package', () => {
  it.each([
    ['python33-python', '12.el7', 'python scl-python33-el7'],
    ['python33', '1.el6', 'python-meta scl-python33-el6'],
    ['rh-python34-python-six', '1.sc1.el7', 'python-six scl-python34-el7'],
    ['python33-python', '12.el6_5.2', 'python scl-python33-el6'],
    ['devtoolset-3-gcc', '8.2.el7', 'gcc scl-devtoolset-3-el7'],
    ['devtoolset-3-eclipse-cdt', '1.el7', 'cdt scl-devtoolset-3-eclipse-el7'],
    ['devtoolset-3', '2.el6', 'devtoolset-meta scl-devtoolset-3-el6'],
    ['sclo-ruby-rake', '1.el8', 'rake scl-ruby-el8s'],
    ['python33-python', '1.el6.rebuilt.el7', 'python scl-python33-el7'],
  ])('%s-1-%s belongs to %s', (name, release, expected) => {
    expect(place(name, release)).toBe(expected);
  });

  it.each([
    ['bash', '1.el7', /No collection has packages named "bash"/],
    ['python333-python', '1.el7', /No collection/],
    ['rh-python34-python', '1.el6', /not built for EL 6/],
    ['python33-python', '1.fc20', /does not say for which EL/],
    ['python33-python', '1.elephant', /does not say for which EL/],
    ['python33-..', '1.el7', /is not valid/],
  ])('%s-1-%s is refused', (name, release, why) => {
    expect(() => place(name, release)).toThrow(why);
  });

  it('goes back to the component that built it', () => {
    const component = fc.stringMatching(/^[a-z][a-z0-9]{0,9}(-[a-z]{1,5})?$/);
    fc.assert(
      fc.property(component, fc.constantFrom(...COLLECTIONS.slice(0, 2)), (text, own) => {
        const name = parseComponentName(text);
        fc.pre(!name.endsWith('-meta'));
        const built = builtPackageName(name, own.sclName);
        const found = placeOfPackage({ name: built, release: '1.el7' }, COLLECTIONS);
        expect(found.component).toBe(name);
        expect(found.branch.collection).toBe(own.name);
      }),
    );
  });
});
