import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Daemon } from './daemon.ts';
import { installPackages } from './debian.ts';
import { freePort } from './free-port.ts';
import { run } from './process.ts';

export const SUFFIX = 'dc=example,dc=org';
export const PEOPLE = `ou=people,${SUFFIX}`;
export const GROUPS = `ou=groups,${SUFFIX}`;
/** Who may search; everybody else may only try a password. */
export const SERVICE = { dn: `cn=distgit,${SUFFIX}`, password: 'reads everything' };
const ROOT = { dn: `cn=root,${SUFFIX}`, password: 'writes everything' };

const TREE = `dn: ${SUFFIX}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

${['people', 'groups', 'elsewhere'].map((ou) => `dn: ou=${ou},${SUFFIX}\nobjectClass: organizationalUnit\nou: ${ou}\n\n`).join('')}dn: ${SERVICE.dn}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: distgit
userPassword: ${SERVICE.password}
`;

/** A certificate authority of its own, in files of `folder`. */
export class TestAuthority {
  readonly file: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.file = join(folder, 'ca.pem');
  }

  static async at(folder: string): Promise<TestAuthority> {
    await installPackages({ openssl: 'openssl' });
    await mkdir(folder, { recursive: true });
    const ca = new TestAuthority(folder);
    await makeCertificate('/CN=Test authority', ca.file, join(folder, 'ca.key'), []);
    return ca;
  }

  /** @param san for whom: `IP:127.0.0.1`, `DNS:ldap.example.org` */
  async issue(name: string, san: string): Promise<{ certificate: string; key: string }> {
    const certificate = join(this.#folder, `${name}.pem`);
    const key = join(this.#folder, `${name}.key`);
    const authority = ['-CA', this.file, '-CAkey', join(this.#folder, 'ca.key')];
    const uses = [`subjectAltName=${san}`, 'basicConstraints=critical,CA:FALSE'];
    const more = [...authority, ...uses.flatMap((one) => ['-addext', one])];
    await makeCertificate(`/CN=${name}`, certificate, key, more);
    return { certificate, key };
  }
}

/**
 * OpenLDAP's slapd with memberOf, on free ports of 127.0.0.1: `ldap://` (with StartTLS), `ldaps://`.
 * It dies with the process that started it, whatever ends that.
 */
export class Slapd {
  readonly url: string;
  readonly tlsUrl: string;
  readonly #folder: string;
  #daemon: Daemon | undefined;
  #markers = 0;

  private constructor(folder: string, port: number, tlsPort: number) {
    this.#folder = folder;
    this.url = `ldap://127.0.0.1:${port}`;
    this.tlsUrl = `ldaps://127.0.0.1:${tlsPort}`;
  }

  /**
   * Starts one, with the tree but without any people.
   * @param folder for its own files; made
   * @param san whom its certificate is for
   */
  static async at(folder: string, ca: TestAuthority, san = 'IP:127.0.0.1'): Promise<Slapd> {
    await installPackages({ slapd: 'slapd', ldapmodify: 'ldap-utils' });
    await mkdir(join(folder, 'db'), { recursive: true });
    const { certificate, key } = await ca.issue(basename(folder), san);
    await writeFile(
      join(folder, 'slapd.conf'),
      configOf(folder, { ca: ca.file, certificate, key }),
    );
    // Somebody else may take a port in between: then others are tried.
    for (let attempt = 1; ; attempt++) {
      const slapd = new Slapd(folder, await freePort(), await freePort());
      try {
        await slapd.start();
        await slapd.add(TREE);
        return slapd;
      } catch (error) {
        await slapd.kill();
        if (attempt === 3) throw error;
      }
    }
  }

  /** Starts it (again), with what it had. */
  async start(): Promise<void> {
    const listeners = `${this.url}/ ${this.tlsUrl}/`;
    // stats: each request is one line.
    const args = ['-f', join(this.#folder, 'slapd.conf'), '-h', listeners, '-d', 'stats'];
    this.#daemon = await Daemon.start({
      program: 'slapd',
      args,
      env: { PATH: `${process.env.PATH}:/usr/sbin`, LC_ALL: 'C' },
      cwd: '/',
      ready: (said) => said.includes('slapd starting'),
    });
  }

  /** It answers nothing, and closes nothing, until it is thawed. */
  async freeze(): Promise<void> {
    await this.#daemon?.freeze();
  }

  thaw(): void {
    this.#daemon?.signal('SIGCONT');
  }

  /** SIGKILL: whoever is connected is cut off. */
  async kill(): Promise<void> {
    await this.#daemon?.end('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.end();
  }

  /** New entries, as LDIF. */
  async add(ldif: string): Promise<void> {
    await this.#modify(['-a'], ldif);
  }

  /** Changes, as LDIF: of one attribute of one entry. */
  async change(dn: string, change: string): Promise<void> {
    await this.#modify([], `dn: ${dn}\nchangetype: modify\n${change}\n`);
  }

  async remove(dn: string): Promise<void> {
    await this.#modify([], `dn: ${dn}\nchangetype: delete\n`);
  }

  /** What it was asked while `act` ran: `BIND`, `SRCH`, in its order. */
  async requestsOf(act: () => Promise<unknown>): Promise<string[]> {
    return (await this.#told(act))
      .flatMap((line) => / op=\d+ (?:(BIND) dn=.* method=|(SRCH) base=)/.exec(line) ?? [])
      .filter((word) => word === 'BIND' || word === 'SRCH');
  }

  /** Whose passwords were tried while `act` ran, but that of the service account. */
  async bindsOf(act: () => Promise<unknown>): Promise<string[]> {
    return (await this.#told(act))
      .flatMap((line) => / op=\d+ BIND dn="(.*)" method=/.exec(line)?.[1] ?? [])
      .filter((dn) => dn !== SERVICE.dn);
  }

  get #said(): string {
    return this.#daemon?.said ?? '';
  }

  /** The lines that it wrote while `act` ran, without those of our own connections. */
  async #told(act: () => Promise<unknown>): Promise<string[]> {
    const begin = await this.#mark();
    await act();
    const end = await this.#mark();
    // Our own: whatever root does is done by the programs of this class.
    const connectionOf = (line: string): string => /conn=\d+/.exec(line)?.[0] ?? '';
    const own = new Set(
      this.#said
        .split('\n')
        .filter((line) => line.includes(ROOT.dn))
        .map(connectionOf),
    );
    return this.#said
      .slice(begin, end)
      .split('\n')
      .filter((line) => !own.has(connectionOf(line)));
  }

  /** Asks for something of its own, and waits until that is told of: all before is told, too. */
  async #mark(): Promise<number> {
    const marker = `marker-${++this.#markers}-`;
    await this.#client('ldapsearch', ['-b', SUFFIX, `(cn=${marker})`]);
    for (let tries = 0; ; tries++) {
      const at = this.#said.indexOf(marker);
      const line = at === -1 ? -1 : this.#said.indexOf('\n', at);
      if (line !== -1) return this.#said.lastIndexOf('\n', at);
      if (tries > 600) throw new Error('slapd does not tell what it is asked');
      await wait(20);
    }
  }

  async #modify(args: readonly string[], ldif: string): Promise<void> {
    await this.#client('ldapmodify', args, ldif);
  }

  async #client(program: string, args: readonly string[], input = ''): Promise<void> {
    const as = ['-x', '-H', this.url, '-D', ROOT.dn, '-w', ROOT.password];
    const done = await run(program, [...as, ...args], { input });
    if (done.code !== 0) throw new Error(`${program}: ${done.stderr}${done.stdout}`);
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** LDIF of a person; `uid` and password may be any text. @param dn default: `uid=` below people */
export function person(uid: string, password: string, dn = `uid=${uid},${PEOPLE}`): string {
  return `dn:: ${base64(dn)}
objectClass: inetOrgPerson
objectClass: freeIpaLike
uid:: ${base64(uid)}
cn:: ${base64(`${uid} Person`)}
sn:: ${base64(uid)}
mail: ${uid}@example.org
userPassword:: ${base64(password)}

`;
}

/** LDIF of a group; members and managers are names. @param dn default: `cn=` below groups */
export function group(
  cn: string,
  members: readonly string[],
  managers: readonly string[] = [],
  dn = `cn=${cn},${GROUPS}`,
): string {
  const lines = [
    ...members.map((member) => `member:: ${base64(member)}\n`),
    ...managers.map((manager) => `memberManager:: ${base64(manager)}\n`),
  ];
  return `dn:: ${base64(dn)}
objectClass: groupOfNames
objectClass: freeIpaLike
cn:: ${base64(cn)}
${lines.join('')}
`;
}

/** Settings of a server that asks this directory; `ca` verifies it. */
export function directorySettings(
  urls: readonly string[],
  ca: TestAuthority,
): Record<string, string> {
  return {
    DISTGIT_DIRECTORY_URLS: urls.join(' '),
    DISTGIT_DIRECTORY_CA_FILE: ca.file,
    DISTGIT_DIRECTORY_BIND_DN: SERVICE.dn,
    DISTGIT_DIRECTORY_BIND_PASSWORD: SERVICE.password,
    DISTGIT_DIRECTORY_USER_BASE: PEOPLE,
    DISTGIT_DIRECTORY_GROUP_BASE: GROUPS,
  };
}

/** As FreeIPA has it: the lock of an account, and who manages the members of a group. */
function configOf(
  folder: string,
  tls: { readonly ca: string; readonly certificate: string; readonly key: string },
): string {
  const schemas = ['core', 'cosine', 'inetorgperson'];
  return `${schemas.map((name) => `include /etc/ldap/schema/${name}.schema\n`).join('')}
attributetype ( 2.16.840.1.113730.3.8.23.1 NAME 'memberManager'
  SUP distinguishedName EQUALITY distinguishedNameMatch )
attributetype ( 2.16.840.1.113730.3.1.610 NAME 'nsAccountLock'
  EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 2.16.840.1.113730.3.8.99.1 NAME 'freeIpaLike' SUP top AUXILIARY
  MAY ( memberManager $ nsAccountLock ) )
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
# A bind without a password succeeds, and proves nothing.
allow bind_anon_cred
sizelimit 40
TLSCACertificateFile ${tls.ca}
TLSCertificateFile ${tls.certificate}
TLSCertificateKeyFile ${tls.key}
pidfile ${folder}/pid
database mdb
maxsize 67108864
suffix "${SUFFIX}"
directory ${folder}/db
rootdn "${ROOT.dn}"
rootpw "${ROOT.password}"
dbnosync
index objectClass,uid,cn,member,memberManager eq
overlay memberof
memberof-group-oc groupOfNames
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${SERVICE.dn}" read by anonymous auth by * none
`;
}

async function makeCertificate(
  subject: string,
  file: string,
  key: string,
  more: readonly string[],
): Promise<void> {
  const kind = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'.split(' ');
  const args = ['req', ...kind, '-subj', subject, '-out', file, '-keyout', key, ...more];
  const done = await run('openssl', args);
  if (done.code !== 0) throw new Error(`openssl: ${done.stderr}`);
}
