import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessRequest } from '../../../core/access/action.ts';
import { decide } from '../../../core/access/decide.ts';
import { mayIn } from '../../../core/access/may.ts';
import { DEFAULT_SIG_POLICIES } from '../../../core/domain/sig.ts';
import { anyCollection, anyUser } from '../support/access-arbitraries.ts';
import { CORE, PYTHON, push, resource, sigOf, upload, user } from '../support/access-world.ts';
import { collection, component } from '../support/names.ts';

const COMPONENTS = [PYTHON, component('perl'), component('zsh')];

describe('what one may do in a SIG', () => {
  it('is just what the decision allows, for every collection and component of it', () => {
    fc.assert(
      fc.property(anyUser, anyCollection, (user, one) => {
        const collections = (user.scopes.collections ?? []).map(collection);
        const may = mayIn(user, [{ sig: one.sig, collections }]);
        const says = (action: string, name?: string): boolean =>
          may.some(
            (line) =>
              line.action === action &&
              (line.collections?.includes(one.collection) ?? true) &&
              (name === undefined || (line.components?.some((known) => known === name) ?? true)),
          );
        const asked = [
          ...COMPONENTS.flatMap((name) =>
            (['push', 'upload', 'manage-component'] as const).map(
              (action): [AccessRequest, string] => [
                { action, component: name, collections: [one] },
                name,
              ],
            ),
          ),
          ...(['manage-collection', 'apply-koji', 'request-koji'] as const).map(
            (action): [AccessRequest] => [{ action, collection: one }],
          ),
          [{ action: 'manage-sig', sig: one.sig }] as [AccessRequest],
        ];
        for (const [request, name] of asked)
          expect([request.action, name, says(request.action, name)]).toEqual([
            request.action,
            name,
            decide(user, request).allowed,
          ]);
      }),
      { numRuns: 500 },
    );
  });

  it('is nothing where one has no part', () => {
    expect(mayIn(user(), [{ sig: sigOf(CORE), collections: [] }])).toEqual([]);
  });

  it('says "all" where everything is meant, and names what is limited', () => {
    const ann = user({ approvals: [{ sig: CORE, components: null }] });
    const sig = { name: CORE, policies: DEFAULT_SIG_POLICIES };
    expect(mayIn(ann, [{ sig, collections: [] }])).toEqual(
      ['push', 'upload'].map((action) => ({
        sig: CORE,
        action,
        collections: null,
        components: null,
      })),
    );
    const some = user({ approvals: [{ sig: CORE, components: [PYTHON] }] });
    expect(mayIn(some, [{ sig, collections: [] }])).toMatchObject([
      { action: 'push', components: [PYTHON] },
      { action: 'upload', components: [PYTHON] },
    ]);
    // A collection that is named like the one that stands for all is a name like others.
    const scopes = { verbs: null, sigs: null, collections: ['any'], components: ['any'] };
    const any = [collection('any')];
    expect(mayIn({ ...ann, scopes }, [{ sig, collections: any }])).toMatchObject([
      { action: 'push', collections: any, components: ['any'] },
      { action: 'upload', collections: any, components: ['any'] },
    ]);
    const request = push(resource('any', sig));
    expect(decide({ ...ann, scopes }, request).allowed).toBe(false);
    expect(decide(ann, upload(resource('any', sig))).allowed).toBe(true);
  });
});
