import type { SclName, Vendor } from '../collection.ts';
import type { ElRelease } from '../el-release.ts';
import { elMacros } from './el-macros.ts';
import { type MacroTable, macroTable } from './macro-table.ts';

export interface BuildMacrosOptions {
  /** Null: outside of any collection. */
  readonly collection: { readonly sclName: SclName; readonly vendor: Vendor } | null;
  readonly release: ElRelease;
}

/** What says for which release a package is; all else tells where a language has its files. */
const OF_RELEASE = /^(?:dist|rhel|centos|centos_ver|el\d+)$/;

/**
 * What a machine's own rpm has to be told to build for a branch: the release of enterprise linux
 * and the collection, whatever the machine itself is.
 */
export function branchMacros({ collection, release }: BuildMacrosOptions): MacroTable {
  const ofRelease = [...elMacros(release, null)].filter(([name]) => OF_RELEASE.test(name));
  const own: Record<string, string> =
    collection === null ? {} : { scl: collection.sclName, scl_vendor: collection.vendor };
  return new Map([...ofRelease, ...macroTable(own)]);
}

/**
 * Where python, perl, ruby and nodejs keep their files on the release: for a machine that has no
 * such macros of its own. Where it has, what is built there goes where these say.
 */
export function languageMacros({ collection, release }: BuildMacrosOptions): MacroTable {
  const all = [...elMacros(release, collection?.sclName ?? null)];
  return new Map(all.filter(([name]) => !OF_RELEASE.test(name)));
}
