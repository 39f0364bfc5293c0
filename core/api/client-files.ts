import { HASH_TYPES, type HashType, STRONG_HASH_TYPES } from '../domain/checksum.ts';
import {
  BRANCH_LAYOUT_ROOT,
  DOWNLOAD_ROOTS,
  UPLOAD_CGI,
  type UploadDialect,
} from '../domain/lookaside-addresses.ts';
import { API_ROOT } from './routes.ts';

/** What clients must know of a server. */
export interface ServerFacts {
  readonly version: string;
  /** How clients reach it, without a slash at the end. */
  readonly url: string;
  readonly namespace: string;
  /** Bytes of one source file. */
  readonly maxUploadSize: number;
  /** Bytes of one file in git. */
  readonly maxFileSize: number;
}

/** Programs built on rpkg read `/etc/rpkg/<tool>.conf`, section `[<tool>]`. */
export type RpkgTool = 'rpkg' | 'centpkg';

/** Where each file is, below the server's URL. */
export const CLIENT_FILES = {
  rpkg: '/client/rpkg.conf',
  centpkg: '/client/centpkg.conf',
  distGitClient: '/client/dist-git-client.ini',
  discovery: '/.well-known/dist-git.json',
} as const;

/** Of new uploads; the others are accepted too where they are strong. */
const HASH_TYPE: HashType = 'sha512';
/** The addresses of each tool: those that its first server has. */
const RPKG_ADDRESSES = {
  rpkg: { download: '/repo/pkgs', upload: UPLOAD_CGI.rpkg[0] },
  centpkg: { download: '/lookaside/pkgs', upload: UPLOAD_CGI.rpkg[1] },
} as const satisfies Record<
  RpkgTool,
  { download: (typeof DOWNLOAD_ROOTS)[number]; upload: string }
>;
/** The community build system; it is asked for builds only. */
const KOJI_PROFILE = 'cbs';

/**
 * A finished `rpkg.conf`. Components are named without the namespace, as people type them; that is
 * the default, and must not be said: packit takes any text behind `lookaside_namespaced` for a yes.
 * rpkg reads values raw, but fills `%(module)s` in where a URL of git is meant.
 */
export function rpkgConfig(tool: RpkgTool, { url, namespace }: ServerFacts): string {
  const { download, upload } = RPKG_ADDRESSES[tool];
  const git = `${url.replaceAll('%', '%%')}/${namespace}/%(module)s.git`;
  return ini(tool, {
    lookaside: `${url}${download}`,
    lookasidehash: HASH_TYPE,
    lookaside_cgi: `${url}${upload}`,
    gitbaseurl: git,
    anongiturl: git,
    branchre: String.raw`^scl-.+-el\d+s?$`,
    kojiprofile: KOJI_PROFILE,
    build_client: 'koji',
    distgit_namespaces: namespace,
  });
}

/** A finished ini for `/etc/dist-git-client`; it fills in `%(…)s` everywhere, and `{…}` in patterns. */
export function distGitClientConfig({ url, namespace }: ServerFacts): string {
  const { hostname, pathname } = new URL(url);
  const values = {
    clone_hostnames: hostname.replace(/^\[|\]$/g, ''),
    path_prefixes: `${pathname.replace(/\/$/, '')}/${namespace}`,
    sources_file: 'sources',
    specs: '.',
    sources: '.',
    default_sum: 'md5',
    lookaside_location: url,
    lookaside_uri_pattern: `${DOWNLOAD_ROOTS[0].slice(1)}/{name}/{filename}/{hashtype}/{hash}/{filename}`,
    cloning_pattern: `${url.replace(/[{}]/g, '$&$&')}/${namespace}/{package}.git`,
  };
  const escaped = Object.entries(values).map(([key, value]) => [key, value.replaceAll('%', '%%')]);
  return ini(hostname.replace(/[[\]]/g, ''), Object.fromEntries(escaped) as typeof values);
}

function ini(section: string, values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${value}\n`);
  return `[${section}]\n${lines.join('')}`;
}

/** Fields of the upload forms, beside a checksum's `<hashtype>sum`. */
const FORM_FIELDS = {
  rpkg: { check: ['name', 'filename'], upload: ['name', 'file', 'mtime'] },
  centosBranch: { check: ['name', 'branch'], upload: ['name', 'branch', 'file'] },
  centosSig: { check: ['name'], upload: ['name', 'file'] },
} as const satisfies Record<UploadDialect, object>;

/** The server as a program can find its way in it. `{…}` are to be filled in, URL-quoted (RFC 6570). */
export function discoveryDocument(server: ServerFacts) {
  const { url, namespace, version } = server;
  const file = '{component}/{file}/{hashtype}/{hash}';
  const dialects = Object.keys(UPLOAD_CGI) as UploadDialect[];
  return {
    version,
    url,
    namespace,
    git: {
      clone: `${url}/${namespace}/{component}.git`,
      branch: 'scl-{collection}-el{release}',
      maxFileSize: server.maxFileSize,
    },
    lookaside: {
      upload: {
        put: `${url}/lookaside/${file}`,
        forms: dialects.map((dialect) => ({
          dialect,
          urls: UPLOAD_CGI[dialect].map((path) => url + path),
          checksum: '{hashtype}sum',
          fields: FORM_FIELDS[dialect],
        })),
      },
      download: [
        ...DOWNLOAD_ROOTS.map((root) => `${url}${root}/${file}/{file}`),
        `${url}${DOWNLOAD_ROOTS[0]}/{component}/{file}/{md5}/{file}`,
        `${url}${BRANCH_LAYOUT_ROOT}/{component}/{branch}/{hash}`,
      ],
      hashTypes: { preferred: HASH_TYPE, upload: STRONG_HASH_TYPES, download: HASH_TYPES },
      maxUploadSize: server.maxUploadSize,
    },
    api: { root: url + API_ROOT, description: `${url}/openapi.json` },
    clients: {
      rpkg: url + CLIENT_FILES.rpkg,
      centpkg: url + CLIENT_FILES.centpkg,
      distGitClient: url + CLIENT_FILES.distGitClient,
    },
  };
}
