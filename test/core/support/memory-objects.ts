import { createHash } from 'node:crypto';
import type { ObjectReader, TreeEntry } from '../../../core/pushes/push-facts.ts';

export type Content =
  | string
  | Buffer
  | { readonly symlink: string }
  | { readonly submodule: string };
/** Paths, `/` between directories, with what they hold. */
export type Files = Readonly<Record<string, Content>>;

type Stored =
  | { readonly kind: 'blob'; readonly content: Buffer }
  | { readonly kind: 'tree'; readonly entries: readonly TreeEntry[] }
  | { readonly kind: 'commit'; readonly tree: string; readonly parents: readonly string[] };

export interface MemoryObjects extends ObjectReader {
  /** Where refs stand: commits that they reach are not new. */
  readonly refs: Map<string, string>;
  /** Oids of the trees and blobs that were read, in order. */
  readonly reads: string[];
  /** @returns the oid of a new commit with these files */
  addCommit(files: Files, ...parents: readonly string[]): string;
  addTree(entries: readonly TreeEntry[]): string;
  addBlob(content: string | Buffer): string;
  addCommitOfTree(tree: string, ...parents: readonly string[]): string;
}

/** A git object store in memory. Like git, it fails on a missing object and on a wrong type. */
export function memoryObjects(): MemoryObjects {
  const stored = new Map<string, Stored>();
  const refs = new Map<string, string>();
  const reads: string[] = [];

  const store = (object: Stored): string => {
    const content = object.kind === 'blob' ? object.content : JSON.stringify(object);
    const oid = createHash('sha1').update(object.kind).update('\0').update(content).digest('hex');
    stored.set(oid, object);
    return oid;
  };
  const read = <Kind extends Stored['kind']>(oid: string, kind: Kind) => {
    const object = stored.get(oid);
    if (object === undefined) throw new Error(`${oid} is missing`);
    if (object.kind !== kind) throw new Error(`${oid} is a ${object.kind}, not a ${kind}`);
    return object as Extract<Stored, { kind: Kind }>;
  };
  const addBlob = (content: string | Buffer) =>
    store({ kind: 'blob', content: Buffer.from(content as string) });
  const addTree = (entries: readonly TreeEntry[]) => store({ kind: 'tree', entries });
  const leaf = (name: string, content: Content): TreeEntry => {
    if (typeof content === 'string' || Buffer.isBuffer(content))
      return { mode: '100644', name, oid: addBlob(content) };
    if ('symlink' in content) return { mode: '120000', name, oid: addBlob(content.symlink) };
    return { mode: '160000', name, oid: content.submodule };
  };
  const treeOf = (files: Files): string => {
    const directories = new Map<string, Record<string, Content>>();
    const entries: TreeEntry[] = [];
    for (const [path, content] of Object.entries(files)) {
      const slash = path.indexOf('/');
      if (slash < 0) {
        entries.push(leaf(path, content));
        continue;
      }
      const name = path.slice(0, slash);
      const inside = directories.get(name) ?? {};
      inside[path.slice(slash + 1)] = content;
      directories.set(name, inside);
    }
    for (const [name, inside] of directories)
      entries.push({ mode: '40000', name, oid: treeOf(inside) });
    return addTree(entries);
  };
  const addCommitOfTree = (tree: string, ...parents: readonly string[]) =>
    store({ kind: 'commit', tree, parents });
  /** Newest first; every history here is short. */
  const history = (tip: string): string[] => {
    const found = new Set<string>([tip]);
    for (const oid of found) for (const parent of read(oid, 'commit').parents) found.add(parent);
    return [...found];
  };

  return {
    refs,
    reads,
    addBlob,
    addTree,
    addCommitOfTree,
    addCommit: (files, ...parents) => addCommitOfTree(treeOf(files), ...parents),
    commit: async (oid) => {
      const { tree, parents } = read(oid, 'commit');
      return { tree, parents };
    },
    tree: async (oid) => {
      reads.push(oid);
      return read(oid, 'tree').entries;
    },
    size: async (oid) => {
      const object = stored.get(oid);
      if (object === undefined) throw new Error(`${oid} is missing`);
      return object.kind === 'blob' ? object.content.length : JSON.stringify(object).length;
    },
    blob: async (oid) => {
      reads.push(oid);
      return read(oid, 'blob').content;
    },
    newCommits: async (tip, known, besides = []) => {
      const tips = [...refs.values(), ...(known === null ? [] : [known]), ...besides];
      const had = new Set(tips.flatMap(history));
      return history(tip).filter((oid) => !had.has(oid));
    },
    isAncestor: async (ancestor, descendant) => history(descendant).includes(ancestor),
  };
}
