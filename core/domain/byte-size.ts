const UNITS = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

/** `512`, `64 KiB`, `2 GiB` as bytes, with binary units; null: not a size. */
export function parseBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?) ?(B|KiB|MiB|GiB|TiB)?$/.exec(text);
  if (match === null) return null;
  return Math.floor(Number(match[1]) * UNITS[(match[2] ?? 'B') as keyof typeof UNITS]);
}

/** For messages: `2 MiB`, `1.5 GiB`, `17 B`. */
export function formatBytes(bytes: number): string {
  const units = Object.entries(UNITS).toReversed();
  const [unit, factor] = units.find(([, size]) => bytes >= size) ?? ['B', 1];
  return `${Number((bytes / factor).toFixed(1))} ${unit}`;
}
