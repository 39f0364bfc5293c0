import { z } from 'zod';
import { TOKEN_VERBS } from '../access/principal.ts';
import { parseSclName, VENDORS } from '../domain/collection.ts';
import { COMMIT_POLICIES, KOJI_POLICIES, SIG_ROLES } from '../domain/sig.ts';
import { POLICY_LEVELS } from '../pushes/policy.ts';
import { ACCESS_SCHEMAS, decision, mayView } from './access-schemas.ts';
import { BUILD_SCHEMAS } from './build-schemas.ts';
import { BUILDROOT_SCHEMAS } from './buildroot-schemas.ts';
import { DECLARATION_SCHEMAS, editableSettings } from './declaration-schemas.ts';
import { END_OF_LIFE_SCHEMAS } from './end-of-life-schemas.ts';
import { KEY_SCHEMAS } from './key-schemas.ts';
import { KOJI_SCHEMAS } from './koji-schemas.ts';
import { LOOKASIDE_SCHEMAS } from './lookaside-schemas.ts';
import { promotionView, RESULT_SCHEMAS } from './result-schemas.ts';
import type { Operation } from './routes.ts';
import {
  collection,
  component,
  limit,
  list,
  none,
  parsed,
  release,
  sig,
  text,
  time,
  title,
  user,
} from './schema-parts.ts';
import { SPEC_SCHEMAS } from './spec-schemas.ts';

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
  /** The robot's name; null: a person's own. */
  robot: z.string().nullable(),
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
  /** At its end of life: no push, no build. */
  closed: z.boolean(),
  depends: z.array(z.object({ collection: z.string(), level: z.enum(DEPEND_LEVELS) })),
});
const collectionView = z.object({
  name: z.string(),
  sig: z.string(),
  sclName: z.string(),
  vendor: z.enum(VENDORS),
  metaComponent: z.string(),
  /** Builds see what is in the collection's own testing tag. */
  inheritTesting: z.boolean(),
  /** What a build has to pass before it goes to a level. */
  promotion: promotionView,
  releases: z.array(releaseView),
  createdAt: time,
});

const branchView = z.object({
  name: z.string(),
  collection: z.string(),
  release: z.string(),
  sig: z.string(),
  builtPackage: z.string(),
  /** The collection is closed on this EL release. */
  closed: z.boolean(),
  /** The component is retired in the collection. */
  retired: z.boolean(),
});
const componentView = z.object({
  name: z.string(),
  exploded: z.boolean(),
  state: z.enum(['creating', 'active']),
  gitUrl: z.string(),
  /** Null: no git over SSH here. */
  sshUrl: z.string().nullable(),
  branches: z.array(branchView),
  createdAt: time,
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
      validUntil: time.nullable(),
      sigs: z.array(z.object({ sig: z.string(), role: z.enum(SIG_ROLES) })),
      approvals: z.array(z.object({ sig: z.string(), components: z.array(z.string()).nullable() })),
      scopes: z.object(scopes).nullable(),
      /** Everything but commits, everywhere. */
      administer: z.boolean(),
      /** What the credential is good for now. */
      may: z.array(mayView),
    }),
  },
  showServer: {
    response: z.object({
      version: z.string(),
      namespace: z.string(),
      url: z.string(),
      /** What SSH URLs of git begin with, `ssh://git@HOST`; null: there is none. */
      sshUrl: z.string().nullable(),
      maxUploadSize: z.number(),
      maxFileSize: z.number(),
    }),
  },

  listUsers: {
    query: z.strictObject({ after: text(200).optional(), limit: limit.default(1000) }),
    response: list(userView),
  },
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
      robot: text(64)
        .regex(/^[a-z0-9][a-z0-9_.-]*$/, 'has other than lower-case letters, digits and "_.-"')
        .nullable()
        .default(null),
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
      inheritTesting: z.boolean().default(false),
      releases: z.array(z.strictObject({ release, depends })).max(20),
    }),
    response: collectionView,
  },
  showCollection: {
    params: z.object({ collection }),
    response: collectionView.extend({ components: z.array(z.string()) }),
  },
  updateCollection: {
    params: z.object({ collection }),
    body: z.strictObject(editableSettings),
    response: collectionView,
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
        z.object({
          collection: z.string(),
          release: z.string(),
          sig: z.string(),
          sclName: z.string(),
          closed: z.boolean(),
          decision,
        }),
      ),
      limits: z.object({ maxFileSize: z.number(), maxRefs: z.number() }),
      levels: z.object({
        default: z.record(z.string(), z.enum(POLICY_LEVELS)),
        sigs: z.record(z.string(), z.record(z.string(), z.enum(POLICY_LEVELS))),
      }),
    }),
  },
  listPushes: {
    query: z.strictObject({ component: component.optional(), limit }),
    response: list(pushView),
  },
  listAudit: {
    query: z.strictObject({ before: z.coerce.number().int().positive().optional(), limit }),
    response: list(auditView),
  },
  listJobs: { response: list(jobView) },
  ...DECLARATION_SCHEMAS,
  ...SPEC_SCHEMAS,
  ...LOOKASIDE_SCHEMAS,
  ...KOJI_SCHEMAS,
  ...KEY_SCHEMAS,
  ...ACCESS_SCHEMAS,
  ...BUILD_SCHEMAS,
  ...BUILDROOT_SCHEMAS,
  ...END_OF_LIFE_SCHEMAS,
  ...RESULT_SCHEMAS,
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
