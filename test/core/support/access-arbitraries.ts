import * as fc from 'fast-check';
import type { AccessRequest, CollectionResource } from '../../../core/access/action.ts';
import { TOKEN_VERBS, type TokenScopes } from '../../../core/access/principal.ts';
import { COMMIT_POLICIES, KOJI_POLICIES, SIG_ROLES } from '../../../core/domain/sig.ts';
import { manageComponent, PYTHON, push, resource, sigOf, upload, user } from './access-world.ts';
import { sig } from './names.ts';

export const SIGS = ['core', 'coreos', 'sclo'].map(sig);
const anyOf = <T>(...values: readonly T[]) => fc.option(fc.subarray([...values]));
const anyScopes: fc.Arbitrary<TokenScopes> = fc.record({
  verbs: anyOf(...TOKEN_VERBS),
  sigs: anyOf<string>(...SIGS),
  collections: anyOf('python33', 'rh-python34', 'git25'),
  components: anyOf<string>(PYTHON, 'perl'),
});
export const anyUser = fc
  .record({
    admin: fc.boolean(),
    memberships: fc.uniqueArray(
      fc.record({ sig: fc.constantFrom(...SIGS), role: fc.constantFrom(...SIG_ROLES) }),
      { selector: ({ sig }) => sig },
    ),
    approvals: fc.array(fc.record({ sig: fc.constantFrom(...SIGS), components: anyOf(PYTHON) }), {
      maxLength: 2,
    }),
    scopes: anyScopes,
  })
  .map(user);
export const anyCollection: fc.Arbitrary<CollectionResource> = fc
  .record({
    name: fc.constantFrom('python33', 'rh-python34', 'git25'),
    sig: fc.constantFrom(...SIGS),
    commit: fc.constantFrom(...COMMIT_POLICIES),
    koji: fc.constantFrom(...KOJI_POLICIES),
  })
  .map(({ name, sig, ...policies }) => resource(name, sigOf(sig, policies)));
export const collections = fc.array(anyCollection, { maxLength: 4 });
export const anyRequest: fc.Arbitrary<AccessRequest> = fc.oneof(
  collections.map((all) => push(...all)),
  collections.map((all) => upload(...all)),
  collections.map((all) => manageComponent(...all)),
  anyCollection.map((collection) => ({ action: 'manage-collection' as const, collection })),
  anyCollection.map((collection) => ({ action: 'apply-koji' as const, collection })),
  anyCollection.map((collection) => ({ action: 'request-koji' as const, collection })),
  anyCollection.map(({ sig }) => ({ action: 'manage-sig' as const, sig })),
  fc.constant<AccessRequest>({ action: 'administer' }),
);
