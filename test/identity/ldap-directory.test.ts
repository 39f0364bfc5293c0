import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DistGitError } from '../../core/api/distgit-error.ts';
import { parseUserName, type UserName } from '../../core/domain/sig.ts';
import type { Directory } from '../../server/identity/directory.ts';
import { escapeDnValue } from '../../server/identity/distinguished-name.ts';
import { type LdapDirectoryOptions, ldapDirectory } from '../../server/identity/ldap-directory.ts';
import {
  GROUPS,
  group,
  PEOPLE,
  person,
  SERVICE,
  Slapd,
  SUFFIX,
  TestAuthority,
} from '../support/slapd.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const [ann, bob, carol, dan, zoe, twin] = ['ann', 'bob', 'carol', 'dan', 'zoe', 'twin'].map(
  parseUserName,
) as [UserName, UserName, UserName, UserName, UserName, UserName];
const dnOf = (user: string): string => `uid=${user},${PEOPLE}`;
const groupDn = (name: string): string => `cn=${name},${GROUPS}`;
/** Everything that means something in a name or in a filter. */
const ODD = 'Zoé, "Z" (x)*\\=+<>;#& \u212a';
const ZOE_DN = `cn=${escapeDnValue(ODD)}+uid=zoe,${PEOPLE}`;

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let ca: TestAuthority;
let slapd: Slapd;
let caText: string;
const opened: Directory[] = [];

function open(more: Partial<LdapDirectoryOptions> = {}): Directory {
  const directory = ldapDirectory({
    urls: [slapd.tlsUrl],
    ca: caText,
    starttls: true,
    timeoutMs: 5000,
    account: SERVICE,
    userDn: null,
    userBase: PEOPLE,
    groupBase: GROUPS,
    groupAttribute: 'memberOf',
    chairAttribute: 'memberManager',
    ...more,
  });
  opened.push(directory);
  return directory;
}

beforeAll(async () => {
  temporary = await temporaryFolder();
  ca = await TestAuthority.at(join(temporary.path, 'ca'));
  caText = await readFile(ca.file, 'utf8');
  slapd = await Slapd.at(join(temporary.path, 'slapd'), ca);
  await slapd.add(
    [
      person('ann', 'right: ü ☃'),
      person('bob', 'b'),
      person('carol', 'c'),
      person('dan', 'd'),
      person('zoe', 'z', ZOE_DN),
      person('twin', 't', `cn=one,${PEOPLE}`),
      person('twin', 't', `cn=two,${PEOPLE}`),
      // ann directly, bob by two groups; inner ones first, as memberOf wants it.
      group('core-inner', [dnOf('bob')]),
      group('core-team', [groupDn('core-inner')]),
      group('leads', [dnOf('dan')]),
      group('sig-core', [dnOf('ann'), groupDn('core-team')], [dnOf('carol'), groupDn('leads')]),
      group('sig-coreos', [dnOf('dan')]),
      group(`sig-${ODD}`, [ZOE_DN], [], `cn=${escapeDnValue(`sig-${ODD}`)},${GROUPS}`),
      group('sig-odd', [`cn=${escapeDnValue(`sig-${ODD}`)},${GROUPS}`]),
      // The right name at the wrong place: neither counts.
      group('sig-coreos', [dnOf('ann')], [dnOf('ann')], `cn=sig-coreos,ou=elsewhere,${SUFFIX}`),
      group('sig-coreos', [dnOf('ann')], [dnOf('ann')], `cn=sig-coreos,${groupDn('core-team')}`),
    ].join(''),
  );
  // Two circles: the innermost holds the outermost, and itself.
  for (const inside of ['sig-core', 'core-inner'])
    await slapd.change(groupDn('core-inner'), `add: member\nmember: ${groupDn(inside)}`);
});
afterAll(async () => {
  await Promise.all(opened.map((directory) => directory.close()));
  await slapd[Symbol.asyncDispose]();
  await temporary[Symbol.asyncDispose]();
});

const unavailable = async (act: Promise<unknown>): Promise<string> => {
  const error = (await act.then(
    () => new Error('it answered'),
    (raw: unknown) => raw,
  )) as DistGitError;
  expect(error.message).toBe('The directory does not answer.');
  return (error.cause as Error).message;
};

