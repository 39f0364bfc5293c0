/**
 * Rows as aligned columns, two blanks between, no trailing blanks. Empty: `nothing`.
 * @param rows cells as they are to be shown
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  nothing: string,
): string {
  if (rows.length === 0) return nothing;
  const all = [header.map((name) => name.toUpperCase()), ...rows].map((row) => row.map(oneLine));
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A cell stays one line. */
const oneLine = (cell: string): string => cell.replace(/\s+/g, ' ');

/** `key: value` lines, the values aligned. */
export function fields(entries: readonly (readonly [string, string])[]): string {
  const width = Math.max(...entries.map(([key]) => key.length)) + 1;
  return entries
    .map(([key, value]) => `${`${key}:`.padEnd(width)} ${oneLine(value)}`.trimEnd())
    .join('\n');
}

/** `2026-11-20 10:05` in UTC, or a dash. */
export function shortTime(iso: string | null): string {
  return iso === null ? '-' : iso.slice(0, 16).replace('T', ' ');
}

/** A list for one cell: `all` for no limit. */
export function listCell(items: readonly string[] | null): string {
  return items === null ? 'all' : items.join(', ') || '-';
}
