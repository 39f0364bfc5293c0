import { describe, expect, it } from 'vitest';
import type { AccessRequest } from '../../../core/access/action.ts';
import { decide } from '../../../core/access/decide.ts';
import { ANONYMOUS, type Principal } from '../../../core/access/principal.ts';
import { CORE, push, resource, sigOf, user, verdict } from '../support/access-world.ts';

describe('what nobody allows is refused', () => {
  it.each(['', 'conquer', 'toString', '__proto__', 'constructor', 'READ', 'read ', 'Push'])(
    'the action %j',
    (action) => {
      const collection = resource('python33', sigOf(CORE));
      const request = { ...push(collection), action, collection } as unknown as AccessRequest;
      const almighty = user({
        admin: true,
        memberships: [{ sig: CORE, role: 'chair' }],
        approvals: [{ sig: CORE, components: null }],
      });
      expect(verdict(decide(almighty, request))).toBe('-deny-by-default');
      expect(decide(ANONYMOUS, request).allowed).toBe(false);
    },
  );

  it('and the refusal names the action', () => {
    const decision = decide(user(), { action: 'conquer' } as unknown as AccessRequest);
    expect(decision.reason).toContain('conquer');
  });
});

describe('a refusal says what to do next', () => {
  const collection = resource('python33', sigOf(CORE, { koji: 'admins' }));

  it.each([
    [
      ANONYMOUS,
      push(collection),
      'Log in with a token; a site admin or "centpkg token create" issues one.',
    ],
    [
      user(),
      push(collection),
      'Ask for it: centpkg request access --sig core; or ask a chair to run: centpkg sig approve core ann',
    ],
    [user(), push(), 'Add the component to a collection: centpkg component add.'],
    [
      user(),
      { action: 'apply-koji', collection },
      'Ask for it: centpkg request koji python33; a site admin answers.',
    ],
  ] as [Principal, AccessRequest, string][])('%#', (principal, request, remedy) => {
    expect(decide(principal, request)).toMatchObject({ allowed: false, remedy });
  });
});

describe('a user of a directory that has been silent for too long', () => {
  const collection = resource('python33', sigOf(CORE, { commit: 'members' }));
  const silent = user({
    admin: true,
    memberships: [{ sig: CORE, role: 'chair' }],
    approvals: [{ sig: CORE, components: null }],
    directorySilentSince: '2026-01-02T03:04:05.000Z',
  });

  it.each<AccessRequest>([
    push(collection),
    { ...push(collection), action: 'upload' } as AccessRequest,
    { action: 'manage-collection', collection },
    { action: 'apply-koji', collection },
    { action: 'manage-sig', sig: collection.sig },
    { action: 'manage-tokens', user: silent.name },
    { action: 'administer' },
  ])('may not $action', (request) => {
    expect(decide({ ...silent, directorySilentSince: null }, request).allowed).toBe(true);
    const decision = decide(silent, request);
    expect(verdict(decision)).toBe('-directory-unreachable');
    expect(decision.reason).toContain('2026-01-02T03:04:05.000Z');
  });

  it('may read, as anybody', () => {
    expect(decide(silent, { action: 'read' }).allowed).toBe(true);
  });
});
