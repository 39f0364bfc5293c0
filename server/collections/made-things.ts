import type { ThingId } from '../../core/koji/things.ts';
import type { CollectionRelease } from '../components/koji-jobs.ts';
import type { Database } from '../db/database.ts';
import type { MadeThings } from '../koji/apply-plan.ts';

/** What was made in Koji for a collection on one EL release, in the database. */
export function madeThings(db: Database, { collection, release }: CollectionRelease): MadeThings {
  const put = async (things: readonly ThingId[], sure: boolean): Promise<void> => {
    if (things.length === 0) return;
    await db.sql
      .insertInto('koji_things')
      .values([...new Set(things)].map((thing) => ({ collection, release, thing, sure })))
      .onConflict((conflict) =>
        conflict.columns(['collection', 'release', 'thing']).doUpdateSet({ sure }),
      )
      .execute();
  };
  return {
    load: () =>
      db.sql
        .selectFrom('koji_things')
        .select(['thing', 'sure'])
        .where('collection', '=', collection)
        .where('release', '=', release)
        .execute(),
    begin: (things) => put(things, false),
    confirm: (things) => put(things, true),
    async forget(things) {
      if (things.length === 0) return;
      await db.sql
        .deleteFrom('koji_things')
        .where('collection', '=', collection)
        .where('release', '=', release)
        .where('thing', 'in', things)
        .execute();
    },
  };
}
