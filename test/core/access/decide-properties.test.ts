import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccessRequest, TOKEN_VERB_OF_ACTION } from '../../../core/access/action.ts';
import { decide } from '../../../core/access/decide.ts';
import { type Principal, UNLIMITED_SCOPES } from '../../../core/access/principal.ts';
import {
  anyCollection,
  anyRequest,
  anyUser,
  collections,
  SIGS,
} from '../support/access-arbitraries.ts';
import {
  CORE,
  COREOS,
  manageComponent,
  push,
  resource,
  sigOf,
  upload,
  user,
  verdict,
} from '../support/access-world.ts';

const may = (principal: Principal, request: AccessRequest): boolean =>
  decide(principal, request).allowed;

describe('a component in several collections', () => {
  it('is uploaded to and pushed to by whoever may commit to any of its branches', () => {
    fc.assert(
      fc.property(anyUser, collections, (user, all) => {
        const anywhere = all.some((one) => may(user, push(one)));
        expect(may(user, push(...all))).toBe(anywhere);
        expect(may(user, upload(...all))).toBe(all.some((one) => may(user, upload(one))));
      }),
    );
  });

  it('is managed by whoever may in every one of them', () => {
    fc.assert(
      fc.property(anyUser, fc.array(anyCollection, { minLength: 1, maxLength: 4 }), (user, all) => {
        expect(may(user, manageComponent(...all))).toBe(
          all.every((one) => may(user, manageComponent(one))),
        );
      }),
    );
  });

  it('is not pushed to with a token whose SIG and collection are of two different branches', () => {
    const scopes = { ...UNLIMITED_SCOPES, sigs: ['core'], collections: ['rh-python34'] };
    const everywhere = [CORE, COREOS].map((sig) => ({ sig, components: null }));
    const request = push(resource('python33', sigOf(CORE)), resource('rh-python34', sigOf(COREOS)));
    expect(verdict(decide(user({ approvals: everywhere, scopes }), request))).toBe('-token-scope');
  });

  it('is not pushed to with a token for the branch where the user is not approved', () => {
    const scopes = { ...UNLIMITED_SCOPES, collections: ['rh-python34'] };
    const approvals = [{ sig: CORE, components: null }];
    const request = push(resource('python33', sigOf(CORE)), resource('rh-python34', sigOf(COREOS)));
    expect(may(user({ approvals }), request)).toBe(true);
    expect(verdict(decide(user({ approvals, scopes }), request))).toBe('-commit-approved');
  });

  it('without any branch is pushed to by nobody, and managed by a site admin only', () => {
    fc.assert(
      fc.property(anyUser, (user) => {
        expect([may(user, push()), may(user, upload())]).toEqual([false, false]);
        expect(may({ ...user, admin: false }, manageComponent())).toBe(false);
      }),
    );
    expect(verdict(decide(user(), push()))).toBe('-no-branch');
    expect(verdict(decide(user({ admin: true }), manageComponent()))).toBe('+site-admin');
  });
});

describe('the scopes of a token', () => {
  it('only take away', () => {
    fc.assert(
      fc.property(anyUser, anyRequest, (user, request) => {
        if (may(user, request))
          expect(may({ ...user, scopes: UNLIMITED_SCOPES }, request)).toBe(true);
      }),
    );
  });

  it('that name nothing allow nothing but reading', () => {
    fc.assert(
      fc.property(
        anyUser,
        anyRequest,
        fc.constantFrom('verbs', 'sigs', 'collections', 'components'),
        (user, request, dimension) => {
          const scopes = { ...UNLIMITED_SCOPES, [dimension]: [] };
          expect(verdict(decide({ ...user, scopes }, request))).toBe('-token-scope');
          expect(may({ ...user, scopes }, { action: 'read' })).toBe(true);
        },
      ),
    );
  });

  it('allow no verb for another: a robot that uploads does not push', () => {
    expect(TOKEN_VERB_OF_ACTION).toEqual({
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
    });
  });
});

describe('a site admin', () => {
  it('administers, but is no committer by being one', () => {
    fc.assert(
      fc.property(anyUser, collections, (user, all) => {
        expect(may({ ...user, admin: true }, push(...all))).toBe(
          may({ ...user, admin: false }, push(...all)),
        );
        expect(may({ ...user, admin: true }, upload(...all))).toBe(
          may({ ...user, admin: false }, upload(...all)),
        );
      }),
    );
  });

  it('may do everything else that a chair may', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        fc.pre(request.action !== 'push' && request.action !== 'upload');
        expect(may(user({ admin: true }), request)).toBe(true);
      }),
    );
  });
});

describe('a SIG', () => {
  it('is opened by nothing that concerns other SIGs', () => {
    fc.assert(
      fc.property(anyUser, anyRequest, fc.constantFrom(...SIGS), (user, request, own) => {
        const strangers = {
          ...user,
          admin: false,
          memberships: user.memberships.filter(({ sig }) => sig !== own),
          approvals: user.approvals.filter(({ sig }) => sig !== own),
        };
        const all =
          'collections' in request
            ? request.collections
            : 'collection' in request
              ? [request.collection]
              : [];
        fc.pre(all.length > 0 && all.every(({ sig }) => sig.name === own));
        expect(may(strangers, request)).toBe(false);
      }),
    );
  });

  it('with a policy that nobody knows is closed', () => {
    const policies = { commit: 'everyone', koji: 'everyone' } as never;
    const collection = resource('python33', sigOf(CORE, policies));
    const member = user({ memberships: [{ sig: CORE, role: 'chair' }] });
    expect(may(member, push(collection))).toBe(false);
    expect(may(member, { action: 'apply-koji', collection })).toBe(false);
  });
});
