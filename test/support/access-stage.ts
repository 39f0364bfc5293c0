import { type TokenScopes, UNLIMITED_SCOPES } from '../../core/access/principal.ts';
import type { SigPolicies } from '../../core/domain/sig.ts';
import { expectedAnswer, type Place } from '../core/support/access-expectation.ts';
import { PART_ELSEWHERE } from '../core/support/access-matrix.ts';
import type { Asked } from '../core/support/access-table.ts';
import type { Role } from '../core/support/access-world.ts';
import type { TestServer } from './test-server.ts';

/** Who asks; each is a user of that name, with its part in SIG `core`. */
export const STAGE_ROLES = [
  'stranger',
  'member',
  'chair',
  'approved-all',
  'approved-this',
  'approved-other',
  'admin',
  'neighbour',
] as const satisfies readonly Role[];
export type StageRole = (typeof STAGE_ROLES)[number];
/** The user of a role: `admin` is there from the first start. */
export const userOf = (role: StageRole): string => (role === 'admin' ? 'admin' : `a-${role}`);
/** Has tokens and requests that are nobody else's business. */
export const OTHER_USER = 'other';

/** What is asked about: a component, and the collections that it is in. */
export const STAGE_AT = {
  own: { component: 'python', collections: ['python33'] },
  other: { component: 'perl', collections: ['rh-python34'] },
  both: { component: 'ruby', collections: ['python33', 'rh-python34'] },
} as const;
export type StageAt = keyof typeof STAGE_AT;
const SIG_OF_COLLECTION: Readonly<Record<string, 'core' | 'coreos'>> = {
  python33: 'core',
  'rh-python34': 'coreos',
};
export const sigOfCollection = (collection: string): string => SIG_OF_COLLECTION[collection] ?? '';

interface Kind {
  readonly robot: string | null;
  readonly scopes: TokenScopes;
}
const limited = (scopes: Partial<TokenScopes>, robot: string | null = null): Kind => ({
  robot,
  scopes: { ...UNLIMITED_SCOPES, ...scopes },
});
/** Every kind of token: without limit, limited to each thing in turn, and robots. */
export const STAGE_KINDS = {
  unlimited: limited({}),
  'verb-push': limited({ verbs: ['push'] }),
  'verb-upload': limited({ verbs: ['upload'] }),
  'verb-manage': limited({ verbs: ['manage'] }),
  'verb-admin': limited({ verbs: ['admin'] }),
  'sig-core': limited({ sigs: ['core'] }),
  'sig-coreos': limited({ sigs: ['coreos'] }),
  'collection-python33': limited({ collections: ['python33'] }),
  'collection-rh-python34': limited({ collections: ['rh-python34'] }),
  'component-python': limited({ components: ['python'] }),
  'component-perl': limited({ components: ['perl'] }),
  'robot-of-python': limited({ verbs: ['push', 'upload'], components: ['python'] }, 'rebuild'),
  'robot-of-python33': limited({ verbs: ['manage'], collections: ['python33'] }, 'keeper'),
} as const satisfies Readonly<Record<string, Kind>>;
export type StageKind = keyof typeof STAGE_KINDS;

export interface Stage {
  token(role: StageRole, kind: StageKind): string;
  /** An open request of the other user, by SIG. */
  readonly requests: Readonly<Record<string, number>>;
}

/**
 * Two SIGs of which one name begins the other, a user for each role, and a token of each kind for
 * each user.
 */
export async function foundAccessStage(server: TestServer): Promise<Stage> {
  const tokens = new Map<string, string>();
  for (const [collection, sig] of Object.entries(SIG_OF_COLLECTION)) {
    await server.must('createSig', { name: sig });
    const releases = [{ release: '7' }];
    await server.must('createCollection', { name: collection, sig, releases });
  }
  for (const { component, collections } of Object.values(STAGE_AT))
    await server.must('createComponent', { name: component, collections: [...collections] });
  await server.must('createComponent', { name: 'python-setuptools', collections: ['python33'] });
  await server.must('createUser', { name: OTHER_USER });
  for (const role of STAGE_ROLES)
    if (role !== 'admin') await server.must('createUser', { name: userOf(role) });
  const approve = (role: StageRole, sig: string, components: string[] | null = null) =>
    server.must('approveUser', { sig, user: userOf(role), components });
  for (const role of ['member', 'chair'] as const)
    await server.must('setMember', { sig: 'core', user: userOf(role), role });
  await server.must('setMember', { sig: 'coreos', user: userOf('neighbour'), role: 'chair' });
  await approve('neighbour', 'coreos');
  await approve('approved-all', 'core');
  await approve('approved-this', 'core', ['python', 'ruby']);
  await approve('approved-other', 'core', ['python-setuptools']);
  for (const role of STAGE_ROLES)
    for (const [name, { robot, scopes }] of Object.entries(STAGE_KINDS) as [StageKind, Kind][]) {
      const { token } = await server.must('createToken', {
        user: userOf(role),
        robot,
        verbs: scopes.verbs === null ? null : [...scopes.verbs],
        sigs: scopes.sigs === null ? null : [...scopes.sigs],
        collections: scopes.collections === null ? null : [...scopes.collections],
        components: scopes.components === null ? null : [...scopes.components],
      });
      tokens.set(`${role}/${name}`, token);
    }
  const { token: others } = await server.must('createToken', { user: OTHER_USER });
  const requests: Record<string, number> = {};
  for (const sig of Object.values(SIG_OF_COLLECTION))
    requests[sig] = (await server.must('requestAccess', { sig }, others)).id;
  return {
    requests,
    token: (role, kind) => tokens.get(`${role}/${kind}`) ?? '',
  };
}

/** Gives both SIGs these policies. */
export async function setStagePolicies(server: TestServer, policies: SigPolicies): Promise<void> {
  for (const sig of Object.values(SIG_OF_COLLECTION))
    await server.must('updateSig', { sig, ...policies });
}

export interface StageCell {
  /** Null: nobody has logged in. */
  readonly role: StageRole | null;
  readonly kind: StageKind;
  readonly asked: Asked;
  readonly at: StageAt;
  readonly policies: SigPolicies;
}

/** The specification's answer: `allowed`, or `-` and the rule. @param collections only these */
export function stageAnswer(
  { role, kind, asked, at, policies }: StageCell,
  collections: readonly string[] = STAGE_AT[at].collections,
): string {
  const part = role ?? 'anonymous';
  const places = collections.map((collection): Place => {
    const sig = sigOfCollection(collection);
    const here = sig === 'core' ? part : (PART_ELSEWHERE[part] ?? 'stranger');
    // The stage approves this user for ruby as well, which is in both SIGs, but in `core` alone.
    return { sig, collection, policies, part: here };
  });
  const { component } = STAGE_AT[at];
  return expectedAnswer({ asked, component, places, scopes: STAGE_KINDS[kind].scopes, part });
}

/** All that may or may not push, for whichever way git comes: role, kind of token, place. */
export function stageCells(asked: Asked, places: readonly StageAt[], policies: SigPolicies) {
  const people = [
    { role: null, kind: 'unlimited' as const },
    ...STAGE_ROLES.flatMap((role) =>
      (Object.keys(STAGE_KINDS) as StageKind[]).map((kind) => ({ role, kind })),
    ),
  ];
  return people.flatMap((who) => places.map((at): StageCell => ({ ...who, asked, at, policies })));
}