describe.each(['memberOf', 'member'] as const)('groups by %s', (groupAttribute) => {
  it('are those that a person is in, directly and through others, and that it manages', async () => {
    const directory = open({ groupAttribute });
    const found = await directory.find([ann, bob, carol, dan, zoe]);
    const groups = Object.fromEntries(
      [...found].map(([name, one]) => [
        name,
        [[...one.groups].toSorted(), [...one.managedGroups].toSorted()],
      ]),
    );
    expect(groups).toEqual({
      ann: [['core-inner', 'core-team', 'sig-core'], []],
      bob: [['core-inner', 'core-team', 'sig-core'], []],
      carol: [[], ['sig-core']],
      dan: [['leads', 'sig-coreos'], ['sig-core']],
      zoe: [['sig-odd', `sig-${ODD.replaceAll('Z', 'z')}`], []],
    });
  });
});

it('many people and groups are read, though the server sends few at once', async () => {
  const many = Array.from({ length: 60 }, (_, index) => parseUserName(`many${index}`));
  await slapd.add(
    [
      ...many.map((name) => person(name, 'x')),
      ...many.map((name, index) =>
        group(`sig-many${index}`, [dnOf(name), dnOf(many[index - 1] ?? 'ann')], [dnOf(name)]),
      ),
    ].join(''),
  );
  for (const groupAttribute of ['memberOf', 'member'] as const) {
    const found = await open({ groupAttribute }).find(many);
    expect(found.size).toBe(60);
    for (const [index, name] of many.entries()) {
      const own = [`sig-many${index}`, ...(index < 59 ? [`sig-many${index + 1}`] : [])];
      expect([...(found.get(name)?.groups ?? [])].toSorted()).toEqual(own.toSorted());
      expect([...(found.get(name)?.managedGroups ?? [])]).toEqual([`sig-many${index}`]);
    }
  }
});

describe('logging in', () => {
  it.each([
    ['by a search', null],
    ['by a name made of a template', `uid={user},${PEOPLE}`],
  ])('%s, takes the right password and no other', async (_, userDn) => {
    const directory = open({ userDn });
    expect(await directory.logIn(ann, 'right: ü ☃')).toMatchObject({
      name: 'ann',
      fullName: 'ann Person',
      email: 'ann@example.org',
    });
    for (const wrong of ['right: u ☃', 'b', ' ', 'right: ü ☃ ', '*', SERVICE.password])
      expect(await directory.logIn(ann, wrong)).toBeNull();
    expect(await directory.logIn(parseUserName('nobody'), 'right: ü ☃')).toBeNull();
  });

  it('binds somebody whose name has every odd sign', async () => {
    expect(await open().logIn(zoe, 'z')).toMatchObject({ name: 'zoe' });
    expect(await open().logIn(zoe, 'y')).toBeNull();
  });

  it('is not for a name that two entries have', async () => {
    const directory = open();
    expect(await directory.logIn(twin, 't')).toBeNull();
    expect((await directory.find([twin, ann])).has(twin)).toBe(false);
  });

  it('is not for the service account, which is no person', async () => {
    expect(await open().logIn(parseUserName('distgit'), SERVICE.password)).toBeNull();
  });

  it('refuses names that mean something in a filter: they are sent as they are', async () => {
    const directory = open();
    for (const name of ['*', 'ann)(uid=*', 'a*', '*)(|(uid=*', 'ann\0', '(', '\\', 'ANN\\2a'])
      for (const password of ['right: ü ☃', 'b', 't'])
        expect([name, await directory.logIn(name as UserName, password)]).toEqual([name, null]);
  });

  it('refuses names that mean something in a distinguished name', async () => {
    const directory = open({ userDn: `uid={user},${PEOPLE}` });
    for (const name of [`ann,${PEOPLE}`, 'ann+cn=x', 'x,uid=ann', `ann\\2c${PEOPLE}`, '#616e6e'])
      expect(await directory.logIn(name as UserName, 'right: ü ☃')).toBeNull();
  });

  it('costs the directory the same for a wrong password and for nobody', async () => {
    for (const userDn of [null, `uid={user},${PEOPLE}`]) {
      const directory = open({ userDn });
      await directory.logIn(ann, 'right: ü ☃');
      const asked = (name: string) =>
        slapd.requestsOf(() => directory.logIn(parseUserName(name), 'wrong'));
      const expected = userDn === null ? ['SRCH', 'BIND'] : ['BIND'];
      for (const name of ['ann', 'nobody', 'twin', 'carol'])
        expect([name, await asked(name)]).toEqual([name, expected]);
    }
  });

  it('never tries an empty password, which slapd would take', async () => {
    const asked = await slapd.requestsOf(() =>
      expect(open().logIn(ann, '')).rejects.toThrow('without a name or a password'),
    );
    expect(asked.filter((one) => one === 'BIND')).toHaveLength(1);
  });
});

