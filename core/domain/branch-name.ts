import { fail } from '../api/distgit-error.ts';
import { type CollectionName, parseCollectionName, type Vendor } from './collection.ts';
import { type ElRelease, parseElRelease } from './el-release.ts';
import { quoted } from './text.ts';

/** A release branch. The fields are kept; a name is never split again. */
export interface Branch {
  readonly collection: CollectionName;
  readonly release: ElRelease;
}

const RULE =
  'A branch is named scl-<collection>-el<release>, for instance scl-python33-el7 ' +
  '(sig-sclo7-python33-rh is understood too).';

/** `scl-<collection>-el<release>` */
export function branchName(branch: Branch): string {
  return `scl-${branch.collection}-el${branch.release}`;
}

/** `refs/heads/scl-<collection>-el<release>` */
export function branchRef(branch: Branch): string {
  return `refs/heads/${branchName(branch)}`;
}

/**
 * Parses `scl-<collection>-el<release>` from the right, because collections themselves carry
 * digits and dashes (`devtoolset-3`).
 * @throws DistGitError `name_invalid`
 */
export function parseBranchName(text: string): Branch {
  const match = /^scl-(.+)-el(\d+s?)$/.exec(text);
  if (match === null) fail('name_invalid', `${quoted(text)} is not a release branch.`, RULE);
  const [, collection = '', release = ''] = match;
  return { collection: parseCollectionName(collection), release: parseElRelease(release) };
}

/** The branch that a full ref name stands for, or null for any other ref. */
export function parseBranchRef(ref: string): Branch | null {
  if (!ref.startsWith('refs/heads/')) return null;
  try {
    return parseBranchName(ref.slice('refs/heads/'.length));
  } catch {
    return null;
  }
}

/**
 * A branch as people name it: the canonical form, or the alias
 * `sig-sclo<release>-<collection>-<rh|sclo>` used at github.com/sclorg-distgit.
 * `vendor` is null where the name does not state it.
 * @throws DistGitError `name_invalid`
 */
export function parseBranchOrAlias(text: string): Branch & { readonly vendor: Vendor | null } {
  const alias = /^sig-sclo(\d+s?)-(.+)-(rh|sclo)$/.exec(text);
  if (alias === null) return { ...parseBranchName(text), vendor: null };
  const [, release = '', collection = '', vendor] = alias;
  return {
    collection: parseCollectionName(collection),
    release: parseElRelease(release),
    vendor: vendor as Vendor,
  };
}
