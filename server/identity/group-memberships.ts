import type { Membership } from '../../core/access/principal.ts';
import { type SigName, type SigRole, sigOfDirectoryGroup } from '../../core/domain/sig.ts';
import type { DirectoryPerson } from './directory.ts';
import { asciiLower } from './distinguished-name.ts';

/** Which groups mean something here, besides `sig-<name>`. */
export interface GroupMapping {
  /** Who is in it is a site admin; null: nobody by a group. */
  readonly adminGroup: string | null;
  /** Further groups whose members are members, or chairs, of a SIG. */
  readonly sigs: ReadonlyMap<
    SigName,
    { readonly members: readonly string[]; readonly chairs: readonly string[] }
  >;
}

/**
 * What the groups of a person mean: members of `sig-<name>` are members of SIG `<name>`, those who
 * manage that group are its chairs. Names are compared whole.
 */
export function standingOf(
  person: Pick<DirectoryPerson, 'groups' | 'managedGroups'>,
  mapping: GroupMapping,
): { readonly admin: boolean; readonly memberships: readonly Membership[] } {
  const roles = new Map<SigName, SigRole>();
  const give = (sig: SigName | null, role: SigRole): void => {
    if (sig !== null) roles.set(sig, role);
  };
  const isIn = (groups: readonly string[]): boolean =>
    groups.some((group) => person.groups.has(asciiLower(group)));
  // Chairs last: a chair who is a member as well is a chair.
  for (const group of person.groups) give(sigOfDirectoryGroup(group), 'member');
  for (const [sig, { members }] of mapping.sigs) if (isIn(members)) give(sig, 'member');
  for (const group of person.managedGroups) give(sigOfDirectoryGroup(group), 'chair');
  for (const [sig, { chairs }] of mapping.sigs) if (isIn(chairs)) give(sig, 'chair');
  const { adminGroup } = mapping;
  return {
    admin: adminGroup !== null && isIn([adminGroup]),
    memberships: [...roles].map(([sig, role]) => ({ sig, role })),
  };
}
