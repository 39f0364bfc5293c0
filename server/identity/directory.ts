import type { UserName } from '../../core/domain/sig.ts';

/** Somebody whom the directory knows, and who is not locked there. */
export interface DirectoryPerson {
  readonly name: UserName;
  readonly fullName: string;
  readonly email: string;
  /** Groups by name, in lower case: those that the person is in, through other groups too. */
  readonly groups: ReadonlySet<string>;
  /** Groups that the person may manage the members of. */
  readonly managedGroups: ReadonlySet<string>;
}

/** Where people, their passwords and their groups are kept. Every method may throw `unavailable`. */
export interface Directory {
  /**
   * Tries a password.
   * @returns null: unknown, locked, or the wrong password; nothing tells which, and each costs the
   * directory the same
   * @throws DistGitError `unavailable`
   */
  logIn(name: UserName, password: string): Promise<DirectoryPerson | null>;
  /** Those of `names` that are there and not locked. @throws DistGitError `unavailable` */
  find(names: readonly UserName[]): Promise<ReadonlyMap<UserName, DirectoryPerson>>;
  close(): Promise<void>;
}
