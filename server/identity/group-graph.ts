/** What each is a member of, directly. */
export type Parents = ReadonlyMap<string, readonly string[]>;

/**
 * Every group that each of `starts` is in, directly or through other groups. Each group is asked
 * for once, so that groups that hold each other, or themselves, come to an end.
 * @param known the direct groups of `starts`
 * @param ask the direct groups of more, level by level; one that is not in the answer is in none
 */
export async function groupsOfAll(
  known: Parents,
  ask: (groups: readonly string[]) => Promise<Parents>,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const parents = new Map(known);
  const unknown = (from: Parents): string[] => [
    ...new Set([...from.values()].flat().filter((group) => !parents.has(group))),
  ];
  for (let level = unknown(known); level.length > 0; ) {
    const answer = await ask(level);
    for (const group of level) parents.set(group, answer.get(group) ?? []);
    level = unknown(answer);
  }
  return new Map([...known.keys()].map((start) => [start, reachable(start, parents)]));
}

function reachable(start: string, parents: Parents): Set<string> {
  const seen = new Set<string>();
  const waiting = [...(parents.get(start) ?? [])];
  for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
    if (seen.has(group)) continue;
    seen.add(group);
    waiting.push(...(parents.get(group) ?? []));
  }
  return seen;
}
