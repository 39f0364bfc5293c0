import { type Brand, parseByRule } from './text.ts';

/** Name, version and release of a build: `rh-python34-python-3.4.2-13.el7`. */
export type Nvr = Brand<'Nvr'>;

const GRAMMAR = /^[A-Za-z0-9][\w.+~^-]*-[\w.+~^]+-[\w.+~^]+$/;

/** @throws DistGitError `name_invalid` */
export function parseNvr(text: string): Nvr {
  return parseByRule(
    'Build',
    text,
    text.length <= 300 && GRAMMAR.test(text),
    'A build is named <name>-<version>-<release>, for instance python33-python-3.3.2-16.el7.',
  );
}

/** Of an NVR: what stands before its version and release. */
export const nameOfNvr = (nvr: Nvr): string => nvr.replace(/-[^-]+-[^-]+$/, '');

/**
 * The git tag that a build's commit gets. What git has no place for in the name of a ref stands
 * there as in URLs (`1.0~rc1` as `1.0%7Erc1`), so that no two builds have the same tag.
 */
export function nvrTagRef(nvr: Nvr): string {
  const name = nvr
    .replace(/[~^]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/\.(?=\.|$)|\.(?=lock$)/g, '%2E');
  return `refs/tags/${name}`;
}
