import type { TokenScopes } from '../../../core/access/principal.ts';
import type { SigPolicies } from '../../../core/domain/sig.ts';
import { type Asked, byTable, DIMENSIONS, type Part, TOKEN_NEEDS } from './access-table.ts';

/** One collection that is asked about, and the part that who asks has in its SIG. */
export interface Place {
  readonly sig: string;
  readonly collection: string;
  readonly policies: SigPolicies;
  readonly part: Part;
}
export interface Question {
  readonly asked: Asked;
  readonly component: string;
  readonly places: readonly Place[];
  readonly scopes: TokenScopes;
  /** Of who asks, where no SIG is asked about. */
  readonly part: Part;
}

/** One branch is enough to push or upload; whoever manages must be let in everywhere. */
const ONE_IS_ENOUGH: ReadonlySet<Asked> = new Set(['push', 'upload']);
/** What is refused where nothing is asked about, and who may all the same. */
const NOWHERE: Readonly<Partial<Record<Asked, { refusedBy: string; admin: boolean }>>> = {
  push: { refusedBy: 'no-branch', admin: false },
  upload: { refusedBy: 'no-branch', admin: false },
  'manage-component': { refusedBy: 'site-admin', admin: true },
};
/** These have nothing to do with SIGs. */
const WITHOUT_SIG: ReadonlySet<Asked> = new Set([
  'read',
  'own-tokens',
  'other-tokens',
  'own-keys',
  'other-keys',
  'administer',
  'conquer',
]);

/** The answer that the specification gives: `allowed`, or `-` and the rule that refuses. */
export function expectedAnswer({ asked, component, places, scopes, part }: Question): string {
  const { verb, about } = TOKEN_NEEDS[asked];
  if (asked === 'read') return 'allowed';
  if (part === 'anonymous') return '-login-required';
  // An unknown action is refused whatever the token; which rule says so does not matter.
  if (asked === 'conquer') return 'refused';
  const policies = places[0]?.policies ?? { commit: 'approved', koji: 'members' };
  const verbs: readonly (string | null)[] | null = scopes.verbs;
  const blind = DIMENSIONS.some((one) => scopes[one] !== null && !about.includes(one));
  const covers = (limit: readonly string[] | null, name: string): boolean =>
    limit === null || limit.includes(name);
  const whole = [
    verbs === null || verbs.includes(verb),
    !blind,
    !about.includes('components') || covers(scopes.components, component),
  ];
  if (whole.includes(false)) return '-token-scope';
  if (WITHOUT_SIG.has(asked)) {
    const { allowed, refusedBy } = byTable(asked, policies, part);
    return allowed ? 'allowed' : `-${refusedBy}`;
  }
  const nowhere = NOWHERE[asked];
  if (places.length === 0) {
    if (scopes.sigs !== null || scopes.collections !== null) return '-token-scope';
    if (nowhere === undefined) throw new Error(`${asked} is always about a SIG`);
    return nowhere.admin && part === 'admin' ? 'allowed' : `-${nowhere.refusedBy}`;
  }
  const answers = places.map((place) => {
    const inScope =
      covers(scopes.sigs, place.sig) &&
      (!about.includes('collections') || covers(scopes.collections, place.collection));
    if (!inScope) return '-token-scope';
    const { allowed, refusedBy } = byTable(asked, place.policies, place.part);
    return allowed ? 'allowed' : `-${refusedBy}`;
  });
  const refusals = answers.filter((answer) => answer !== 'allowed');
  if (!ONE_IS_ENOUGH.has(asked))
    // A scope that does not reach is told before anything else.
    return refusals.includes('-token-scope') ? '-token-scope' : (refusals[0] ?? 'allowed');
  if (refusals.length < answers.length) return 'allowed';
  const reached = [
    places.some(({ sig }) => covers(scopes.sigs, sig)),
    places.some(({ collection }) => covers(scopes.collections, collection)),
  ];
  // Of several branches the last one's refusal is told.
  return reached.includes(false) ? '-token-scope' : (answers.at(-1) ?? '');
}
