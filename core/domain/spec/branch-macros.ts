import type { SclName, Vendor } from '../collection.ts';
import type { ElRelease } from '../el-release.ts';
import type { MacroTable } from './macro-table.ts';

export interface BranchMacrosOptions {
  /** Null: outside of any collection. */
  readonly collection: { readonly sclName: SclName; readonly vendor: Vendor } | null;
  readonly release: ElRelease;
}

/**
 * What a branch defines: the release of enterprise linux as its `buildsys-macros` do (`s` in
 * `%dist` alone: the same spec is for both), and the collection.
 */
export function branchMacros({ collection, release }: BranchMacrosOptions): MacroTable {
  const major = release.replace('s', '');
  const values: [string, string][] = [
    ['dist', `.el${release}`],
    ['rhel', major],
    [`el${major}`, '1'],
    ['centos', major],
    ...(collection === null
      ? []
      : ([
          ['scl', collection.sclName],
          ['scl_vendor', collection.vendor],
        ] as [string, string][])),
  ];
  return new Map(values.map(([name, body]) => [name, { body, options: null }]));
}
