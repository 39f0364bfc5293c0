import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

/** Path from the root and source text. */
export type Modules = ReadonlyMap<string, string>;

export function readModules(): Modules {
  const modules = new Map<string, string>();
  for (const top of ['core', 'server', 'cli'])
    for (const entry of readdirSync(join(ROOT, top), { recursive: true, withFileTypes: true })) {
      const path = relative(ROOT, join(entry.parentPath, entry.name));
      if (entry.isFile() && path.endsWith('.ts'))
        modules.set(path, readFileSync(join(ROOT, path), 'utf8'));
    }
  return modules;
}

export interface Import {
  readonly from: string;
  /** A path from the root, or a package's or node's name. */
  readonly to: string;
  /** Nothing of it is left when types are taken away. */
  readonly typeOnly: boolean;
}

const STATIC = /^(import|export)\s+(type\s+)?([^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
const DYNAMIC = /(?:\bimport\(\s*|\bnew URL\(\s*)['"]([^'"]+)['"]/g;

/** Source without its comments. */
export const withoutComments = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');

/** Every import of a module: static, of types, for side effects, dynamic, and a worker's file. */
export function importsOf(from: string, source: string): Import[] {
  const code = withoutComments(source);
  const target = (text: string): string =>
    text.startsWith('.') || text.endsWith('.ts') ? normalize(join(dirname(from), text)) : text;
  const found: Import[] = [];
  for (const [, , type, names = '', text = ''] of code.matchAll(STATIC)) {
    const inner = /\{([^}]*)\}/.exec(names)?.[1]?.split(',') ?? [];
    const named = inner.map((name) => name.trim()).filter((name) => name !== '');
    const allTypes =
      /^\s*\{/.test(names) && named.length > 0 && named.every((name) => name.startsWith('type '));
    found.push({ from, to: target(text), typeOnly: type !== undefined || allTypes });
  }
  for (const [, text = ''] of code.matchAll(DYNAMIC))
    found.push({ from, to: target(text), typeOnly: false });
  return found;
}

/** How many statements begin like an import, whether they were understood or not. */
export function importStatements(source: string): number {
  const code = withoutComments(source);
  return [...code.matchAll(/^import\b(?!\.)|^export\b[^=(]*?\bfrom\b/gm)].length;
}

/**
 * What each folder of the server may import, besides itself and the rings below its own. From the
 * top; a folder that is not listed may be imported by nobody and is a violation.
 */
const RINGS: readonly Readonly<Record<string, readonly string[]>>[] = [
  {
    main: ['compose', 'config'],
    import: ['compose', 'config', 'lookaside'],
    compose: ['config', 'http', 'ssh', 'web', 'hooks', 'worker'],
    // Only the slices of the schema, see SETTINGS.
    config: ['http'],
    http: ['web'],
    ssh: [],
    web: [],
    hooks: [],
    worker: [],
  },
  {
    builds: ['components', 'sigs', 'access'],
    collections: ['components', 'sigs', 'access'],
    pushes: ['lookaside', 'components', 'sigs', 'access'],
    lookaside: ['components', 'sigs', 'access'],
    components: ['sigs', 'access'],
    users: ['access'],
    sigs: ['access'],
    access: [],
  },
  { git: [], storage: [], koji: [], identity: [], jobs: [] },
  { db: [], observability: [] },
];

const ringOf = (folder: string): number => RINGS.findIndex((ring) => folder in ring);
/** `server/http/app.ts` is in `http`, `server/main.ts` in `main`. */
const folderOf = (path: string): string => (path.split('/')[1] ?? '').replace(/\.ts$/, '');

function serverImport({ from, to }: Import): string | null {
  const [here, there] = [folderOf(from), folderOf(to)];
  if (ringOf(here) === -1) return `server/${here} is in no ring`;
  if (to.endsWith('/settings.ts') && here === 'config') return null;
  if (here === 'web' && there !== 'web') return 'web/ has pages: pure, of what they are given';
  if (here === 'config' && there !== 'config') return 'config/ takes settings.ts of others only';
  if (to.endsWith('/settings.ts') && here !== there && !/^(main|compose)$/.test(here))
    return 'settings.ts is for config/ only';
  if (here === there || ringOf(there) > ringOf(here)) return null;
  if (RINGS[ringOf(here)]?.[here]?.includes(there) === true) return null;
  return `${here} may not import ${there}`;
}

/** Packages, and node's own modules, that only some files may have. Types of them are no matter. */
const ONLY_IN: readonly (readonly [module: RegExp, files: RegExp])[] = [
  [/^express$/, /^server\/http\//],
  [/^multer$/, /^server\/http\//],
  [/^passport$/, /^server\/http\/middleware\/login\.ts$/],
  [
    /^kysely(\/|$)/,
    /^server\/(access|builds|collections|components|db|identity|jobs|lookaside|pushes|sigs|users)\//,
  ],
  [/^(pg|@electric-sql\/pglite)$/, /^server\/db\//],
  [/^commander$/, /^cli\//],
  [/^smol-toml$/, /^(server\/config\/load-settings|cli\/declarations\/toml-file)\.ts$/],
  // git; the embedded database and Kerberos in processes of their own.
  [
    /^node:child_process$/,
    /^(server\/git\/git\.ts|server\/db\/pglite-client\.ts|server\/koji\/kerberos-ticket\.ts|cli\/)/,
  ],
  [/^kerberos$/, /^server\/koji\/kerberos-process\.ts$/],
  [/^node:http$/, /^(server\/http\/|cli\/api-client\/)/],
  [
    /^node:https$/,
    /^(server\/http\/|cli\/api-client\/|server\/koji\/(?:hub-post|hub-line|public-reads)\.ts)/,
  ],
];
/** Packages that one file in all may have. */
const IN_ONE_FILE = [/^@aws-sdk\//, /^ldapjs/, /^prom-client$/, /^yaml$/];

const ENVIRONMENT_FILES =
  /^(server\/(?:main|import)|server\/hooks\/ssh\/gate|server\/config\/.+|cli\/main|cli\/config)\.ts$/;
const READS_ENVIRONMENT =
  /\bprocess\s*\??\.\s*env\b|\bprocess\[|\benv\b[^}=]*\}\s*=\s*process\b|node:process/;

/** The tables whose changes `VersionedCache` counts on, and must hear of. */
const PERMISSION_TABLES =
  'users|sigs|sig_members|directory_users|directory_members|sig_approvals|collections|collection_releases|components|component_collections';
const SINGLE_WRITE = new RegExp(
  `\\bdb\\s*\\.sql\\s*\\.(insertInto|updateTable|deleteFrom)\\('(${PERMISSION_TABLES})'`,
);

function coreImport({ to, typeOnly }: Import): string | null {
  if (to.startsWith('core/') || to === 'zod') return null;
  if (to.startsWith('node:') && typeOnly) return null;
  return to.startsWith('node:') ? 'core does no I/O' : 'core imports core and zod only';
}

/** Why an import is not allowed; null: it is. */
function refusal(one: Import): string | null {
  const { from, to, typeOnly } = one;
  for (const [module, files] of ONLY_IN)
    if (module.test(to) && !typeOnly && !files.test(from)) return `${to} is not for this file`;
  if (from.startsWith('core/')) return coreImport(one);
  if (!/^(core|server|cli|test|deploy)\//.test(to)) return null;
  if (to.startsWith('core/')) return null;
  if (from.startsWith('cli/') && to.startsWith('cli/')) return null;
  if (from.startsWith('server/') && to.startsWith('server/')) return serverImport(one);
  return `${from.split('/')[0]} may not import ${to.split('/')[0]}`;
}

/** Every breach of the architecture in these modules, one line each. */
export function violations(modules: Modules): string[] {
  const found: string[] = [];
  const filesOf = new Map<RegExp, Set<string>>();
  for (const [path, source] of modules) {
    const code = withoutComments(source);
    for (const one of importsOf(path, source)) {
      const why = refusal(one);
      if (why !== null) found.push(`${path} imports ${one.to}: ${why}`);
      for (const module of IN_ONE_FILE)
        if (module.test(one.to))
          filesOf.set(module, new Set([...(filesOf.get(module) ?? []), path]));
    }
    if (READS_ENVIRONMENT.test(code) && !ENVIRONMENT_FILES.test(path))
      found.push(`${path} reads the environment`);
    if (/\b(createRequire|getBuiltinModule|require)\s*\(/.test(code))
      found.push(`${path} imports what nobody can see`);
    if (SINGLE_WRITE.test(code))
      found.push(`${path} changes what permission hangs on outside of a transaction`);
  }
  for (const [module, files] of filesOf)
    if (files.size > 1) found.push(`${module.source} is in ${[...files].join(' and ')}`);
  return found;
}
