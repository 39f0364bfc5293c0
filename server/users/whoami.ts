import { decide } from '../../core/access/decide.ts';
import { mayIn, type SigAndCollections } from '../../core/access/may.ts';
import type { UserPrincipal } from '../../core/access/principal.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import type { CollectionName } from '../../core/domain/collection.ts';
import type { RequestContext } from '../access/audit.ts';
import type { Database, Sql } from '../db/database.ts';

/** Who asks, by which credential, and what that is good for. */
export async function whoami(
  db: Database,
  { principal }: RequestContext,
): Promise<ApiOutput<'whoami'>> {
  if (principal.kind === 'anonymous')
    return {
      user: null,
      admin: false,
      credential: null,
      validUntil: null,
      sigs: [],
      approvals: [],
      scopes: null,
      administer: false,
      may: [],
    };
  const list = (names: readonly string[] | null): string[] | null =>
    names === null ? null : [...names];
  const { scopes } = principal;
  return {
    user: principal.name,
    admin: principal.admin,
    credential: principal.credential,
    validUntil: principal.validUntil,
    sigs: principal.memberships.map(({ sig, role }) => ({ sig, role })),
    approvals: principal.approvals.map(({ sig, components }) => ({
      sig,
      components: list(components),
    })),
    scopes: {
      verbs: scopes.verbs === null ? null : [...scopes.verbs],
      sigs: list(scopes.sigs),
      collections: list(scopes.collections),
      components: list(scopes.components),
    },
    administer: decide(principal, { action: 'administer' }).allowed,
    may: mayIn(principal, await sigsOf(db.sql, principal)).map(
      ({ sig, action, collections, components }) => ({
        sig,
        action,
        collections: list(collections),
        components: list(components),
      }),
    ),
  };
}

/** The SIGs in which a user has a part, with those of their collections that the scopes name. */
async function sigsOf(sql: Sql, user: UserPrincipal): Promise<SigAndCollections[]> {
  const names = [...new Set([...user.memberships, ...user.approvals].map(({ sig }) => sig))];
  if (names.length === 0) return [];
  const sigs = await sql
    .selectFrom('sigs')
    .select(['name', 'commit_policy', 'koji_policy'])
    .where('name', 'in', names)
    .orderBy('name')
    .execute();
  const named = (user.scopes.collections ?? []) as CollectionName[];
  const collections =
    named.length === 0
      ? []
      : await sql
          .selectFrom('collections')
          .select(['name', 'sig'])
          .where('name', 'in', named)
          .orderBy('name')
          .execute();
  return sigs.map((row) => ({
    sig: { name: row.name, policies: { commit: row.commit_policy, koji: row.koji_policy } },
    collections: collections.flatMap(({ name, sig }) => (sig === row.name ? [name] : [])),
  }));
}
