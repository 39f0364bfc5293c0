import type { CollectionName } from '../domain/collection.ts';
import type { ComponentName } from '../domain/component-name.ts';
import type { UserName } from '../domain/sig.ts';
import type { SigResource, TokenVerb } from './principal.ts';

/** One collection that a component belongs to, and the SIG that owns it. */
export interface CollectionResource {
  readonly collection: CollectionName;
  readonly sig: SigResource;
}

/** Everything that can be asked for, with what it is asked of. Anything else is refused. */
export type AccessRequest =
  | { readonly action: 'read' }
  /** One branch (`collections` of length one), or "any branch of this component". */
  | {
      readonly action: 'push' | 'upload';
      readonly component: ComponentName;
      readonly collections: readonly CollectionResource[];
    }
  /** Creates a component in these collections, adds it to them, or edits it there. */
  | {
      readonly action: 'manage-component';
      readonly component: ComponentName;
      readonly collections: readonly CollectionResource[];
    }
  | { readonly action: 'manage-collection'; readonly collection: CollectionResource }
  /** Sets up Koji for a collection; `request-koji` asks an admin to. */
  | { readonly action: 'apply-koji' | 'request-koji'; readonly collection: CollectionResource }
  /** Approves users, changes policies. */
  | { readonly action: 'manage-sig'; readonly sig: SigResource }
  /** Asks a SIG for an approval, or takes the question back. */
  | { readonly action: 'request-access'; readonly sig: SigResource; readonly user: UserName }
  /** Issues, lists or revokes tokens of a user. */
  | { readonly action: 'manage-tokens'; readonly user: UserName }
  /** Adds, lists or removes SSH keys of a user. */
  | { readonly action: 'manage-keys'; readonly user: UserName }
  /** Creates SIGs and users, sets members of local SIGs, reads the audit log. */
  | { readonly action: 'administer' };

export type Action = AccessRequest['action'];

/** Every action, as commands and the API name them. */
export const ACTIONS = [
  'read',
  'push',
  'upload',
  'manage-component',
  'manage-collection',
  'apply-koji',
  'request-koji',
  'manage-sig',
  'request-access',
  'manage-tokens',
  'manage-keys',
  'administer',
] as const satisfies readonly Action[];

/** Which verb of a token an action needs; null: none. */
export const TOKEN_VERB_OF_ACTION = {
  read: null,
  push: 'push',
  upload: 'upload',
  'manage-component': 'manage',
  'manage-collection': 'manage',
  'apply-koji': 'manage',
  'request-koji': 'manage',
  'manage-sig': 'admin',
  'request-access': 'admin',
  'manage-tokens': 'admin',
  'manage-keys': 'admin',
  administer: 'admin',
} as const satisfies Readonly<Record<Action, TokenVerb | null>>;
