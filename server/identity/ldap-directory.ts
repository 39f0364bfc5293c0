import { DistGitError } from '../../core/api/distgit-error.ts';
import type { UserName } from '../../core/domain/sig.ts';
import type { Directory, DirectoryPerson } from './directory.ts';
import { asciiLower, commonNameBelow, escapeDnValue, normalDn } from './distinguished-name.ts';
import { groupsOfAll, type Parents } from './group-graph.ts';
import { LdapConnection, type LdapEntry, LdapFault, type LdapOptions } from './ldap-connection.ts';
import { failOver, LdapPool } from './ldap-pool.ts';

export interface LdapDirectoryOptions extends LdapOptions {
  readonly urls: readonly string[];
  /** Who searches; null: nobody, searches are anonymous. */
  readonly account: { readonly dn: string; readonly password: string } | null;
  /** `{user}` in it is the user's name; null: the entry is searched for by `uid`. */
  readonly userDn: string | null;
  readonly userBase: string;
  readonly groupBase: string;
  readonly groupAttribute: 'memberOf' | 'member' | 'uniqueMember' | 'memberUid';
  readonly chairAttribute: string;
}

/** Connections for searches, and for trying passwords; a connection is who was bound on it last. */
const SEARCHERS = 2;
const PASSWORD_CONNECTIONS = 4;
/** Values in one filter. */
const AT_ONCE = 50;
/** The name of nobody: no user name begins with a dash. */
const NOBODY = '-nobody-';
/** Operational attributes come only where they are asked for by name. */
const PERSON = ['uid', 'cn', 'displayName', 'mail', 'nsAccountLock', 'pwdAccountLockedTime'];

interface Found {
  readonly dn: string;
  readonly entry: LdapEntry;
}

