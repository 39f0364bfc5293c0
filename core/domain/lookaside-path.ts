import { fail } from '../api/distgit-error.ts';
import { type Checksum, HASH_TYPES, hashTypeByLength, parseChecksum } from './checksum.ts';
import { type ComponentName, parseComponentName } from './component-name.ts';
import { parseSourceFileName, type SourceFileName } from './source-file-name.ts';

/** What one look-aside address stands for. */
export interface SourceAddress {
  readonly component: ComponentName;
  readonly file: SourceFileName;
  readonly checksum: Checksum;
}

/** A file of a component by its content alone: CentOS's clients do not say its name. */
export type SourceContent = Pick<SourceAddress, 'component' | 'checksum'>;

/**
 * The key in the object store, `<component>/<file>/<hashtype>-<hash>`: it says what the object is,
 * and is no deeper than it must be, because every new folder of a store costs a sync.
 */
export function lookasideKey({ component, file, checksum }: SourceAddress): string {
  return `${component}/${file}/${checksum.type}-${checksum.hex}`;
}

/** The path our own client uses: `/lookaside/<component>/<file>/<hashtype>/<hash>`, URL-quoted. */
export function lookasideUrlPath({ component, file, checksum }: SourceAddress): string {
  const segments = [component, file, checksum.type, checksum.hex].map(encodeURIComponent);
  return `/lookaside/${segments.join('/')}`;
}

/**
 * Reads the part of a download URL after its root, already split at `/` and percent-decoded once:
 * `[<namespace>/]<component>/<file>/<hashtype>/<hash>[/<file>]`, or the old Fedora form
 * `[<namespace>/]<component>/<file>/<md5>/<file>`.
 * @throws DistGitError `not_found` for another shape, `name_invalid`, `input_invalid`
 */
export function parseLookasideSegments(
  segments: readonly string[],
  namespace: string,
): SourceAddress {
  const [first, second, , , fifth] = segments;
  // "scls/<file>/<type>/<hash>/<file>" is a component that has the namespace's name.
  const isType = HASH_TYPES.some((type) => type === segments[2]?.toLowerCase());
  const own = segments.length === 5 && second === fifth && isType;
  const rest = first === namespace && segments.length > 4 && !own ? segments.slice(1) : segments;
  const [component = '', file = '', third = '', fourth = '', last] = rest;
  const old = rest.length === 4 && fourth === file && third.length === 32;
  if (!old && rest.length !== 4 && !(rest.length === 5 && last === file))
    fail(
      'not_found',
      'This is not the address of a source file.',
      'Addresses are <component>/<file>/<hashtype>/<hash>/<file>.',
    );
  return {
    component: parseComponentName(component),
    file: parseSourceFileName(file),
    checksum: old ? parseChecksum('md5', third) : parseChecksum(third, fourth),
  };
}

/**
 * Reads the path of a file in an existing look-aside tree: dist-git's layouts as in the URLs above,
 * and CentOS's old one, `<component>/<branch>/<hash>`, where the file's own name is not known.
 * @throws DistGitError `not_found` for another shape, `name_invalid`, `input_invalid`
 */
export function parseStoredPath(segments: readonly string[], namespace: string): SourceAddress {
  const content = parseBranchLayout(segments);
  if (content === null) return parseLookasideSegments(segments, namespace);
  return { ...content, file: parseSourceFileName(content.checksum.hex) };
}

/**
 * Reads CentOS's old layout, `<component>/<branch>/<hash>`, given as `parseLookasideSegments` is. The
 * hash's type is told by its length, as `get_sources.sh` does it. The branch is not looked at:
 * imported files keep the addresses of branches that this server does not have.
 * @returns null for another shape
 * @throws DistGitError `name_invalid`
 */
export function parseBranchLayout(segments: readonly string[]): SourceContent | null {
  const [component = '', , hash = ''] = segments;
  const type = hashTypeByLength(hash);
  if (segments.length !== 3 || type === null || !/^[0-9a-f]+$/i.test(hash)) return null;
  return { component: parseComponentName(component), checksum: parseChecksum(type, hash) };
}
