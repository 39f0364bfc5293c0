/** A macro as rpm's macros files define it. */
export interface MacroDefinition {
  /** May hold macros itself; they are expanded at each use. Neither empty nor begun with `{`. */
  readonly body: string;
  /** Of a parametric macro: its options in getopt's form, `""` for none; null: takes no arguments. */
  readonly options: string | null;
}

/** Macros by name, without the per cent sign. */
export type MacroTable = ReadonlyMap<string, MacroDefinition>;

/** @param bodies by name, of a parametric macro by name and options: `with()`, `find(vd:)` */
export function macroTable(bodies: Readonly<Record<string, string>>): MacroTable {
  return new Map(
    Object.entries(bodies).map(([head, body]) => {
      const open = head.indexOf('(');
      const name = open === -1 ? head : head.slice(0, open);
      return [name, { body, options: open === -1 ? null : head.slice(open + 1, -1) }];
    }),
  );
}

/**
 * The table as a file that rpm reads (`rpm --macros`, or in a folder of `macros.d`): the same
 * macros for rpmbuild and for the reader.
 */
export function macrosFile(table: MacroTable): string {
  const lines = [...table].map(([name, { body, options }]) => {
    const parameters = options === null ? '' : `(${options})`;
    return `%${name}${parameters} ${body.replaceAll('\\', '\\\\').replaceAll('\n', '\\\n')}`;
  });
  return `${lines.join('\n')}\n`;
}
