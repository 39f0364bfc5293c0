import type { ApiOutput } from '../../core/api/schemas.ts';
import type { RequestContext } from '../access/audit.ts';

export function whoami({ principal }: RequestContext): ApiOutput<'whoami'> {
  if (principal.kind === 'anonymous')
    return {
      user: null,
      admin: false,
      credential: null,
      validUntil: null,
      sigs: [],
      approvals: [],
      scopes: null,
    };
  const list = (names: readonly string[] | null): string[] | null =>
    names === null ? null : [...names];
  return {
    user: principal.name,
    admin: principal.admin,
    credential: principal.credential,
    validUntil: principal.validUntil,
    sigs: principal.memberships.map(({ sig, role }) => ({ sig, role })),
    approvals: principal.approvals.map(({ sig, components }) => ({
      sig,
      components: list(components),
    })),
    scopes: {
      verbs: principal.scopes.verbs === null ? null : [...principal.scopes.verbs],
      sigs: list(principal.scopes.sigs),
      collections: list(principal.scopes.collections),
      components: list(principal.scopes.components),
    },
  };
}
