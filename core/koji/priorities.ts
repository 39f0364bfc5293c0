/** A number of its own for each, on the hub or wanted. */
export interface Ranked {
  readonly name: string;
  readonly priority: number;
}

/**
 * Priorities are unique per tag, and others may hold some already. Each of ours moves up to the
 * next free number, but never past the one that follows it: their order is what counts.
 * @param wanted ours, in ascending order
 * @param taken what others hold
 * @returns by name; null where there is no room
 */
export function freePriorities(
  wanted: readonly Ranked[],
  taken: ReadonlySet<number>,
): Map<string, number | null> {
  const found = new Map<string, number | null>();
  wanted.forEach(({ name, priority }, index) => {
    const end = wanted[index + 1]?.priority ?? Number.POSITIVE_INFINITY;
    let free = priority;
    while (taken.has(free)) free++;
    found.set(name, free < end ? free : null);
  });
  return found;
}
