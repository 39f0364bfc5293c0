import { z } from 'zod';
import { TOKEN_VERBS } from '../access/principal.ts';
import { HASH_TYPES } from '../domain/checksum.ts';
import { parseCollectionName, parseSclName, VENDORS } from '../domain/collection.ts';
import { parseComponentName } from '../domain/component-name.ts';
import { parseElRelease } from '../domain/el-release.ts';
import {
  COMMIT_POLICIES,
  KOJI_POLICIES,
  parseSigName,
  parseUserName,
  SIG_ROLES,
} from '../domain/sig.ts';
import { parseSourceFileName } from '../domain/source-file-name.ts';
import { SOURCE_STATES } from '../domain/source-state.ts';
import { POLICY_LEVELS } from '../pushes/policy.ts';
import { DistGitError } from './distgit-error.ts';
import type { Operation } from './routes.ts';

/** A string that a parser of `core/domain` turns into its type, its message kept. */
function parsed<T>(parse: (text: string) => T) {
  return z
    .string()
    .max(1000)
    .transform((text, context): T => {
      try {
        return parse(text);
      } catch (error) {
        if (!(error instanceof DistGitError)) throw error;
        const remedy = error.detail.remedy === undefined ? '' : ` ${error.detail.remedy}`;
        context.issues.push({ code: 'custom', message: `${error.message}${remedy}`, input: text });
        return z.NEVER;
      }
    });
}

const component = parsed(parseComponentName);
const collection = parsed(parseCollectionName);
const release = parsed(parseElRelease);
const sig = parsed(parseSigName);
const user = parsed(parseUserName);
/** Text that people write: no control characters, which terminals obey and databases refuse. */
const text = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), 'has control characters');
const title = text(200);
/** Seconds resolution is not enough for an audit log: ISO 8601 in UTC with milliseconds. */
const time = z.iso.datetime();
const limit = z.coerce.number().int().min(1).max(1000).default(100);

const decision = z.object({
  allowed: z.boolean(),
  rule: z.string(),
  reason: z.string(),
  remedy: z.string().optional(),
});

const userView = z.object({
  name: z.string(),
  fullName: z.string(),
  email: z.string(),
  admin: z.boolean(),
  disabled: z.boolean(),
  createdAt: time,
});

const scopes = {
  verbs: z.array(z.enum(TOKEN_VERBS)).nullable(),
  sigs: z.array(z.string()).nullable(),
  collections: z.array(z.string()).nullable(),
  components: z.array(z.string()).nullable(),
};
const tokenView = z.object({
  id: z.string(),
  user: z.string(),
  label: z.string(),
  ...scopes,
  createdAt: time,
  expiresAt: time.nullable(),
  revokedAt: time.nullable(),
  lastUsedAt: time.nullable(),
});

const sigView = z.object({
  name: z.string(),
  title: z.string(),
  commit: z.enum(COMMIT_POLICIES),
  koji: z.enum(KOJI_POLICIES),
  createdAt: time,
});
const approvalView = z.object({
  user: z.string(),
  components: z.array(z.string()).nullable(),
  reason: z.string(),
  approvedBy: z.string(),
  createdAt: time,
  until: time.nullable(),
});

const DEPEND_LEVELS = ['candidate', 'release'] as const;
const depends = z
  .array(z.object({ collection, level: z.enum(DEPEND_LEVELS).default('candidate') }))
  .max(100)
  .default([]);
const releaseView = z.object({
  release: z.string(),
  depends: z.array(z.object({ collection: z.string(), level: z.enum(DEPEND_LEVELS) })),
});
const collectionView = z.object({
  name: z.string(),
  sig: z.string(),
  sclName: z.string(),
  vendor: z.enum(VENDORS),
  metaComponent: z.string(),
  releases: z.array(releaseView),
  createdAt: time,
});

const branchView = z.object({
  name: z.string(),
  collection: z.string(),
  release: z.string(),
  sig: z.string(),
  builtPackage: z.string(),
});
const componentView = z.object({
  name: z.string(),
  exploded: z.boolean(),
  state: z.enum(['creating', 'active']),
  gitUrl: z.string(),
  branches: z.array(branchView),
  createdAt: time,
});