describe('an account that is locked', () => {
  it('does not log in and is not found, until it is open again', async () => {
    const directory = open();
    expect((await directory.find([dan])).has(dan)).toBe(true);
    await slapd.change(dnOf('dan'), 'replace: nsAccountLock\nnsAccountLock: TRUE');
    expect(await directory.logIn(dan, 'd')).toBeNull();
    expect((await directory.find([dan])).has(dan)).toBe(false);
    await slapd.change(dnOf('dan'), 'replace: nsAccountLock\nnsAccountLock: FALSE');
    expect(await directory.logIn(dan, 'd')).not.toBeNull();
  });
});

describe('the servers', () => {
  it('are asked in turn: when one dies, and when it is back', async () => {
    const other = await Slapd.at(join(temporary.path, 'other'), ca);
    try {
      await other.add(person('ann', 'right: ü ☃'));
      const directory = open({ urls: [other.tlsUrl, slapd.tlsUrl] });
      expect(await other.requestsOf(() => directory.logIn(ann, 'right: ü ☃'))).not.toEqual([]);
      await other.kill();
      for (const _ of [1, 2])
        expect(
          await slapd.requestsOf(async () =>
            expect(await directory.logIn(ann, 'right: ü ☃')).not.toBeNull(),
          ),
        ).not.toEqual([]);
      const lonely = open({ urls: [other.tlsUrl] });
      expect(await unavailable(lonely.find([ann]))).toContain('ECONNREFUSED');
      await other.start();
      expect((await lonely.find([ann])).has(ann)).toBe(true);
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });

  it('keep connections: many people at once do not make as many', async () => {
    const directory = open();
    await Promise.all([ann, bob, carol, dan, zoe].map((name) => directory.find([name])));
    const many = Array.from({ length: 30 }, () => directory.logIn(ann, 'right: ü ☃'));
    expect((await Promise.all(many)).every((one) => one !== null)).toBe(true);
    const asked = await slapd.requestsOf(() => directory.find([ann]));
    expect(asked).not.toContain('BIND');
  });

  it('that refuse the service account are as good as none', async () => {
    const account = { ...SERVICE, password: 'guessed' };
    expect(await unavailable(open({ account }).find([ann]))).toContain('service account');
    expect(await unavailable(open({ account }).logIn(ann, 'right: ü ☃'))).not.toContain('guessed');
  });

  it('that do not answer in time are given up', async () => {
    // Listens, and says nothing.
    const { createServer } = await import('node:net');
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    for (const url of [`ldap://127.0.0.1:${port}`, `ldaps://127.0.0.1:${port}`])
      await unavailable(open({ urls: [url], timeoutMs: 300 }).find([ann]));
    silent.close();
  });
});

it('a server that freezes is given up, and used again when it goes on', async () => {
  const directory = open({ timeoutMs: 3000 });
  expect(await directory.logIn(ann, 'right: ü ☃')).not.toBeNull();
  await slapd.freeze();
  try {
    await unavailable(directory.find([ann]));
    await unavailable(directory.logIn(ann, 'right: ü ☃'));
  } finally {
    slapd.thaw();
  }
  expect(await open().logIn(ann, 'right: ü ☃')).not.toBeNull();
});

describe('TLS', () => {
  it('is spoken on ldap:// before anything is sent', async () => {
    const directory = open({ urls: [slapd.url] });
    expect(await directory.logIn(ann, 'right: ü ☃')).not.toBeNull();
  });

  it('is refused where the certificate is of another authority', async () => {
    const stranger = await TestAuthority.at(join(temporary.path, 'stranger'));
    const text = await readFile(stranger.file, 'utf8');
    for (const url of [slapd.url, slapd.tlsUrl]) {
      const asked = await slapd.requestsOf(async () => {
        const why = await unavailable(open({ urls: [url], ca: text }).logIn(ann, 'right: ü ☃'));
        expect(why).toMatch(/certificate/);
      });
      expect(asked).toEqual([]);
    }
  });

  it('is refused where the certificate is of this authority, and for another host', async () => {
    const other = await Slapd.at(join(temporary.path, 'host'), ca, 'DNS:other.example.org');
    try {
      for (const url of [other.url, other.tlsUrl])
        expect(await unavailable(open({ urls: [url] }).find([ann]))).toContain("cert's");
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });
});
