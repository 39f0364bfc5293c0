import type { Decision } from '../access/decide.ts';
import type { Branch } from '../domain/branch-name.ts';
import type { Checksum } from '../domain/checksum.ts';
import type { SclName } from '../domain/collection.ts';
import type { ComponentName } from '../domain/component-name.ts';
import type { SigName } from '../domain/sig.ts';
import type { SourceFileName } from '../domain/source-file-name.ts';

export const NULL_OID = '0'.repeat(40);

/** One line of git's pre-receive input. An all-zero oid means: absent. */
export interface RefUpdate {
  readonly ref: string;
  readonly oldOid: string;
  readonly newOid: string;
}

export interface TreeEntry {
  /** Octal as git writes it: `100644`, `120000` symlink, `160000` submodule, `40000` directory. */
  readonly mode: string;
  readonly name: string;
  readonly oid: string;
}

/** Reads git objects; the server's sees quarantined objects, the CLI's a working copy's. */
export interface ObjectReader {
  /** @returns the parents and the tree of a commit (or of the commit a tag points at). */
  commit(oid: string): Promise<{ readonly tree: string; readonly parents: readonly string[] }>;
  tree(oid: string): Promise<readonly TreeEntry[]>;
  /** @returns bytes of the blob */
  size(oid: string): Promise<number>;
  blob(oid: string): Promise<Buffer>;
  /** The commits that `tip` brings and neither a ref nor `besides` has yet, newest first. */
  newCommits(
    tip: string,
    known: string | null,
    besides?: readonly string[],
  ): Promise<readonly string[]>;
  isAncestor(ancestor: string, descendant: string): Promise<boolean>;
}

export interface PushedBranch extends Branch {
  readonly sig: SigName;
  readonly sclName: SclName;
  /** The collection is at its end of life on this EL release. */
  readonly closed: boolean;
}

/** What the checks need to know of a component and its SIGs. */
export interface PushedComponent {
  readonly name: ComponentName;
  readonly exploded: boolean;
  readonly branches: readonly PushedBranch[];
}

export interface PushLimits {
  /** Bytes of one file in git. */
  readonly maxFileSize: number;
  /** Refs in one push. */
  readonly maxRefs: number;
}

/** All that a policy may look at. Policies only read. */
export interface PushFacts {
  readonly component: PushedComponent;
  readonly updates: readonly RefUpdate[];
  readonly limits: PushLimits;
  readonly objects: ObjectReader;
  /** May the pusher commit to this branch? */
  decide(branch: PushedBranch): Decision;
  inLookaside(file: SourceFileName, checksum: Checksum): Promise<boolean>;
}