const sourceView = z.object({
  file: z.string(),
  hashType: z.string(),
  hash: z.string(),
  size: z.number(),
  mtime: time,
  uploadedBy: z.string(),
  uploadedAt: time,
  /** Of the uploader; null for those who may not upload themselves. */
  address: z.string().nullable(),
  state: z.enum(SOURCE_STATES),
  /** The branches whose commits name it, and the first commit of each that did. */
  usedBy: z.array(z.object({ branch: z.string(), commit: z.string() })),
});
const originView = z.object({
  url: z.string(),
  signature: z
    .object({
      result: z.enum(['good', 'bad', 'unknown-key']),
      /** The key's fingerprint, or its id where it is not in the keyring. */
      signer: z.string(),
      /** `<branch>:<file>` */
      keyring: z.string(),
    })
    .nullable(),
  recordedBy: z.string(),
  recordedAt: time,
});
const oneSource = {
  file: parsed(parseSourceFileName),
  hashType: z.enum(HASH_TYPES),
  hash: z.string().regex(/^[0-9a-f]{32,128}$/, 'is not a checksum'),
};
const usage = { files: z.number(), bytes: z.number() };
const sourceKey = {
  component: z.string(),
  file: z.string(),
  hashType: z.string(),
  hash: z.string(),
};
const scrubView = z.object({
  /** What there is to read. */
  total: z.object(usage),
  last: z
    .object({
      id: z.number(),
      startedBy: z.string(),
      startedAt: time,
      /** Null: it goes on. */
      finishedAt: time.nullable(),
      ...usage,
      damaged: z.number(),
      missing: z.number(),
      /** Objects that no upload accounts for; known at the end. */
      unknown: z.number(),
    })
    .nullable(),
});

const refUpdate = z.object({ ref: z.string(), oldOid: z.string(), newOid: z.string() });
const pushView = z.object({
  id: z.string(),
  component: z.string(),
  user: z.string(),
  state: z.enum(['checked', 'applied', 'abandoned']),
  createdAt: time,
  updates: z.array(refUpdate),
});

const auditView = z.object({
  id: z.number(),
  at: time,
  actor: z.string(),
  credential: z.string(),
  address: z.string(),
  requestId: z.string(),
  action: z.string(),
  subject: z.string(),
  allowed: z.boolean(),
  rule: z.string(),
  detail: z.record(z.string(), z.unknown()),
});

const jobView = z.object({
  id: z.number(),
  kind: z.string(),
  subject: z.string(),
  state: z.enum(['waiting', 'running', 'parked']),
  attempts: z.number(),
  runAt: time,
  lastError: z.string().nullable(),
});

const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });
const none = z.object({});

export interface Schema {
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly response: z.ZodObject;
}

