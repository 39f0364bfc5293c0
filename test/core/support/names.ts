import * as fc from 'fast-check';
import { type Branch, parseBranchName } from '../../../core/domain/branch-name.ts';
import { type Checksum, HASH_LENGTHS, HASH_TYPES } from '../../../core/domain/checksum.ts';
import { parseCollectionName, VENDORS } from '../../../core/domain/collection.ts';
import { parseComponentName } from '../../../core/domain/component-name.ts';
import { EL_RELEASES } from '../../../core/domain/el-release.ts';
import { parseSigName } from '../../../core/domain/sig.ts';
import { parseSourceFileName } from '../../../core/domain/source-file-name.ts';
import type { SourceEntry } from '../../../core/domain/sources-file.ts';

/** Short names for what tests write most. */
export const component = parseComponentName;
export const collection = parseCollectionName;
export const sig = parseSigName;
export const file = parseSourceFileName;
export const branch = (name: string): Branch => parseBranchName(name);

const without =
  (...parts: readonly RegExp[]) =>
  (text: string): boolean =>
    parts.every((part) => !part.test(text));

/** Texts that the specification allows, written down here a second time. */
export const componentText = fc
  .oneof(
    fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9+._-]{0,12}$/),
    fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9+._-]{100,127}$/),
    fc.constantFrom('python', 'python-meta', 'gcc-c++', 'perl-Test-Simple', 'el7', 'sources', '7'),
  )
  .filter(without(/\.\./, /\.git$/i, /\.lock$/i));

export const collectionText = fc
  .oneof(
    fc.stringMatching(/^[a-z](-?[a-z0-9_.+]){0,12}$/),
    fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9_.+-]{0,62}[A-Za-z0-9_+])?$/),
    fc.constantFrom('python33', 'devtoolset-3', 'a-el6', 'a-el7-rh', 'sig-sclo7-x-rh', '7', '7s'),
  )
  .filter(without(/\.\./, /[.-]$/, /\.lock$/));

export const sigText = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/);

export const fileText = fc
  .oneof(
    fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._+~^@=,:%() -]{0,20}[A-Za-z0-9._+~^@=,:%()-]$/),
    fc.stringMatching(/^[A-Za-z0-9_][a-z0-9.-]{253}[a-z]$/),
    fc.constantFrom('a', 'a) = b', 'x (1).tar.gz', 'SHA512 (a) = ff', 'sources.tar', '_service'),
  )
  .filter((text) => text !== 'sources');

export const elRelease = fc.constantFrom(...EL_RELEASES);
export const vendor = fc.constantFrom(...VENDORS);

export const hexText = (length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'.split('')), {
      minLength: length,
      maxLength: length,
    })
    .map((digits) => digits.join(''));

export const checksum: fc.Arbitrary<Checksum> = fc
  .constantFrom(...HASH_TYPES)
  .chain((type) => hexText(HASH_LENGTHS[type]).map((hex) => ({ type, hex })));

export const anyBranch: fc.Arbitrary<Branch> = fc.record({
  collection: collectionText.map(parseCollectionName),
  release: elRelease,
});

/** What a `sources` file may hold: each file once, one hash type throughout. */
export const sourceEntries: fc.Arbitrary<SourceEntry[]> = fc
  .constantFrom(...HASH_TYPES)
  .chain((type) =>
    fc.uniqueArray(
      fc.record({
        file: fileText.map(parseSourceFileName),
        checksum: hexText(HASH_LENGTHS[type]).map((hex) => ({ type, hex })),
      }),
      { selector: (entry) => entry.file, maxLength: 6 },
    ),
  );
