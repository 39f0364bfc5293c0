import type { ComponentName } from '../../core/domain/component-name.ts';
import { type RequestContext, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import {
  type Component,
  type ComponentIndex,
  collectionsOf,
} from '../components/find-component.ts';
import type { Database } from '../db/database.ts';

/**
 * The coarse question, before any byte: may this user push to some branch of the component?
 * @throws DistGitError `authentication_required`, `not_allowed`, `not_found`
 */
export async function requirePush(
  deps: { readonly db: Database; readonly components: ComponentIndex },
  context: RequestContext,
  name: ComponentName,
): Promise<Component> {
  requireUser(context);
  const component = await deps.components.find(name);
  await authorize(
    deps.db,
    context,
    { action: 'push', component: name, collections: collectionsOf(component.branches) },
    name,
  );
  return component;
}
