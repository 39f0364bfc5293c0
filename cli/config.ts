import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fail } from '../core/api/distgit-error.ts';
import { NO_RPKG_CONFIG, type RpkgConfig } from './rpkg-config/rpkg-config.ts';

/** What the environment says; read here and nowhere else. */
export interface CliEnvironment {
  /** `CENTPKG_URL`: the server, over what `centpkg login` stored. */
  readonly url: string | null;
  /** `CENTPKG_TOKEN`: the token, over what `centpkg login` stored. */
  readonly token: string | null;
  /** `CENTPKG_CERT`: a client certificate, over what `centpkg login` stored. */
  readonly certificate: string | null;
  /** `CENTPKG_CA`: who issued the server's certificate, over what `centpkg login` stored. */
  readonly ca: string | null;
  /** Where CentOS's tools keep certificates. */
  readonly home: string;
  readonly configFolder: string;
  /** rpkg's settings, by the administrator. */
  readonly systemRpkgFile: string;
  /** rpkg's settings, by the user. */
  readonly rpkgFolder: string;
  /** For what can be lost: uploads that are under way. */
  readonly cacheFolder: string;
  /** For programs that are run: git, rpmbuild. */
  readonly variables: NodeJS.ProcessEnv;
}

export function readEnvironment(env: NodeJS.ProcessEnv): CliEnvironment {
  const text = (value: string | undefined): string | null =>
    value === undefined || value === '' ? null : value;
  const home = text(env.HOME) ?? homedir();
  const base = text(env.XDG_CONFIG_HOME) ?? join(home, '.config');
  return {
    url: text(env.CENTPKG_URL),
    token: text(env.CENTPKG_TOKEN),
    certificate: text(env.CENTPKG_CERT),
    ca: text(env.CENTPKG_CA),
    home,
    configFolder: join(base, 'centpkg'),
    systemRpkgFile: '/etc/rpkg/centpkg.conf',
    rpkgFolder: join(base, 'rpkg'),
    cacheFolder: join(text(env.XDG_CACHE_HOME) ?? join(home, '.cache'), 'centpkg'),
    variables: env,
  };
}

/**
 * The address of a server, without trailing slash.
 * @throws DistGitError `usage`
 */
export function parseServerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && url.username + url.password !== '')
    fail(
      'usage',
      'The address of a server has no user name or password in it.',
      'Write https://HOST',
    );
  const plain = url !== null && url.search === '' && url.hash === '';
  if (url === null || !plain || !/^https?:$/.test(url.protocol)) {
    const shown = text.includes('@') ? 'That' : JSON.stringify(text);
    fail('usage', `${shown} is not the address of a server.`, 'Write https://HOST');
  }
  return url.href.replace(/\/+$/, '');
}

/** Files in PEM, for connections by TLS. */
export interface TlsFiles {
  /** The client's certificate, with its key; null: none is shown. */
  readonly certificate: string | null;
  /** Who issued the server's; null: the system's authorities. */
  readonly ca: string | null;
}

interface Stored {
  /** The server that commands outside of a clone talk to. */
  url?: string;
  /** Token by server URL. */
  tokens?: Record<string, string>;
  certificate?: string;
  ca?: string;
}

/** CentOS's own files. */
const CERTIFICATE = '.centos.cert';
const SERVER_CA = '.centos-server-ca.cert';

/** `~/.config/centpkg/config.json`, mode 0600 because of the tokens. */
export class Config {
  readonly #environment: CliEnvironment;
  readonly #file: string;
  /** What rpkg's configuration files say. */
  readonly rpkg: RpkgConfig;

  constructor(environment: CliEnvironment, rpkg: RpkgConfig = NO_RPKG_CONFIG) {
    this.#environment = environment;
    this.rpkg = rpkg;
    this.#file = join(environment.configFolder, 'config.json');
  }

  get variables(): NodeJS.ProcessEnv {
    return this.#environment.variables;
  }

  get cacheFolder(): string {
    return this.#environment.cacheFolder;
  }

  /** Without trailing slash. @throws DistGitError `usage` where no server is known */
  get url(): string {
    const url = this.knownUrl;
    return (
      url ??
      fail(
        'usage',
        'No server is set.',
        'Log in first: centpkg login --url URL, or set CENTPKG_URL.',
      )
    );
  }

  get knownUrl(): string | null {
    return this.server?.url ?? null;
  }

