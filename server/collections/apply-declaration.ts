import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import type { CollectionName } from '../../core/domain/collection.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { SigName } from '../../core/domain/sig.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import {
  type ProvisionDeps,
  provisionComponent,
  requestProvision,
} from '../components/provision.ts';
import { withConstraints } from '../db/constraints.ts';
import type { Sql } from '../db/database.ts';
import { findSig } from '../sigs/find-sig.ts';
import { componentsOf, insertDepends, knownCollections } from './collections.ts';
import { declarationProblems, type Problem, pruneProblems } from './declaration-problems.ts';
import { declarationWarnings } from './declaration-warnings.ts';
import {
  type CollectionChange,
  declaredChanges,
  type KnownCollection,
} from './declared-changes.ts';

type Input = ApiParsed<'applyDeclaration'>;

/** Who may apply it: whoever manages each of its collections, changed or not. */
async function authorizeAll(
  { db }: ProvisionDeps,
  context: RequestContext,
  input: Input,
  known: ReadonlyMap<CollectionName, KnownCollection>,
  changes: readonly CollectionChange[],
) {
  const sigOf = new Map<CollectionName, SigName | undefined>(
    input.collections.map(({ name, sig }) => [name, known.get(name)?.sig ?? sig ?? input.sig]),
  );
  for (const { collection, sig } of changes) sigOf.set(collection, sig);
  const decisions = new Map<CollectionName, Awaited<ReturnType<typeof authorize>>>();
  for (const [collection, name] of sigOf) {
    // One without a SIG is a problem of the input, which is told of with all others.
    if (name === undefined) continue;
    const sig = await findSig(db.sql, name).catch((error: unknown) => {
      if (error instanceof DistGitError && error.code === 'not_found') return null;
      throw error;
    });
    if (sig === null) continue;
    const wanted = { action: 'manage-collection', collection: { collection, sig } } as const;
    decisions.set(collection, await authorize(db, context, wanted, `collection ${collection}`));
  }
  return decisions;
}

function refuse(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  throw new DistGitError('input_invalid', `The declaration has ${count}; nothing was changed.`, {
    detail: { problems, remedy: 'Correct it, and apply it again.' },
  });
}

/**
 * Makes collections as they are declared: all, or none where one can not be. A second run of the
 * same changes nothing. Nothing is removed without `prune`, and never what has branches.
 * @throws DistGitError `input_invalid` with every problem at once, `not_allowed`, `conflict`
 */
export async function applyDeclaration(
  deps: ProvisionDeps,
  context: RequestContext,
  input: Input,
): Promise<ApiOutput<'applyDeclaration'>> {
  requireUser(context);
  const { db } = deps;
  const known = await knownCollections(db.sql);
  const changes = declaredChanges(input, known, input.prune);
  const decisions = await authorizeAll(deps, context, input, known, changes);
  const sigs = await db.sql.selectFrom('sigs').select('name').execute();
  refuse([
    ...declarationProblems(input, known, new Set(sigs.map(({ name }) => name))),
    ...pruneProblems(changes, known),
  ]);
  const declared = new Set(input.collections.map(({ name }) => name));
  const answer = {
    changes: changes.map(({ collection, sig, action, fields }) => ({
      collection,
      sig,
      action,
      fields: [...fields],
    })),
    unchanged: declared.size - changes.filter((one) => declared.has(one.collection)).length,
    warnings: declarationWarnings(declared, changes, known),
  };
  if (input.dryRun || changes.length === 0) return { applied: !input.dryRun, ...answer };
  const components = await withConstraints(() =>
    db.transaction(async (sql) => {
      const now = declaredChanges(input, await knownCollections(sql), input.prune);
      if (JSON.stringify(now) !== JSON.stringify(changes))
        fail('conflict', 'Somebody else has just changed these collections.', 'Apply it again.');
      const found = await write(sql, requireUser(context).name, changes);
      for (const { collection, action, fields } of changes) {
        const decision = decisions.get(collection);
        if (decision === undefined) throw new Error(`Nobody decided on ${collection}.`);
        await recordAudit(sql, context, {
          action: action === 'change' ? 'collection.edit' : `collection.${action}`,
          subject: collection,
          decision,
          detail: { fields },
        });
      }
      for (const component of found) await requestProvision(sql, component);
      return found;
    }),
  );
  for (const component of components) await provisionComponent(deps, component);
  return { applied: true, ...answer };
}

/** @returns the components that get branches */
async function write(
  sql: Sql,
  by: Parameters<typeof createRow>[1],
  changes: readonly CollectionChange[],
): Promise<Set<ComponentName>> {
  const components = new Set<ComponentName>();
  // Every row before any dependency: they may depend on each other.
  for (const change of changes) {
    const { collection, action, settings } = change;
    if (action === 'create') await createRow(sql, by, change);
    else if (action === 'change')
      await sql
        .updateTable('collections')
        .set({
          vendor: settings.vendor,
          scl_name: settings.sclName,
          meta_component: settings.metaComponent,
          inherit_testing: settings.inheritTesting,
          testing_tests: settings.testingTests,
          release_tests: settings.releaseTests,
        })
        .where('name', '=', collection)
        .execute();
    for (const { release } of change.add)
      await sql.insertInto('collection_releases').values({ collection, release }).execute();
    if (action === 'change' && change.add.length > 0)
      for (const component of await componentsOf(sql, collection)) components.add(component);
  }
  for (const { collection, add, depend, remove } of changes) {
    const replaced = [...depend.map(({ release }) => release), ...remove];
    if (replaced.length > 0)
      await sql
        .deleteFrom('collection_depends')
        .where('collection', '=', collection)
        .where('release', 'in', replaced)
        .execute();
    for (const { release, depends } of [...add, ...depend])
      await insertDepends(sql, collection, release, depends);
  }
  for (const { collection, action, remove } of changes) {
    if (remove.length > 0)
      await sql
        .deleteFrom('collection_releases')
        .where('collection', '=', collection)
        .where('release', 'in', remove)
        .execute();
    if (action !== 'remove') continue;
    await sql.deleteFrom('auto_builds').where('collection', '=', collection).execute();
    await sql.deleteFrom('collections').where('name', '=', collection).execute();
  }
  return components;
}

async function createRow(
  sql: Sql,
  by: ReturnType<typeof requireUser>['name'],
  { collection, sig, settings }: CollectionChange,
): Promise<void> {
  await sql
    .insertInto('collections')
    .values({
      name: collection,
      sig,
      vendor: settings.vendor,
      scl_name: settings.sclName,
      meta_component: settings.metaComponent,
      inherit_testing: settings.inheritTesting,
      testing_tests: settings.testingTests,
      release_tests: settings.releaseTests,
      created_by: by,
    })
    .execute();
}