/** An LDAP directory: FreeIPA, 389 Directory Server, OpenLDAP. */
export function ldapDirectory(options: LdapDirectoryOptions): Directory {
  const connect = (url: string) => LdapConnection.to(url, options);
  const searchers = new LdapPool(
    failOver(options.urls, async (url) => {
      const connection = await connect(url);
      const { account } = options;
      if (account === null || (await connection.bind(account.dn, account.password)))
        return connection;
      connection.close();
      throw new LdapFault(`${url}: the service account is refused`);
    }),
    SEARCHERS,
  );
  const passwords = new LdapPool(failOver(options.urls, connect), PASSWORD_CONNECTIONS);

  /** Entries below `base` that have any of the values. */
  const search = async (
    where: { base: string; scope: 'one' | 'sub' },
    attribute: string,
    values: readonly string[],
    wanted: readonly string[],
  ): Promise<LdapEntry[]> => {
    const ask = async (some: readonly string[]): Promise<LdapEntry[]> => {
      if (some.length === 0) return [];
      const found = await searchers.use((one) =>
        one.search({ ...where, attribute, values: some, wanted }),
      );
      if (found !== null) return found;
      // Too many for one answer: half of it, as long as there is a half.
      if (some.length === 1)
        throw new LdapFault(`more have one ${attribute} than the server sends`);
      const middle = some.length >> 1;
      return [...(await ask(some.slice(0, middle))), ...(await ask(some.slice(middle)))];
    };
    const parts: LdapEntry[][] = [];
    for (let start = 0; start < values.length; start += AT_ONCE)
      parts.push(await ask(values.slice(start, start + AT_ONCE)));
    return parts.flat();
  };
  const groups = { base: options.groupBase, scope: 'one' } as const;

  /** The entries of users, by name; none where two entries have the name. */
  const findEntries = async (names: readonly UserName[]): Promise<Map<UserName, Found>> => {
    const entries = await search({ base: options.userBase, scope: 'sub' }, 'uid', names, [
      ...PERSON,
      ...(options.groupAttribute === 'memberOf' ? ['memberOf'] : []),
    ]);
    const found = new Map<UserName, Found>();
    const twice = new Set<UserName>();
    const distinct = new Map(entries.map((entry) => [normalDn(entry.dn), entry]));
    const asked = new Map<string, UserName>(names.map((name) => [name, name]));
    for (const [dn, entry] of distinct) {
      if (dn === null) continue;
      for (const uid of new Set(entry.attributes.get('uid')?.map(asciiLower))) {
        const name = asked.get(uid);
        if (name === undefined) continue;
        if (found.has(name)) twice.add(name);
        found.set(name, { dn, entry });
      }
    }
    for (const name of twice) found.delete(name);
    return found;
  };

  const nameOf = (dn: string): string | null => commonNameBelow(dn, options.groupBase);

  /**
   * Groups directly below the group base that name any of these, by whom they name. Large groups are
   * named by many: which there are is asked for first, and then whom each names, once.
   */
  const groupsNaming = async (attribute: string, values: readonly string[]): Promise<Parents> => {
    const wanted = new Map(values.map((value) => [value, [] as string[]]));
    const naming = new Map<string, string>();
    for (const { dn } of await search(groups, attribute, values, ['cn'])) {
      const name = nameOf(dn);
      if (name !== null) naming.set(name, normalDn(dn) ?? '');
    }
    const [only] = values;
    if (only !== undefined && values.length === 1) return new Map([[only, [...naming.values()]]]);
    // Most are named by several groups.
    const keys = new Map<string, string | null>();
    const keyOf = (value: string): string | null => {
      if (attribute === 'memberUid') return value;
      const key = keys.get(value) ?? normalDn(value);
      keys.set(value, key);
      return key;
    };
    for (const entry of await search(groups, 'cn', [...naming.keys()], [attribute])) {
      const dn = naming.get(nameOf(entry.dn) ?? '');
      if (dn === undefined) continue;
      for (const value of entry.attributes.get(attribute.toLowerCase()) ?? [])
        wanted.get(keyOf(value) ?? '')?.push(dn);
    }
    return wanted;
  };

  /** What groups themselves are members of, as `memberOf` has it. */
  const parentsOf = async (dns: readonly string[]): Promise<Parents> => {
    const names = dns.flatMap((dn) => nameOf(dn) ?? []);
    const entries = await search(groups, 'cn', names, ['memberOf']);
    return new Map(entries.map((entry) => [normalDn(entry.dn) ?? '', memberOf(entry)]));
  };

  const direct = (found: ReadonlyMap<UserName, Found>): Promise<Parents> | Parents => {
    const all = [...found];
    const { groupAttribute } = options;
    if (groupAttribute === 'memberOf')
      return new Map(all.map(([, { dn, entry }]) => [dn, memberOf(entry)]));
    if (groupAttribute !== 'memberUid')
      return groupsNaming(
        groupAttribute,
        all.map(([, { dn }]) => dn),
      );
    return groupsNaming(
      groupAttribute,
      all.map(([name]) => name),
    ).then((byName) => new Map(all.map(([name, { dn }]) => [dn, byName.get(name) ?? []])));
  };

  const peopleOf = async (
    found: ReadonlyMap<UserName, Found>,
  ): Promise<Map<UserName, DirectoryPerson>> => {
    const { groupAttribute } = options;
    const closures = await groupsOfAll(await direct(found), (dns) => {
      if (groupAttribute === 'memberUid') return Promise.resolve(new Map());
      return groupAttribute === 'memberOf' ? parentsOf(dns) : groupsNaming(groupAttribute, dns);
    });
    const everyone = new Set(closures.keys());
    for (const inside of closures.values()) for (const dn of inside) everyone.add(dn);
    const managed = await groupsNaming(options.chairAttribute, [...everyone]);
    const names = (dns: Iterable<string>): Set<string> =>
      new Set([...dns].flatMap((dn) => nameOf(dn) ?? []));
    const people = [...found].map(([name, { dn, entry }]): [UserName, DirectoryPerson] => {
      const inside = closures.get(dn) ?? new Set<string>();
      return [
        name,
        {
          name,
          fullName: oneLine(entry, 'displayname') || oneLine(entry, 'cn'),
          email: oneLine(entry, 'mail'),
          groups: names(inside),
          managedGroups: names([dn, ...inside].flatMap((one) => managed.get(one) ?? [])),
        },
      ];
    });
    return new Map(people);
  };

  /** Those that are not locked. */
  const unlocked = (found: ReadonlyMap<UserName, Found>): Map<UserName, Found> =>
    new Map([...found].filter(([, { entry }]) => !isLocked(entry)));

  return {
    logIn: (name, password) =>
      heard(async () => {
        const bind = (dn: string) => passwords.use((one) => one.bind(dn, password));
        // Both ways take as many requests for who is not there as for a wrong password.
        if (options.userDn !== null) {
          const dn = options.userDn.replace('{user}', escapeDnValue(name));
          if (!(await bind(dn))) return null;
          const found = await findEntries([name]);
          if (found.get(name)?.dn !== normalDn(dn)) return null;
          return (await peopleOf(unlocked(found))).get(name) ?? null;
        }
        const tried = (await findEntries([name])).get(name);
        if (!(await bind(tried?.entry.dn ?? `uid=${NOBODY},${options.userBase}`))) return null;
        // Read once more: a lock may have ended with this login.
        const found = await findEntries([name]);
        if (tried === undefined || found.get(name)?.dn !== tried.dn) return null;
        return (await peopleOf(unlocked(found))).get(name) ?? null;
      }),
    find: (names) => heard(async () => peopleOf(unlocked(await findEntries(names)))),
    async close() {
      searchers.close();
      passwords.close();
    },
  };
}

const memberOf = ({ attributes }: LdapEntry): string[] =>
  (attributes.get('memberof') ?? []).flatMap((dn) => normalDn(dn) ?? []);

/**
 * By 389 Directory Server and FreeIPA, or by OpenLDAP's password policy; both keep the attribute for
 * as long as the account is locked.
 */
function isLocked({ attributes }: LdapEntry): boolean {
  const lock = attributes.get('nsaccountlock')?.[0] ?? 'false';
  return asciiLower(lock) !== 'false' || attributes.has('pwdaccountlockedtime');
}

function oneLine({ attributes }: LdapEntry, name: string): string {
  const [first = ''] = attributes.get(name) ?? [];
  return first.replace(/\p{C}+/gu, ' ').slice(0, 200);
}

async function heard<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (!(cause instanceof LdapFault)) throw cause;
    throw new DistGitError('unavailable', 'The directory does not answer.', {
      cause,
      detail: { remedy: 'Try again in a minute, or log in with a token.' },
    });
  }
}
