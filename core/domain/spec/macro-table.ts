/** A macro as rpm's macros files define it. */
export interface MacroDefinition {
  /** May hold macros itself; they are expanded at each use. */
  readonly body: string;
  /** Of a parametric macro: its options in getopt's form, `""` for none; null: takes no arguments. */
  readonly options: string | null;
}

/** Macros by name, without the per cent sign. */
export type MacroTable = ReadonlyMap<string, MacroDefinition>;

/**
 * The table as a file that rpm reads (`rpm --macros`, or in `/etc/rpm`): the same macros for
 * rpmbuild and for the reader.
 */
export function macrosFile(table: MacroTable): string {
  const lines = [...table].map(([name, { body, options }]) => {
    const parameters = options === null ? '' : `(${options})`;
    return `%${name}${parameters} ${body.replaceAll('\n', '\\\n')}`;
  });
  return `${lines.join('\n')}\n`;
}