  /**
   * The server, and what names it: --config, CENTPKG_URL, the last login, then rpkg's files of the
   * user and of the system.
   * @throws DistGitError `usage` where it is not an address
   */
  get server(): { readonly url: string; readonly from: string; readonly kind: string } | null {
    const { url } = this.rpkg;
    const ofFile =
      url === null
        ? null
        : { url: url.value, from: `${url.file}, line ${url.line}: ${url.key}`, kind: url.kind };
    if (ofFile?.kind === 'given') return ofFile;
    if (this.#environment.url !== null)
      return { url: parseServerUrl(this.#environment.url), from: 'CENTPKG_URL', kind: 'user' };
    const stored = this.#read().url;
    if (stored !== undefined)
      return { url: parseServerUrl(stored), from: `${this.#file} (login)`, kind: 'user' };
    return ofFile;
  }

  /** Where the token for a server is from; null: there is none. */
  tokenOrigin(url: string): string | null {
    if (this.tokenFor(url) === null) return null;
    return this.#environmentToken(url) === null ? `${this.#file} (login)` : 'CENTPKG_TOKEN';
  }

  /**
   * The environment's token is for the server that the user has set, not for whatever server a
   * clone names: a clone may come from anybody. Nor for one that only the system's file of rpkg
   * names: other tools called centpkg bring that file, with servers of their own.
   */
  tokenFor(url: string): string | null {
    return this.#environmentToken(url) ?? this.#read().tokens?.[url] ?? null;
  }

  #environmentToken(url: string): string | null {
    const { server } = this;
    return server?.url === url && server.kind !== 'system' ? this.#environment.token : null;
  }

  /**
   * What connections to a server go by. A certificate is shown where there is no token; its key
   * never leaves this machine, so that it may be shown to any server.
   */
  tlsFor(url: string): TlsFiles {
    if (!url.startsWith('https:')) return { certificate: null, ca: null };
    const { home, certificate, ca } = this.#environment;
    const stored = this.#read();
    const own = (name: string): string | null => {
      const path = join(home, name);
      return existsSync(path) ? path : null;
    };
    return {
      certificate:
        this.tokenFor(url) === null
          ? (certificate ?? stored.certificate ?? own(CERTIFICATE))
          : null,
      ca: ca ?? stored.ca ?? own(SERVER_CA),
    };
  }

  /** Where the place of a file of `tlsFor` is from. */
  tlsOrigin(name: 'certificate' | 'ca'): string {
    if (this.#environment[name] !== null) return name === 'ca' ? 'CENTPKG_CA' : 'CENTPKG_CERT';
    return this.#read()[name] === undefined ? 'built in' : `${this.#file} (login)`;
  }

  /** Keeps the places of the files. */
  keepTls({ certificate, ca }: { certificate: string | undefined; ca: string | undefined }): void {
    if (certificate === undefined && ca === undefined) return;
    this.#write({
      ...this.#read(),
      ...(certificate === undefined ? {} : { certificate }),
      ...(ca === undefined ? {} : { ca }),
    });
  }

  /** Keeps the server; a certificate logs in there. */
  useServer(url: string): void {
    this.#write({ ...this.#read(), url });
  }

  /** For git, which asks by protocol (`https:`) and host with port. */
  tokenForHost(protocol: string, host: string): string | null {
    const known = [this.knownUrl, ...Object.keys(this.#read().tokens ?? {})];
    const url = known.find((one) => {
      if (one === null) return false;
      const parsed = new URL(one);
      return parsed.protocol === protocol && parsed.host === host;
    });
    return url === null || url === undefined ? null : this.tokenFor(url);
  }

  /** @param names other URLs of the same server */
  login(url: string, names: readonly string[], token: string): void {
    const { tokens: before = {}, ...rest } = this.#read();
    const tokens = { ...before };
    // A server may not take the place of another by calling itself so.
    for (const name of names)
      if (tokens[name] === before[url] || !(name in tokens)) tokens[name] = token;
    tokens[url] = token;
    this.#write({ ...rest, url, tokens });
  }

  /** @returns whether there was a token */
  logout(url: string): boolean {
    const { tokens = {}, ...rest } = this.#read();
    const gone = tokens[url];
    if (gone === undefined) return false;
    // Under every name that the login stored it.
    const others = Object.entries(tokens).filter(([, token]) => token !== gone);
    this.#write({ ...rest, tokens: Object.fromEntries(others) });
    return true;
  }

  #read(): Stored {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      return fail('usage', `${this.#file} can not be read.`, 'Look at its owner and mode.');
    }
    try {
      const stored = JSON.parse(text) as Stored | null;
      if (typeof stored === 'object' && stored !== null) return stored;
      throw new TypeError('not an object');
    } catch {
      return fail('usage', `${this.#file} is not valid JSON.`, 'Remove it and log in again.');
    }
  }

  #write(stored: Stored): void {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    const aside = `${this.#file}.${process.pid}`;
    writeFileSync(aside, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600 });
    renameSync(aside, this.#file);
  }
}
