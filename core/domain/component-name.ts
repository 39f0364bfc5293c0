import { type Brand, parseByRule } from './text.ts';

/** The name of a package's repository, without any collection prefix: `python-setuptools`. */
export type ComponentName = Brand<'ComponentName'>;

const GRAMMAR = /^[A-Za-z0-9][A-Za-z0-9+._-]{0,127}$/;
const RULE =
  'A component name starts with a letter or digit, continues with letters, digits and "+._-", ' +
  'has at most 128 characters, no "..", and does not end in ".git" or ".lock".';

/**
 * The one rule for a component's name in git URLs, the API, the look-aside cache and on disk.
 * @throws DistGitError `name_invalid`
 */
export function parseComponentName(text: string): ComponentName {
  const valid = GRAMMAR.test(text) && !text.includes('..') && !/\.(git|lock)$/i.test(text);
  return parseByRule('Component name', text, valid, RULE);
}

/**
 * A component as clients of the look-aside cache name it: bare, or `<namespace>/<component>`.
 * @throws DistGitError `name_invalid`
 */
export function parseNamespacedComponent(text: string, namespace: string): ComponentName {
  const prefix = `${namespace}/`;
  return parseComponentName(text.startsWith(prefix) ? text.slice(prefix.length) : text);
}

/** A meta component builds the collection's metapackage. */
export function isMetaComponent(component: ComponentName): boolean {
  return component.endsWith('-meta');
}
