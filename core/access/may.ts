import { type CollectionName, parseCollectionName } from '../domain/collection.ts';
import { type ComponentName, parseComponentName } from '../domain/component-name.ts';
import type { SigName } from '../domain/sig.ts';
import type { AccessRequest, Action } from './action.ts';
import { decide } from './decide.ts';
import type { SigResource, UserPrincipal } from './principal.ts';

/** One thing that a user may do in a SIG; null stands for all collections or components of it. */
export interface May {
  readonly sig: SigName;
  readonly action: Action;
  readonly collections: readonly CollectionName[] | null;
  readonly components: readonly ComponentName[] | null;
}

/** A SIG, and those of its collections that the credential names. */
export interface SigAndCollections {
  readonly sig: SigResource;
  readonly collections: readonly CollectionName[];
}

type Ask = (
  sig: SigResource,
  collection: CollectionName,
  component: ComponentName,
) => AccessRequest;

const IN_A_COLLECTION: Readonly<Partial<Record<Action, Ask>>> = {
  push: (sig, collection, component) => ({
    action: 'push',
    component,
    collections: [{ collection, sig }],
  }),
  upload: (sig, collection, component) => ({
    action: 'upload',
    component,
    collections: [{ collection, sig }],
  }),
  'manage-component': (sig, collection, component) => ({
    action: 'manage-component',
    component,
    collections: [{ collection, sig }],
  }),
  'manage-collection': (sig, collection) => ({
    action: 'manage-collection',
    collection: { collection, sig },
  }),
  'apply-koji': (sig, collection) => ({ action: 'apply-koji', collection: { collection, sig } }),
  'request-koji': (sig, collection) => ({
    action: 'request-koji',
    collection: { collection, sig },
  }),
};

/** What a user may do in these SIGs, found by asking the one decision. */
export function mayIn(user: UserPrincipal, sigs: readonly SigAndCollections[]): May[] {
  const { scopes } = user;
  return sigs.flatMap(({ sig, collections }) => {
    const approved = user.approvals.flatMap((one) =>
      one.sig === sig.name ? (one.components ?? []) : [],
    );
    const named = [...new Set([...(scopes.components ?? []), ...approved])].map(parseComponentName);
    const anyComponent = parseComponentName(unlisted(named));
    const anyCollection = parseCollectionName(unlisted(scopes.collections ?? []));
    const asked = scopes.collections === null ? [anyCollection] : collections;
    const found: May[] = [];
    for (const [action, ask] of Object.entries(IN_A_COLLECTION) as [Action, Ask][]) {
      const aboutComponent = 'component' in ask(sig, anyCollection, anyComponent);
      const may = (component: ComponentName): CollectionName[] =>
        asked.filter((collection) => decide(user, ask(sig, collection, component)).allowed);
      const everywhere = may(anyComponent);
      const components =
        everywhere.length > 0 || !aboutComponent
          ? null
          : named.filter((component) => may(component).length > 0);
      const where = components === null ? everywhere : components.flatMap(may);
      if (where.length > 0)
        found.push({
          sig: sig.name,
          action,
          collections: scopes.collections === null ? null : [...new Set(where)],
          components,
        });
    }
    if (decide(user, { action: 'manage-sig', sig }).allowed)
      found.push({ sig: sig.name, action: 'manage-sig', collections: null, components: null });
    return found;
  });
}

/** A name that no list has: what is allowed for it is allowed for every name. */
function unlisted(names: readonly string[]): string {
  let name = 'any';
  while (names.includes(name)) name += 'x';
  return name;
}
