import type { CollectionName } from '../../core/domain/collection.ts';
import { dependencyCircles } from '../../core/domain/dependency-circles.ts';
import { EL_RELEASES, type ElRelease } from '../../core/domain/el-release.ts';
import type { CollectionChange, KnownCollection, ReleaseDepends } from './declared-changes.ts';

/** What every collection depends on once the changes are made. */
function afterwards(
  changes: readonly CollectionChange[],
  known: ReadonlyMap<CollectionName, KnownCollection>,
): Map<CollectionName, Map<ElRelease, ReleaseDepends['depends']>> {
  const after = new Map(
    [...known].map(([name, { releases }]) => [
      name,
      new Map(releases.map(({ release, depends }) => [release, depends])),
    ]),
  );
  for (const { collection, action, add, depend, remove } of changes) {
    const releases = after.get(collection) ?? new Map<ElRelease, ReleaseDepends['depends']>();
    for (const one of [...add, ...depend]) releases.set(one.release, one.depends);
    for (const release of remove) releases.delete(release);
    after.set(collection, releases);
    if (action === 'remove') after.delete(collection);
  }
  return after;
}

/**
 * What people should know of the collections that they declare: circles are allowed, because they
 * are real; a dependency that is not built for a release gives builds there nothing.
 */
export function declarationWarnings(
  declared: ReadonlySet<CollectionName>,
  changes: readonly CollectionChange[],
  known: ReadonlyMap<CollectionName, KnownCollection>,
): string[] {
  const after = afterwards(changes, known);
  const warnings: string[] = [];
  for (const release of EL_RELEASES) {
    const depends = new Map(
      [...after].map(([name, releases]) => [
        name,
        (releases.get(release) ?? []).map((one) => one.collection),
      ]),
    );
    for (const circle of dependencyCircles(depends))
      if (circle.some((name) => declared.has(name as CollectionName)))
        warnings.push(`On EL ${release} these depend on each other: ${circle.join(', ')}.`);
    for (const [name, on] of depends)
      for (const one of declared.has(name) ? on : [])
        if (after.get(one)?.has(release) !== true)
          warnings.push(
            `${name} depends on ${one} on EL ${release}, but that is not built for it.`,
          );
  }
  return warnings;
}
