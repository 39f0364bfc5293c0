import type { AccessRequest } from '../../../core/access/action.ts';
import type { decide } from '../../../core/access/decide.ts';
import {
  type Principal,
  TOKEN_VERBS,
  type TokenScopes,
  UNLIMITED_SCOPES,
} from '../../../core/access/principal.ts';
import {
  COMMIT_POLICIES,
  DEFAULT_SIG_POLICIES,
  KOJI_POLICIES,
  parseUserName,
  type SigName,
  type SigPolicies,
} from '../../../core/domain/sig.ts';
import { expectedAnswer, type Place } from './access-expectation.ts';
import { ASKED, type Asked, type Dimension, type Part, TOKEN_NEEDS } from './access-table.ts';
import {
  ANN,
  CORE,
  COREOS,
  PYTHON,
  principalOf,
  ROLES,
  type Role,
  resource,
  sigOf,
} from './access-world.ts';

type Limit = 'none' | 'in' | 'out';
const LIMITS: readonly Limit[] = ['none', 'in', 'out'];
type Limits = Readonly<Record<'verbs' | Dimension, Limit>>;

/** A collection of the SIG in which who asks has its role, of the similar-named one, of none. */
type At = 'own' | 'other' | 'none' | 'own+other' | 'other+own';
const EVERY_AT: readonly At[] = ['own', 'other', 'none', 'own+other', 'other+own'];
/** Where each action can be asked about; what is not listed has nothing to do with SIGs. */
const ASKED_AT: Readonly<Partial<Record<Asked, readonly At[]>>> = {
  push: EVERY_AT,
  upload: EVERY_AT,
  'manage-component': EVERY_AT,
  'manage-collection': ['own', 'other'],
  'request-koji': ['own', 'other'],
  'apply-koji': ['own', 'other'],
  'manage-sig': ['own', 'other'],
  'own-request': ['own', 'other'],
  'other-request': ['own', 'other'],
};

export interface Cell {
  readonly name: string;
  readonly asked: Asked;
  readonly principal: Principal;
  readonly request: AccessRequest;
  readonly expected: string;
}

const ALL_LIMITS: readonly Limits[] = LIMITS.flatMap((verbs) =>
  LIMITS.flatMap((sigs) =>
    LIMITS.flatMap((collections) =>
      LIMITS.map((components) => ({ verbs, sigs, collections, components })),
    ),
  ),
);
export const ALL_POLICIES: readonly SigPolicies[] = COMMIT_POLICIES.flatMap((commit) =>
  KOJI_POLICIES.map((koji) => ({ commit, koji })),
);

/** Names that hold the right one, and names that only look like it. */
function scopesOf(asked: Asked, own: SigName, limits: Limits): TokenScopes {
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
    collections: pick(limits.collections, ['x', 'python33'], ['python', 'python3', 'python333']),
    components: pick(limits.components, ['x', 'python'], ['python-meta', 'Python', 'scls/python']),
  };
}

/** Who has a role in one SIG is nobody in the next, unless it is so everywhere. */
export const PART_ELSEWHERE: Readonly<Partial<Record<Role, Part>>> = {
  anonymous: 'anonymous',
  admin: 'admin',
  neighbour: 'insider',
};

function placesOf(at: At, role: Role, own: SigName, policies: SigPolicies): readonly Place[] {
  const other = own === CORE ? COREOS : CORE;
  const places = {
    own: { sig: own, collection: 'python33', policies, part: role },
    other: {
      sig: other,
      collection: 'rh-python34',
      policies,
      part: PART_ELSEWHERE[role] ?? 'stranger',
    },
  };
  return at === 'none' ? [] : at.split('+').map((one) => places[one as keyof typeof places]);
}

function requestOf(asked: Asked, places: readonly Place[]): AccessRequest {
  const collections = places.map(({ sig, collection, policies }) =>
    resource(collection, sigOf(sig as SigName, policies)),
  );
  const [collection = resource('python33', sigOf(CORE))] = collections;
  const { sig } = collection;
  const stranger = parseUserName('ann2');
  const requests: Record<Asked, AccessRequest> = {
    read: { action: 'read' },
    push: { action: 'push', component: PYTHON, collections },
    upload: { action: 'upload', component: PYTHON, collections },
    'manage-component': { action: 'manage-component', component: PYTHON, collections },
    'manage-collection': { action: 'manage-collection', collection },
    'request-koji': { action: 'request-koji', collection },
    'apply-koji': { action: 'apply-koji', collection },
    'manage-sig': { action: 'manage-sig', sig },
    'own-request': { action: 'request-access', sig, user: ANN },
    'other-request': { action: 'request-access', sig, user: stranger },
    'own-tokens': { action: 'manage-tokens', user: ANN },
    'other-tokens': { action: 'manage-tokens', user: stranger },
    'own-keys': { action: 'manage-keys', user: ANN },
    'other-keys': { action: 'manage-keys', user: stranger },
    administer: { action: 'administer' },
    conquer: { action: 'conquer', collection, sig, user: ANN } as unknown as AccessRequest,
  };
  return requests[asked];
}

/** Users of a directory that has been silent for too long: whatever they were, they only read. */
function silentCells(): Cell[] {
  return ASKED.flatMap((asked) =>
    ROLES.filter((role) => role !== 'anonymous').map((role): Cell => {
      const known = principalOf(role, CORE, UNLIMITED_SCOPES);
      const principal = { ...known, directorySilentSince: '2026-01-01T00:00:00.000Z' };
      const places = placesOf('own', role, CORE, DEFAULT_SIG_POLICIES);
      const refused = asked === 'conquer' ? 'refused' : '-directory-unreachable';
      return {
        name: `${asked} by ${role}, the directory silent`,
        asked,
        principal,
        request: requestOf(asked, places),
        expected: asked === 'read' ? 'allowed' : refused,
      };
    }),
  );
}

/** Every cell: who, with which limits of the token, asks what, of which SIGs with which policies. */
export function matrix(): Cell[] {
  return [...heardCells(), ...silentCells()];
}

function heardCells(): Cell[] {
  return ASKED.flatMap((asked) =>
    (ASKED_AT[asked] ?? ['own']).flatMap((at) =>
      [CORE, COREOS].flatMap((own) =>
        ALL_POLICIES.flatMap((policies) =>
          ROLES.flatMap((role) => {
            const places = placesOf(at, role, own, policies);
            const request = requestOf(asked, places);
            return ALL_LIMITS.map((limits): Cell => {
              const scopes = scopesOf(asked, own, limits);
              return {
                name: JSON.stringify({ asked, at, own, ...policies, role, limits }),
                asked,
                principal: principalOf(role, own, scopes),
                request,
                expected: expectedAnswer({
                  asked,
                  component: PYTHON,
                  places,
                  scopes,
                  part: role,
                }),
              };
            });
          }),
        ),
      ),
    ),
  );
}

/** What is wrong with the answer to a cell; null: nothing. */
export function faultOf(cell: Cell, decision: ReturnType<typeof decide>): string | null {
  const said = decision.allowed ? [] : [decision.remedy];
  const silent = ![decision.rule, decision.reason, ...said].every((text) => /\w/.test(text));
  if (silent) return `${cell.name} is answered without words`;
  const { expected, asked, principal } = cell;
  const unknown = asked === 'conquer' && principal.kind === 'user';
  const answer = decision.allowed ? 'allowed' : unknown ? 'refused' : `-${decision.rule}`;
  return answer === expected ? null : `${cell.name} is ${answer} instead of ${expected}`;
}
