import type { CollectionResource } from '../../core/access/action.ts';
import { decide } from '../../core/access/decide.ts';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { builtPackageName } from '../../core/domain/built-package-name.ts';
import type { CollectionName } from '../../core/domain/collection.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { PolicyLevels } from '../../core/pushes/check-push.ts';
import type { PushLimits } from '../../core/pushes/push-facts.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import { withConstraints } from '../db/constraints.ts';
import type { Database, Sql } from '../db/database.ts';
import { type Component, componentQuery, findComponent } from './find-component.ts';
import { followInKoji } from './koji-jobs.ts';
import { type ProvisionDeps, provisionComponent, requestProvision } from './provision.ts';

type ComponentView = ApiOutput<'showComponent'>;

export interface ComponentDeps extends ProvisionDeps {
  /** The clone URL of a component. */
  gitUrl(component: ComponentName): string;
  /** Null: there is no git over SSH. */
  sshUrl(component: ComponentName): string | null;
}

function view(deps: ComponentDeps, component: Component): ComponentView {
  return {
    name: component.name,
    exploded: component.exploded,
    state: component.state,
    gitUrl: deps.gitUrl(component.name),
    sshUrl: deps.sshUrl(component.name),
    branches: component.branches.map((branch) => ({
      name: branchName(branch),
      collection: branch.collection,
      release: branch.release,
      sig: branch.sig,
      builtPackage: builtPackageName(component.name, branch.sclName),
      closed: branch.closed,
      retired: branch.retired,
    })),
    createdAt: component.createdAt.toISOString(),
  };
}

/** By name, `limit` at a time; the next page begins `after` the last name of this one. */
export async function listComponents(
  deps: ComponentDeps,
  { collection, after, limit }: ApiParsed<'listComponents'>,
) {
  let query = componentQuery(deps.db.sql).orderBy('components.name').limit(limit);
  if (after !== undefined) query = query.where('components.name', '>', after as ComponentName);
  if (collection !== undefined)
    query = query.where('components.name', 'in', (inner) =>
      inner
        .selectFrom('component_collections')
        .select('component')
        .where('collection', '=', collection),
    );
  return { items: (await query.execute()).map((component) => view(deps, component)) };
}

export async function showComponent(deps: ComponentDeps, name: ComponentName) {
  return view(deps, await findComponent(deps.db.sql, name));
}

/** @throws DistGitError `not_found` that names every collection that is missing */
async function collectionResources(
  sql: Sql,
  names: readonly CollectionName[],
): Promise<CollectionResource[]> {
  const rows = await sql
    .selectFrom('collections')
    .innerJoin('sigs', 'sigs.name', 'collections.sig')
    .select(['collections.name as collection', 'sigs.name', 'commit_policy', 'koji_policy'])
    .where('collections.name', 'in', names)
    .execute();
  const missing = names.filter((name) => !rows.some((row) => row.collection === name));
  if (missing.length > 0)
    throw new DistGitError('not_found', `There is no collection ${missing.join(', ')}.`, {
      detail: { remedy: 'See "centpkg collection list", or create it: centpkg collection create.' },
    });
  return rows.map((row) => ({
    collection: row.collection,
    sig: { name: row.name, policies: { commit: row.commit_policy, koji: row.koji_policy } },
  }));
}

/**
 * Puts a component into collections: authorizes, commits the rows, then lets git act. A crash in
 * between is repaired by the job.
 * @param before what else belongs into the transaction, ahead of the collections
 */
async function joinCollections(
  deps: ComponentDeps,
  context: RequestContext,
  name: ComponentName,
  collections: readonly CollectionName[],
  action: 'component.create' | 'component.add',
  before: (sql: Sql) => Promise<unknown>,
): Promise<ComponentView> {
  const { db } = deps;
  const unique = [...new Set(collections)];
  const decision = await authorize(
    db,
    context,
    {
      action: 'manage-component',
      component: name,
      collections: await collectionResources(db.sql, unique),
    },
    `component ${name}`,
  );
  await withConstraints(() =>
    db.transaction(async (sql) => {
      await before(sql);
      await sql
        .insertInto('component_collections')
        .values(unique.map((collection) => ({ component: name, collection })))
        .execute();
      await requestProvision(sql, name);
      await followInKoji(sql, context, unique);
      const detail = { collections: unique };
      await recordAudit(sql, context, { action, subject: name, decision, detail });
    }),
  );
  await provisionComponent(deps, name);
  return showComponent(deps, name);
}

/**
 * The component, its repository and its branches.
 * @throws DistGitError `not_found`, `conflict`, `not_allowed`
 */
export function createComponent(
  deps: ComponentDeps,
  context: RequestContext,
  { name, collections, exploded }: ApiParsed<'createComponent'>,
): Promise<ComponentView> {
  return joinCollections(deps, context, name, collections, 'component.create', (sql) =>
    sql
      .insertInto('components')
      .values({ name, exploded, state: 'creating', created_by: requireUser(context).name })
      .execute(),
  );
}

/**
 * New branches only; those that are there stay as they are.
 * @throws DistGitError `not_found`, `conflict`, `not_allowed`
 */
export async function addToCollections(
  deps: ComponentDeps,
  context: RequestContext,
  { component, collections }: ApiParsed<'addToCollections'>,
): Promise<ComponentView> {
  const { name } = await findComponent(deps.db.sql, component);
  return joinCollections(deps, context, name, collections, 'component.add', async () => {});
}

/** All that `centpkg pre-push-check` needs to run the server's checks in a working copy. */
export async function showChecks(
  db: Database,
  context: RequestContext,
  checks: { readonly limits: PushLimits; readonly levels: PolicyLevels },
  name: ComponentName,
): Promise<ApiOutput<'showChecks'>> {
  const component = await findComponent(db.sql, name);
  return {
    component: name,
    exploded: component.exploded,
    branches: component.branches.map(({ collection, release, sig, sclName, closed, policies }) => ({
      collection,
      release,
      sig,
      sclName,
      closed,
      decision: decide(context.principal, {
        action: 'push',
        component: name,
        collections: [{ collection, sig: { name: sig, policies } }],
      }),
    })),
    limits: checks.limits,
    levels: checks.levels,
  };
}
