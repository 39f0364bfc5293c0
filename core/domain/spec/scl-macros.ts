import type { SclName } from '../collection.ts';
import type { ElRelease } from '../el-release.ts';
import type { MacroTable } from './macro-table.ts';

export interface SclMacrosOptions {
  /** Null: outside of any collection. */
  readonly sclName: SclName | null;
  readonly release: ElRelease;
}

/** The macros that a build for a branch has before its spec is read. */
export function sclMacros({ sclName, release }: SclMacrosOptions): MacroTable {
  return new Map([
    ['dist', { body: `.el${release.replace('s', '')}`, options: null }],
    ...(sclName === null ? [] : [['scl', { body: sclName, options: null }] as const]),
  ]);
}
