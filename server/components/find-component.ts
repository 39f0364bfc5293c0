import { sql as raw } from 'kysely';
import type { CollectionResource } from '../../core/access/action.ts';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { Branch } from '../../core/domain/branch-name.ts';
import type { SclName } from '../../core/domain/collection.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { SigName, SigPolicies } from '../../core/domain/sig.ts';
import type { Database, Sql } from '../db/database.ts';
import type { VersionedCache } from '../db/versioned-cache.ts';

/** A branch with all that permission and naming ask of it. */
export interface ComponentBranch extends Branch {
  readonly sig: SigName;
  readonly policies: SigPolicies;
  /** Bytes that the SIG may have in the look-aside cache; null: no limit. */
  readonly quota: number | null;
  readonly sclName: SclName;
  /** The collection is at its end of life on this EL release. */
  readonly closed: boolean;
  /** The component is built no more in the collection. */
  readonly retired: boolean;
}

export interface Component {
  readonly name: ComponentName;
  readonly exploded: boolean;
  readonly state: 'creating' | 'active';
  readonly createdAt: Date;
  readonly branches: readonly ComponentBranch[];
}

/** The columns of a component with its branches, in one query. */
export function componentQuery(sql: Sql) {
  return sql.selectFrom('components').select([
    'components.name',
    'components.exploded',
    'components.state',
    'components.created_at as createdAt',
    raw<ComponentBranch[]>`coalesce((
        select json_agg(json_build_object(
          'collection', c.name, 'release', r.release, 'sig', s.name, 'sclName', c.scl_name,
          'quota', s.quota, 'closed', r.closed, 'retired', cc.retired,
          'policies', json_build_object('commit', s.commit_policy, 'koji', s.koji_policy))
          order by c.name, length(r.release), r.release)
        from component_collections cc
        join collections c on c.name = cc.collection
        join sigs s on s.name = c.sig
        join collection_releases r on r.collection = c.name
        where cc.component = components.name), '[]')`.as('branches'),
  ]);
}

/** @throws DistGitError `not_found` */
export async function findComponent(sql: Sql, name: ComponentName): Promise<Component> {
  const found = await componentQuery(sql).where('components.name', '=', name).executeTakeFirst();
  return found ?? noComponent(name);
}

/** Finds components again and again: every push and upload asks. */
export class ComponentIndex {
  readonly #db: Database;
  readonly #cache: VersionedCache;

  constructor(db: Database, cache: VersionedCache) {
    this.#db = db;
    this.#cache = cache;
  }

  /** Always as it is now. @throws DistGitError `not_found` */
  async find(name: ComponentName): Promise<Component> {
    const found = await this.#cache.get(`component:${name}`, async () => {
      const query = componentQuery(this.#db.sql).where('components.name', '=', name);
      const value = await query.executeTakeFirst();
      return value === undefined ? null : { value, until: null };
    });
    return found ?? noComponent(name);
  }
}

function noComponent(name: ComponentName): never {
  throw new DistGitError('not_found', `There is no component ${name}.`, {
    detail: { remedy: 'Look at "centpkg component list", or create it: centpkg component create.' },
  });
}

/** The component's collections as the permission decision wants them. */
export function collectionsOf(branches: readonly ComponentBranch[]): CollectionResource[] {
  const byName = new Map(
    branches.map(({ collection, sig, policies }) => [
      collection,
      { collection, sig: { name: sig, policies } },
    ]),
  );
  return [...byName.values()];
}