/** What each operation takes and gives, by the names of `ROUTES`. */
export const SCHEMAS = {
  whoami: {
    response: z.object({
      user: z.string().nullable(),
      admin: z.boolean(),
      credential: z.string().nullable(),
      sigs: z.array(z.object({ sig: z.string(), role: z.enum(SIG_ROLES) })),
      approvals: z.array(z.object({ sig: z.string(), components: z.array(z.string()).nullable() })),
      scopes: z.object(scopes).nullable(),
    }),
  },
  showServer: {
    response: z.object({
      version: z.string(),
      namespace: z.string(),
      url: z.string(),
      maxUploadSize: z.number(),
      maxFileSize: z.number(),
    }),
  },

  listUsers: { response: list(userView) },
  createUser: {
    body: z.strictObject({
      name: user,
      fullName: title.default(''),
      email: z.union([z.email(), z.literal('')]).default(''),
      admin: z.boolean().default(false),
    }),
    response: userView,
  },
  showUser: { params: z.object({ user }), response: userView },
  updateUser: {
    params: z.object({ user }),
    body: z.strictObject({ disabled: z.boolean().optional(), admin: z.boolean().optional() }),
    response: userView,
  },

  listTokens: { query: z.strictObject({ user: user.optional() }), response: list(tokenView) },
  createToken: {
    body: z.strictObject({
      user: user.optional(),
      label: title.default(''),
      verbs: z.array(z.enum(TOKEN_VERBS)).min(1).nullable().default(null),
      sigs: z.array(sig).min(1).nullable().default(null),
      collections: z.array(collection).min(1).nullable().default(null),
      components: z.array(component).min(1).nullable().default(null),
      expiresInDays: z.number().int().min(1).max(3650).nullable().default(90),
    }),
    response: tokenView.extend({ token: z.string() }),
  },
  showToken: { params: z.object({ token: text(100) }), response: tokenView },
  revokeToken: { params: z.object({ token: text(100) }), response: tokenView },

  listSigs: { response: list(sigView) },
  createSig: {
    body: z.strictObject({
      name: sig,
      title: title.default(''),
      commit: z.enum(COMMIT_POLICIES).optional(),
      koji: z.enum(KOJI_POLICIES).optional(),
    }),
    response: sigView,
  },
  showSig: {
    params: z.object({ sig }),
    response: sigView.extend({
      members: z.array(z.object({ user: z.string(), role: z.enum(SIG_ROLES) })),
      approvals: z.array(approvalView),
    }),
  },
  updateSig: {
    params: z.object({ sig }),
    body: z.strictObject({
      title: title.optional(),
      commit: z.enum(COMMIT_POLICIES).optional(),
      koji: z.enum(KOJI_POLICIES).optional(),
    }),
    response: sigView,
  },
  setQuota: {
    params: z.object({ sig }),
    body: z.strictObject({
      /** Bytes; null: no limit. */
      quota: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable(),
    }),
    response: z.object({ sig: z.string(), ...usage, quota: z.number().nullable() }),
  },
  setMember: {
    params: z.object({ sig, user }),
    body: z.strictObject({ role: z.enum(SIG_ROLES).default('member') }),
    response: z.object({ sig: z.string(), user: z.string(), role: z.enum(SIG_ROLES) }),
  },
  removeMember: { params: z.object({ sig, user }), response: none },
  approveUser: {
    params: z.object({ sig, user }),
    body: z.strictObject({
      components: z.array(component).min(1).nullable().default(null),
      reason: title.default(''),
      until: z.iso.datetime({ offset: true }).nullable().default(null),
    }),
    response: approvalView,
  },
  revokeApproval: { params: z.object({ sig, user }), response: none },

  listCollections: {
    query: z.strictObject({ sig: sig.optional() }),
    response: list(collectionView),
  },
  createCollection: {
    body: z.strictObject({
      name: collection,
      sig,
      sclName: parsed(parseSclName).optional(),
      vendor: z.enum(VENDORS).default('rh'),
      metaComponent: component.optional(),
      releases: z.array(z.strictObject({ release, depends })).max(20),
    }),
    response: collectionView,
  },
  showCollection: {
    params: z.object({ collection }),
    response: collectionView.extend({ components: z.array(z.string()) }),
  },
  addRelease: {
    params: z.object({ collection }),
    body: z.strictObject({ release, depends }),
    response: collectionView,
  },
  setDepends: {
    params: z.object({ collection, release }),
    body: z.strictObject({ depends }),
    response: collectionView,
  },

  listComponents: {
    query: z.strictObject({
      collection: collection.optional(),
      after: text(200).optional(),
      limit,
    }),
    response: list(componentView),
  },
  createComponent: {
    body: z.strictObject({
      name: component,
      collections: z.array(collection).min(1).max(100),
      exploded: z.boolean().default(false),
    }),
    response: componentView,
  },
  showComponent: { params: z.object({ component }), response: componentView },
  addToCollections: {
    params: z.object({ component }),
    body: z.strictObject({ collections: z.array(collection).min(1).max(100) }),
    response: componentView,
  },
  showChecks: {
    params: z.object({ component }),
    response: z.object({
      component: z.string(),
      exploded: z.boolean(),
      branches: z.array(
        z.object({ collection: z.string(), release: z.string(), sig: z.string(), decision }),
      ),
      limits: z.object({ maxFileSize: z.number(), maxRefs: z.number() }),
      levels: z.object({
        default: z.record(z.string(), z.enum(POLICY_LEVELS)),
        sigs: z.record(z.string(), z.record(z.string(), z.enum(POLICY_LEVELS))),
      }),
    }),
  },
  listSources: {
    params: z.object({ component }),
    query: z.strictObject({
      file: parsed(parseSourceFileName).optional(),
      hash: text(128)
        .regex(/^[0-9a-fA-F]+$/, 'is not a hash')
        .transform((hex) => hex.toLowerCase())
        .optional(),
    }),
    response: list(sourceView),
  },

  recordOrigin: {
    params: z.object({ component }),
    body: z.strictObject({
      ...oneSource,
      url: z.url({ protocol: /^(https?|ftp)$/ }).max(2000),
      /** Null: there is none to check. */
      signature: z
        .strictObject({
          /** Detached: armored, or base64 of the binary form. */
          text: z.string().max(64 * 1024),
          branch: z.string().max(200),
          /** A file of that branch: the upstream's public keys. */
          keyring: parsed(parseSourceFileName),
        })
        .nullable()
        .default(null),
    }),
    response: originView,
  },
  showStatement: {
    params: z.object({ component }),
    query: z.strictObject(oneSource),
    response: z.object({
      _type: z.literal('https://in-toto.io/Statement/v1'),
      subject: z.array(z.object({ name: z.string(), digest: z.record(z.string(), z.string()) })),
      predicateType: z.string(),
      predicate: z.object({
        component: z.string(),
        size: z.number(),
        uploadedBy: z.string(),
        uploadedAt: time,
        origin: originView.nullable(),
        usedBy: z.array(z.object({ ref: z.string(), commit: z.string() })),
      }),
    }),
  },
  showUsage: {
    response: z.object({
      total: z.object(usage),
      items: z.array(z.object({ sig: z.string(), ...usage, quota: z.number().nullable() })),
    }),
  },
  collectGarbage: {
    body: z.strictObject({ apply: z.boolean().default(false) }),
    response: z.object({
      applied: z.boolean(),
      /** Into quarantine. */
      quarantined: z.object(usage),
      /** Out of it, for good. */
      deleted: z.object(usage),
      /** The largest of those that go into quarantine. */
      items: z.array(z.object({ ...sourceKey, size: z.number() })),
    }),
  },
  listQuarantine: {
    query: z.strictObject({ limit }),
    response: list(
      z.object({ ...sourceKey, size: z.number(), state: z.enum(SOURCE_STATES), since: time }),
    ),
  },
  restoreSource: {
    body: z.strictObject({ component, ...oneSource }),
    response: z.object({ ...sourceKey, state: z.enum(SOURCE_STATES) }),
  },
  startScrub: { response: scrubView },
  showScrub: { response: scrubView },

  listPushes: {
    query: z.strictObject({ component: component.optional(), limit }),
    response: list(pushView),
  },
  listAudit: {
    query: z.strictObject({ before: z.coerce.number().int().positive().optional(), limit }),
    response: list(auditView),
  },
  listJobs: { response: list(jobView) },
} as const satisfies Record<Operation, Schema>;

type Part<O extends Operation, K extends keyof Schema> = (typeof SCHEMAS)[O] extends {
  readonly [key in K]: infer S extends z.ZodType;
}
  ? S
  : never;
type InputOf<S> = [S] extends [never] ? unknown : S extends z.ZodType ? z.input<S> : never;
type OutputOf<S> = [S] extends [never] ? unknown : S extends z.ZodType ? z.output<S> : never;

/** What a client sends: path parameters, query and body in one object. */
export type ApiInput<O extends Operation> = InputOf<Part<O, 'params'>> &
  InputOf<Part<O, 'query'>> &
  InputOf<Part<O, 'body'>>;
/** The same, parsed: what a handler gets. */
export type ApiParsed<O extends Operation> = OutputOf<Part<O, 'params'>> &
  OutputOf<Part<O, 'query'>> &
  OutputOf<Part<O, 'body'>>;
export type ApiOutput<O extends Operation> = z.output<(typeof SCHEMAS)[O]['response']>;
