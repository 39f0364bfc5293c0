import { z } from 'zod';
import { FINDING_KINDS } from '../koji/plan.ts';
import { MERGE_MODES } from '../koji/profile.ts';
import { collection, release, text, time } from './schema-parts.ts';

const names = z.array(z.string());
const edge = z.object({ parent: z.string(), priority: z.number() });
const settings = z.object({
  arches: names,
  perm: z.string().nullable(),
  locked: z.boolean(),
  extra: z.record(z.string(), z.unknown()),
});

const stepOf = <K extends string, T extends z.ZodType, M extends z.ZodRawShape>(
  kind: K,
  object: T,
  more: M,
) =>
  z.object({
    kind: z.literal(kind),
    action: z.enum(['create', 'change', 'remove']),
    needs: z.enum(['tag', 'target', 'package_list', 'admin']),
    before: object.nullable(),
    after: object.nullable(),
    makes: names,
    drops: names,
    ...more,
  });

/** As `core/koji/plan.ts` has them. */
const step = z.discriminatedUnion('kind', [
  stepOf('tag', settings, {
    tag: z.string(),
    set: z.object({
      arches: names.optional(),
      perm: z.string().optional(),
      locked: z.boolean().optional(),
      extra: z.record(z.string(), z.union([z.boolean(), z.number(), z.string()])).optional(),
      removeExtra: names.optional(),
    }),
  }),
  stepOf('inheritance', z.array(edge), { tag: z.string(), set: z.array(edge), remove: names }),
  stepOf('external-repo', z.object({ mode: z.enum(MERGE_MODES), priority: z.number() }), {
    tag: z.string(),
    repo: z.string(),
  }),
  stepOf('group', names, { tag: z.string(), group: z.string(), add: names, remove: names }),
  stepOf('package', z.object({ owner: z.string(), blocked: z.boolean() }), {
    tag: z.string(),
    package: z.string(),
  }),
  stepOf('target', z.object({ buildTag: z.string(), destTag: z.string() }), {
    target: z.string(),
  }),
]);
const findings = z.array(
  z.object({
    kind: z.enum(FINDING_KINDS),
    thing: z.string(),
    message: z.string(),
    remedy: z.string().nullable(),
  }),
);
const requests = z.array(z.object({ message: z.string(), commands: names, blocks: names }));
const plan = z.object({ steps: z.array(step), findings, requests, unchanged: names });
const planned = z.object({ collection: z.string(), release: z.string(), plan });

/** How far one step has come. */
export const STEP_STATES = ['done', 'waiting', 'refused'] as const;
const stepView = z.object({
  /** `tag X package Y` */
  step: z.string(),
  action: z.enum(['create', 'change', 'remove']),
  state: z.enum(STEP_STATES),
  /** Koji's own, where it refused. */
  words: z.string().nullable(),
  remedy: z.string().nullable(),
});
/**
 * `none`: nobody asked for it. `waiting`: a job does it, or tries again. `attention`: somebody has
 * to do something first. `parked`: Koji could not be asked for a long time; tried again later.
 */
export const KOJI_STATES = ['none', 'waiting', 'done', 'attention', 'parked'] as const;
const releaseStatus = z.object({
  release: z.string(),
  target: z.string(),
  state: z.enum(KOJI_STATES),
  requestedBy: z.string().nullable(),
  requestedAt: time.nullable(),
  ranAt: time.nullable(),
  /** Why the last try did not come to an end. */
  error: z.string().nullable(),
  steps: z.array(stepView),
  findings,
  requests,
  /** What the last look found to be other than it should be. */
  drift: z.object({ lookedAt: time, steps: z.number(), findings: z.number() }).nullable(),
});
const status = z.object({ collection: z.string(), items: z.array(releaseStatus) });

/** What the operations of setting up Koji take and give. */
export const KOJI_SCHEMAS = {
  planKoji: {
    params: z.object({ collection }),
    query: z.strictObject({ release: release.optional() }),
    response: z.object({ items: z.array(planned) }),
  },
  applyKoji: {
    params: z.object({ collection }),
    body: z.strictObject({
      /** None: all that it has. */
      releases: z.array(release).max(20).default([]),
      /** Things that are not ours and may be changed all the same, by their names in the plan. */
      overwrite: z.array(text(1000)).max(1000).default([]),
    }),
    response: status,
  },
  showKoji: { params: z.object({ collection }), response: status },
  findDrift: {
    body: z.strictObject({
      /** None: all that the asking user may manage. */
      collection: collection.optional(),
    }),
    response: z.object({
      /** Releases that were compared. */
      looked: z.number(),
      /** Those that are not as they should be. */
      items: z.array(planned),
    }),
  },
} as const;
