import { z } from 'zod';
import { ACTIONS } from '../access/action.ts';
import { parseBranchOrAlias } from '../domain/branch-name.ts';
import {
  COMMIT_POLICIES,
  KOJI_POLICIES,
  REQUEST_KINDS,
  REQUEST_STATES,
  SIG_ROLES,
} from '../domain/sig.ts';
import {
  collection,
  component,
  limit,
  list,
  parsed,
  sig,
  time,
  title,
  user,
} from './schema-parts.ts';

/** The answer of the one permission decision. */
export const decision = z.object({
  allowed: z.boolean(),
  rule: z.string(),
  reason: z.string(),
  remedy: z.string().optional(),
});

/** What one may do in a SIG; null stands for all collections or components of it. */
export const mayView = z.object({
  sig: z.string(),
  action: z.enum(ACTIONS),
  collections: z.array(z.string()).nullable(),
  components: z.array(z.string()).nullable(),
});

const requestView = z.object({
  id: z.number(),
  kind: z.enum(REQUEST_KINDS),
  user: z.string(),
  sig: z.string(),
  /** Of an approval; null: all of the SIG. */
  components: z.array(z.string()).nullable(),
  /** Of Koji's set-up. */
  collection: z.string().nullable(),
  reason: z.string(),
  state: z.enum(REQUEST_STATES),
  createdAt: time,
  answeredBy: z.string().nullable(),
  answeredAt: time.nullable(),
  answer: z.string().nullable(),
});
const requestId = z.object({
  request: z.coerce
    .number()
    .int()
    .positive()
    .max(2 ** 52),
});
const until = z.iso.datetime({ offset: true }).nullable().default(null);
const reason = title.default('');

/** What the operations around permission take and give. */
export const ACCESS_SCHEMAS = {
  explain: {
    query: z.strictObject({
      action: z.enum(ACTIONS),
      component: component.optional(),
      branch: parsed(parseBranchOrAlias).optional(),
      collection: collection.optional(),
      sig: sig.optional(),
      /** Whose tokens; left out: one's own. */
      owner: user.optional(),
      /** Whom the question is about; left out: who asks, with the credential that asks. */
      user: user.optional(),
    }),
    response: decision.extend({
      /** Null: anonymous. */
      user: z.string().nullable(),
      /** Null: the answer is about the user, not about a credential. */
      credential: z.string().nullable(),
      action: z.enum(ACTIONS),
      /** Each SIG that has a say, and what it says on its own. */
      parts: z.array(
        z.object({
          sig: z.string(),
          collection: z.string().nullable(),
          commit: z.enum(COMMIT_POLICIES),
          koji: z.enum(KOJI_POLICIES),
          role: z.enum(SIG_ROLES).nullable(),
          approval: z
            .object({
              components: z.array(z.string()).nullable(),
              approvedBy: z.string(),
              reason: z.string(),
              until: time.nullable(),
            })
            .nullable(),
          decision,
        }),
      ),
    }),
  },

  requestAccess: {
    body: z.strictObject({
      sig,
      components: z.array(component).min(1).max(100).nullable().default(null),
      reason,
    }),
    response: requestView,
  },
  requestKoji: { body: z.strictObject({ collection, reason }), response: requestView },
  listRequests: {
    query: z.strictObject({
      sig: sig.optional(),
      mine: z.stringbool().default(false),
      /** Left out: those that are open. */
      state: z.enum([...REQUEST_STATES, 'any']).default('open'),
      before: z.coerce.number().int().positive().optional(),
      limit,
    }),
    response: list(requestView),
  },
  approveRequest: { params: requestId, body: z.strictObject({ until }), response: requestView },
  denyRequest: {
    params: requestId,
    body: z.strictObject({ reason: title.min(1) }),
    response: requestView,
  },
  cancelRequest: { params: requestId, response: requestView },
} as const;
