/**
 * The groups whose members all depend on each other, directly or through others, by Tarjan's
 * algorithm; the groups, and the names in each, in their order.
 * @param depends for each name, those that it depends on
 */
export function dependencyCircles(depends: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  /** @returns the earliest that can be reached and still is open */
  const visit = (name: string): number => {
    const own = order.size;
    let lowest = own;
    order.set(name, own);
    open.push(name);
    for (const next of depends.get(name) ?? []) {
      const seen = order.get(next);
      if (seen === undefined) lowest = Math.min(lowest, visit(next));
      else if (open.includes(next)) lowest = Math.min(lowest, seen);
    }
    if (lowest === own) {
      const circle = open.splice(open.indexOf(name)).sort();
      if (circle.length > 1) circles.push(circle);
    }
    return lowest;
  };
  for (const name of depends.keys()) if (!order.has(name)) visit(name);
  return circles.sort((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1));
}
