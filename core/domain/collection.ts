import { type ComponentName, parseComponentName } from './component-name.ts';
import { type Brand, parseByRule } from './text.ts';

/** One Software Collection: `python33`, `rh-python34`, `devtoolset-3`. */
export type CollectionName = Brand<'CollectionName'>;
/** The value of `%scl`: the prefix of the collection's built packages. */
export type SclName = Brand<'SclName'>;

/** `rh`: also in RHSCL. `sclo`: the SIG's own. */
export const VENDORS = ['rh', 'sclo'] as const;
export type Vendor = (typeof VENDORS)[number];

const GRAMMAR = /^[A-Za-z0-9](?:[A-Za-z0-9_.+-]{0,62}[A-Za-z0-9_+])?$/;
const RULE =
  'It starts with a letter or digit, continues with letters, digits and "_.+-", ends with none of ' +
  '".-" and not with ".lock", and has at most 64 characters and no "..".';

const valid = (text: string): boolean =>
  GRAMMAR.test(text) && !text.includes('..') && !text.endsWith('.lock');

/** @throws DistGitError `name_invalid` */
export function parseCollectionName(text: string): CollectionName {
  return parseByRule('Collection name', text, valid(text), RULE);
}

/** @throws DistGitError `name_invalid` */
export function parseSclName(text: string): SclName {
  return parseByRule('SCL name', text, valid(text), RULE);
}

/** A collection's SCL name is its own name unless it states another. */
export function defaultSclName(collection: CollectionName): SclName {
  return collection as string as SclName;
}

/**
 * The collection's name without vendor prefix and version, plus `-meta`:
 * `rh-python34` gives `python-meta`, `devtoolset-3` gives `devtoolset-meta`.
 */
export function defaultMetaComponent(collection: CollectionName): ComponentName {
  const bare = collection.replace(/^(?:rh|sclo)-/, '').replace(/-?\d[\d.]*[a-z]*$/, '');
  return parseComponentName(`${bare === '' ? collection : bare}-meta`);
}
