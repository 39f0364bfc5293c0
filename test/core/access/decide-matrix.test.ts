import { describe, expect, it } from 'vitest';
import type { AccessRequest } from '../../../core/access/action.ts';
import { decide } from '../../../core/access/decide.ts';
import { TOKEN_VERBS, type TokenScopes } from '../../../core/access/principal.ts';
import {
  COMMIT_POLICIES,
  KOJI_POLICIES,
  parseUserName,
  type SigName,
  type SigPolicies,
} from '../../../core/domain/sig.ts';
import {
  ASKED,
  type Asked,
  byTable,
  DIMENSIONS,
  type Dimension,
  ROWS,
  TOKEN_NEEDS,
} from '../support/access-table.ts';
import {
  ANN,
  CORE,
  COREOS,
  manageComponent,
  principalOf,
  push,
  ROLES,
  type Role,
  resource,
  sigOf,
  upload,
  verdict,
} from '../support/access-world.ts';

const COLLECTION = 'python33';
type Limit = 'none' | 'in' | 'out';
const LIMITS: readonly Limit[] = ['none', 'in', 'out'];
type Limits = Readonly<Record<'verbs' | Dimension, Limit>>;

interface Case {
  readonly asked: Asked;
  readonly own: SigName;
  readonly role: Role;
  readonly policies: SigPolicies;
  readonly limits: Limits;
}

const ALL_LIMITS: readonly Limits[] = LIMITS.flatMap((verbs) =>
  LIMITS.flatMap((sigs) =>
    LIMITS.flatMap((collections) =>
      LIMITS.map((components) => ({ verbs, sigs, collections, components })),
    ),
  ),
);
const ALL_POLICIES: readonly SigPolicies[] = COMMIT_POLICIES.flatMap((commit) =>
  KOJI_POLICIES.map((koji) => ({ commit, koji })),
);
const casesOf = (asked: Asked): Case[] =>
  [CORE, COREOS].flatMap((own) =>
    ROLES.flatMap((role) =>
      ALL_POLICIES.flatMap((policies) =>
        ALL_LIMITS.map((limits) => ({ asked, own, role, policies, limits })),
      ),
    ),
  );

/** Names that hold the right one, and names that only look like it. */
function scopesOf({ asked, own, limits }: Case): TokenScopes {
  const { verb } = TOKEN_NEEDS[asked];
  const other = own === CORE ? COREOS : CORE;
  const pick = <T>(limit: Limit, within: readonly T[], outside: readonly T[]) =>
    limit === 'none' ? null : limit === 'in' ? within : outside;
  return {
    verbs: pick(
      limits.verbs,
      verb === null ? TOKEN_VERBS : [verb],
      TOKEN_VERBS.filter((one) => one !== verb),
    ),
    sigs: pick(limits.sigs, [own, 'x'], [other, `${own}x`, 'cor', '']),
    collections: pick(limits.collections, ['x', COLLECTION], ['python', 'python3', 'python333']),
    components: pick(limits.components, ['x', 'python'], ['python-meta', 'Python', 'scls/python']),
  };
}

function requestOf({ asked, own, policies }: Case): AccessRequest {
  const sig = sigOf(own, policies);
  const collection = resource(COLLECTION, sig);
  const requests: Record<Asked, AccessRequest> = {
    read: { action: 'read' },
    push: push(collection),
    upload: upload(collection),
    'manage-component': manageComponent(collection),
    'manage-collection': { action: 'manage-collection', collection },
    'request-koji': { action: 'request-koji', collection },
    'apply-koji': { action: 'apply-koji', collection },
    'manage-sig': { action: 'manage-sig', sig },
    'own-tokens': { action: 'manage-tokens', user: ANN },
    'own-keys': { action: 'manage-keys', user: ANN },
    'other-keys': { action: 'manage-keys', user: parseUserName('ann2') },
    'other-tokens': { action: 'manage-tokens', user: parseUserName('ann2') },
    administer: { action: 'administer' },
    conquer: { action: 'conquer', collection, sig, user: ANN } as unknown as AccessRequest,
  };
  return requests[asked];
}

/** A limited token is good for what it names, and never for what the request does not name. */
function tokenCovers({ asked, limits }: Case): boolean {
  const { about } = TOKEN_NEEDS[asked];
  return (
    asked === 'read' ||
    (limits.verbs !== 'out' &&
      DIMENSIONS.every(
        (dimension) =>
          limits[dimension] === 'none' || (limits[dimension] === 'in' && about.includes(dimension)),
      ))
  );
}

/** The expected answer: allowed or not, and the rule where it is refused. */
function expected(one: Case): string {
  const table = byTable(one.asked, one.policies, one.role);
  if (one.role === 'anonymous') return table.allowed ? 'allowed' : '-login-required';
  // An unknown action is refused whatever the token; which rule says so does not matter.
  if (one.asked === 'conquer') return 'refused';
  if (!tokenCovers(one)) return '-token-scope';
  return table.allowed ? 'allowed' : `-${table.refusedBy}`;
}

function actual(one: Case): string {
  const decision = decide(principalOf(one.role, one.own, scopesOf(one)), requestOf(one));
  if (decision.allowed) return 'allowed';
  return one.asked === 'conquer' && one.role !== 'anonymous' ? 'refused' : verdict(decision);
}

describe('the decision, for every role, action, policy and token scope', () => {
  it('is looked up in a table that has a row for every action and a cell for every role', () => {
    expect(new Set(ROWS.map(({ asked }) => asked))).toEqual(new Set(ASKED));
    expect(ROWS.map(({ roles }) => roles.length)).toEqual(ROWS.map(() => ROLES.length));
    expect(ROWS).toHaveLength(17);
  });

  it.each(ASKED)('is that of the table: %s', (asked) => {
    const cases = casesOf(asked);
    expect(cases).toHaveLength(2 * 10 * 4 * 81);
    const wrong = cases.filter((one) => actual(one) !== expected(one));
    expect(wrong.slice(0, 5).map((one) => [one, actual(one), expected(one)])).toEqual([]);
  });

  it('was asked for 90720 combinations, of which the table allows 8288', () => {
    const cases = ASKED.flatMap(casesOf);
    expect(cases).toHaveLength(2 * 14 * 10 * 4 * 81);
    expect(new Set(cases.map((one) => JSON.stringify(one))).size).toBe(90_720);
    // Two SIGs times: read, push and upload, the five that manage, manage-sig, tokens, keys, administer;
    // each as roles and policies that may, times scopes that cover it.
    const allowed =
      10 * 4 * 81 + 2 * 8 * 16 + 12 * 16 + (12 + 12 + 8) * 8 + 8 * 4 + (36 + 4) * 2 * 2 + 4 * 2;
    expect(2 * allowed).toBe(8288);
    expect(cases.filter((one) => expected(one) === 'allowed')).toHaveLength(8288);
  });

  it('always names the rule and the reason, and a refusal says what to do next', () => {
    const silent = ASKED.flatMap(casesOf).filter((one) => {
      const decision = decide(principalOf(one.role, one.own, scopesOf(one)), requestOf(one));
      const said = decision.allowed ? [] : [decision.remedy];
      return ![decision.rule, decision.reason, ...said].every((text) => /\w/.test(text));
    });
    expect(silent).toEqual([]);
  });
});
