import { parseCollectionName } from '../../../core/domain/collection.ts';
import { type ComponentName, parseComponentName } from '../../../core/domain/component-name.ts';
import { parseUserName, type UserName } from '../../../core/domain/sig.ts';
import { createCollection } from '../../../server/collections/collections.ts';
import type { Database } from '../../../server/db/database.ts';
import { createSig } from '../../../server/sigs/sigs.ts';
import { createUser } from '../../../server/users/users.ts';
import { BY_ADMIN, parsed, unique } from './world.ts';

export async function newUser(db: Database, name = unique('user')): Promise<UserName> {
  await createUser(db, BY_ADMIN, parsed('createUser', { name }));
  return parseUserName(name);
}

export async function newSig(db: Database, name = unique('s')) {
  return (await createSig(db, BY_ADMIN, parsed('createSig', { name }))).name;
}

/** A collection, of a new SIG unless one is given, built for these EL releases. */
export async function newCollection(
  db: Database,
  releases: readonly string[] = ['7'],
  name = unique('collection'),
  sig?: string,
) {
  const input = {
    name,
    sig: sig ?? (await newSig(db)),
    releases: releases.map((release) => ({ release })),
  };
  return createCollection(db, BY_ADMIN, parsed('createCollection', input));
}

/** The rows of a component with one branch, whose repository nobody has made. */
export async function componentRows(
  db: Database,
  name: string = unique('component'),
  sig?: string,
): Promise<ComponentName> {
  const component = parseComponentName(name);
  const collection = parseCollectionName(
    (await newCollection(db, ['7'], unique('collection'), sig)).name,
  );
  await db.sql
    .insertInto('components')
    .values({
      name: component,
      exploded: false,
      state: 'creating',
      created_by: parseUserName('admin'),
    })
    .execute();
  await db.sql.insertInto('component_collections').values({ component, collection }).execute();
  return component;
}
