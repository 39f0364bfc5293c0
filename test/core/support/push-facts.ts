import type { Decision } from '../../../core/access/decide.ts';
import type { Checksum } from '../../../core/domain/checksum.ts';
import { parseSclName } from '../../../core/domain/collection.ts';
import {
  NULL_OID,
  type PushedBranch,
  type PushFacts,
  type RefUpdate,
} from '../../../core/pushes/push-facts.ts';
import { type Files, type MemoryObjects, memoryObjects } from './memory-objects.ts';
import { branch, component, sig } from './names.ts';

/** The component `python`, in collections of two SIGs whose names share a prefix. */
export const PYTHON33: PushedBranch = {
  ...branch('scl-python33-el7'),
  sig: sig('core'),
  sclName: parseSclName('python33'),
  closed: false,
};
export const PYTHON34: PushedBranch = {
  ...branch('scl-rh-python34-el7'),
  sig: sig('coreos'),
  sclName: parseSclName('rh-python34'),
  closed: false,
};
export const ON_PYTHON33 = 'refs/heads/scl-python33-el7';
export const ON_PYTHON34 = 'refs/heads/scl-rh-python34-el7';

export const SPEC = `Name: %{?scl_prefix}python
Version: 3.3.2
Release: 1%{?dist}
Summary: An interpreter
License: Python
%description
`;
/** What every branch must hold at least. */
export const GOOD: Files = { 'python.spec': SPEC, sources: '' };

export const ALLOWED: Decision = { allowed: true, rule: 'commit-approved', reason: 'Approved.' };
export const REFUSED: Decision = {
  allowed: false,
  rule: 'commit-approved',
  reason: 'SIG core has not approved ann for python.',
  remedy: 'Ask a chair of SIG core.',
};

export interface FactsInput {
  readonly objects?: MemoryObjects;
  readonly updates: readonly RefUpdate[];
  readonly exploded?: boolean;
  readonly branches?: readonly PushedBranch[];
  readonly maxFileSize?: number;
  readonly maxRefs?: number;
  readonly decide?: (branch: PushedBranch) => Decision;
  /** `<file> <type> <hex>` of what the look-aside cache holds. */
  readonly lookaside?: readonly string[];
}

export const inCache = (file: string, { type, hex }: Checksum): string => `${file} ${type} ${hex}`;

export function pushFacts(input: FactsInput): PushFacts {
  const cache = new Set(input.lookaside);
  return {
    component: {
      name: component('python'),
      exploded: input.exploded ?? false,
      branches: input.branches ?? [PYTHON33, PYTHON34],
    },
    updates: input.updates,
    limits: { maxFileSize: input.maxFileSize ?? 1000, maxRefs: input.maxRefs ?? 20 },
    objects: input.objects ?? memoryObjects(),
    decide: input.decide ?? (() => ALLOWED),
    inLookaside: async (file, checksum) => cache.has(inCache(file, checksum)),
  };
}

export const created = (ref: string, newOid: string): RefUpdate => ({
  ref,
  oldOid: NULL_OID,
  newOid,
});
export const deleted = (ref: string, oldOid: string): RefUpdate => ({
  ref,
  oldOid,
  newOid: NULL_OID,
});

/** A push that creates `scl-python33-el7` with one commit of these files. */
export function pushOf(files: Files, more: Omit<FactsInput, 'objects' | 'updates'> = {}) {
  const objects = memoryObjects();
  const updates = [created(ON_PYTHON33, objects.addCommit(files))];
  return pushFacts({ ...more, objects, updates });
}

/** The same, on top of a commit that the branch has already. */
export function pushOnto(before: Files, after: Files, more: Omit<FactsInput, 'updates'> = {}) {
  const objects = more.objects ?? memoryObjects();
  const oldOid = objects.addCommit(before);
  objects.refs.set(ON_PYTHON33, oldOid);
  const newOid = objects.addCommit(after, oldOid);
  return pushFacts({ ...more, objects, updates: [{ ref: ON_PYTHON33, oldOid, newOid }] });
}

export const problems = (found: readonly { readonly problem: string }[]): string[] =>
  found.map(({ problem }) => problem);
