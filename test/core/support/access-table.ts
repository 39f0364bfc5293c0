import type { TokenVerb } from '../../../core/access/principal.ts';
import type { SigPolicies } from '../../../core/domain/sig.ts';
import { ROLES } from './access-world.ts';

/**
 * Who may do what with an unlimited token, written down from the specification and not from the
 * code. Columns as in `PARTS`: anonymous, stranger, member, chair, approved for all components,
 * for this one, for others, for none; site admin; everything in a SIG of a similar name; everything
 * in this SIG. `own` and `other`: of oneself and of another user. `conquer` is an action nobody knows.
 */
const TABLE = `
  asked              commit    koji     anon stra memb chai  all this othe none admi neig insi  refused by
  read               *         *        yes  yes  yes  yes   yes  yes  yes  yes  yes  yes  yes   nobody
  push               approved  *        no   no   no   no    yes  yes  no   no   no   no   yes   commit-approved
  push               members   *        no   no   yes  yes   no   no   no   no   no   no   yes   commit-members
  upload             approved  *        no   no   no   no    yes  yes  no   no   no   no   yes   commit-approved
  upload             members   *        no   no   yes  yes   no   no   no   no   no   no   yes   commit-members
  manage-component   *         *        no   no   yes  yes   no   no   no   no   yes  no   yes   sig-member
  manage-collection  *         *        no   no   yes  yes   no   no   no   no   yes  no   yes   sig-member
  request-koji       *         *        no   no   yes  yes   no   no   no   no   yes  no   yes   sig-member
  apply-koji         *         members  no   no   yes  yes   no   no   no   no   yes  no   yes   sig-member
  apply-koji         *         admins   no   no   no   no    no   no   no   no   yes  no   no    koji-admins
  manage-sig         *         *        no   no   no   yes   no   no   no   no   yes  no   yes   sig-chair
  own-request        *         *        no   yes  yes  yes   yes  yes  yes  yes  yes  yes  yes   nobody
  other-request      *         *        no   no   no   no    no   no   no   no   no   no   no    own-request
  own-tokens         *         *        no   yes  yes  yes   yes  yes  yes  yes  yes  yes  yes   nobody
  other-tokens       *         *        no   no   no   no    no   no   no   no   yes  no   no    site-admin
  own-keys           *         *        no   yes  yes  yes   yes  yes  yes  yes  yes  yes  yes   nobody
  other-keys         *         *        no   no   no   no    no   no   no   no   yes  no   no    site-admin
  administer         *         *        no   no   no   no    no   no   no   no   yes  no   no    site-admin
  conquer            *         *        no   no   no   no    no   no   no   no   no   no   no    deny-by-default`;

/** The part that somebody has in one SIG. */
export const PARTS = [...ROLES, 'insider'] as const;
export type Part = (typeof PARTS)[number];

export const ASKED = [
  'read',
  'push',
  'upload',
  'manage-component',
  'manage-collection',
  'request-koji',
  'apply-koji',
  'manage-sig',
  'own-request',
  'other-request',
  'own-tokens',
  'other-tokens',
  'own-keys',
  'other-keys',
  'administer',
  'conquer',
] as const;
export type Asked = (typeof ASKED)[number];

interface Row {
  readonly asked: string;
  readonly commit: string;
  readonly koji: string;
  readonly roles: readonly string[];
  readonly refusedBy: string;
}

export const ROWS: readonly Row[] = TABLE.trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [asked = '', commit = '', koji = '', ...rest] = line.trim().split(/\s+/);
    return { asked, commit, koji, roles: rest.slice(0, -1), refusedBy: rest.at(-1) ?? '' };
  });

/** What the table says for an unlimited token. Exactly one row must answer. */
export function byTable(asked: Asked, policies: SigPolicies, part: Part) {
  const [row, second] = ROWS.filter(
    (row) =>
      row.asked === asked &&
      (row.commit === '*' || row.commit === policies.commit) &&
      (row.koji === '*' || row.koji === policies.koji),
  );
  const cell = row?.roles[PARTS.indexOf(part)];
  if (row === undefined || second !== undefined || (cell !== 'yes' && cell !== 'no'))
    throw new Error(`the table has no answer for ${asked}`);
  return { allowed: cell === 'yes', refusedBy: row.refusedBy };
}

/** What a token must be good for: a verb, and the things that the request is about. */
export const TOKEN_NEEDS: Readonly<
  Record<Asked, { readonly verb: TokenVerb | null; readonly about: readonly Dimension[] }>
> = {
  read: { verb: null, about: [] },
  push: { verb: 'push', about: ['sigs', 'collections', 'components'] },
  upload: { verb: 'upload', about: ['sigs', 'collections', 'components'] },
  'manage-component': { verb: 'manage', about: ['sigs', 'collections', 'components'] },
  'manage-collection': { verb: 'manage', about: ['sigs', 'collections'] },
  'request-koji': { verb: 'manage', about: ['sigs', 'collections'] },
  'apply-koji': { verb: 'manage', about: ['sigs', 'collections'] },
  'manage-sig': { verb: 'admin', about: ['sigs'] },
  'own-request': { verb: 'admin', about: ['sigs'] },
  'other-request': { verb: 'admin', about: ['sigs'] },
  'own-tokens': { verb: 'admin', about: [] },
  'other-tokens': { verb: 'admin', about: [] },
  'own-keys': { verb: 'admin', about: [] },
  'other-keys': { verb: 'admin', about: [] },
  administer: { verb: 'admin', about: [] },
  conquer: { verb: null, about: [] },
};

export const DIMENSIONS = ['sigs', 'collections', 'components'] as const;
export type Dimension = (typeof DIMENSIONS)[number];
