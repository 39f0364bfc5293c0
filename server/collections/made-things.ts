import type { ThingId } from '../../core/koji/things.ts';
import type { CollectionRelease } from '../components/koji-jobs.ts';
import type { Database } from '../db/database.ts';
import type { MadeThings } from '../koji/apply-plan.ts';

/** What was made in Koji for a collection on one EL release, in the database. */
export function madeThings(db: Database, { collection, release }: CollectionRelease): MadeThings {
  const rows = (things: readonly ThingId[], sure: boolean) =>
    [...new Set(things)].map((thing) => ({ collection, release, thing, sure }));
  const remove = (things: readonly ThingId[]) =>
    db.sql
      .deleteFrom('koji_things')
      .where('collection', '=', collection)
      .where('release', '=', release)
      .where('thing', 'in', things);
  return {
    load: () =>
      db.sql
        .selectFrom('koji_things')
        .select(['thing', 'sure'])
        .where('collection', '=', collection)
        .where('release', '=', release)
        .execute(),
    async begin(things) {
      if (things.length === 0) return;
      await db.sql
        .insertInto('koji_things')
        .values(rows(things, false))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    async confirm(things) {
      if (things.length === 0) return;
      await db.sql
        .insertInto('koji_things')
        .values(rows(things, true))
        .onConflict((conflict) =>
          conflict.columns(['collection', 'release', 'thing']).doUpdateSet({ sure: true }),
        )
        .execute();
    },
    async abandon(things) {
      if (things.length > 0) await remove(things).where('sure', '=', false).execute();
    },
    async forget(things) {
      if (things.length > 0) await remove(things).execute();
    },
  };
}
