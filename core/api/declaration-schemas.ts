import { z } from 'zod';
import { parseSclName, VENDORS } from '../domain/collection.ts';
import { EL_RELEASES, type ElRelease } from '../domain/el-release.ts';
import { promotion } from './result-schemas.ts';
import { collection, component, parsed, sig } from './schema-parts.ts';

const dependency = z.preprocess(
  // A name alone is the most frequent form.
  (value) => (typeof value === 'string' ? { collection: value } : value),
  z.strictObject({
    collection,
    /** To be sure of which is meant; it must be so. */
    namespace: z.enum(VENDORS).optional(),
    level: z.enum(['candidate', 'release']).default('candidate'),
  }),
);
const dependencies = z.preprocess(
  // YAML has null where nothing stands behind the colon.
  (value) => value ?? [],
  z.array(dependency).max(100),
);
const isRelease = (key: string): boolean => (EL_RELEASES as readonly string[]).includes(key);
const releases = z
  .record(z.string().refine(isRelease), dependencies, {
    error: (issue) =>
      issue.code === 'invalid_key'
        ? `is not an EL release. Known are: ${EL_RELEASES.join(', ')}.`
        : undefined,
  })
  .transform((given) =>
    Object.entries(given).map(([release, depends]) => ({
      release: release as ElRelease,
      depends,
    })),
  );

/** Names and defaults that a collection may state itself; what is not stated stays as it is. */
const settings = {
  sclName: parsed(parseSclName).optional(),
  metaComponent: component.optional(),
  inheritTesting: z.boolean().optional(),
  promotion: promotion.optional(),
};

const declaredCollection = z.strictObject({
  name: collection,
  /** Where it is not that of the whole file. */
  sig: sig.optional(),
  namespace: z.enum(VENDORS).optional(),
  ...settings,
  releases,
});

/** Collections as a file declares them. */
export const declaration = z.strictObject({
  sig: sig.optional(),
  collections: z.array(declaredCollection).max(1000),
});
export type Declaration = z.output<typeof declaration>;
export type DeclaredCollection = Declaration['collections'][number];

const change = z.object({
  collection: z.string(),
  sig: z.string(),
  action: z.enum(['create', 'change', 'remove']),
  /** What is new, changes (`before`), or goes (no `after`). */
  fields: z.array(
    z.object({ field: z.string(), before: z.string().nullable(), after: z.string().nullable() }),
  ),
});

/** What the operations take and give that make collections as they are declared. */
export const DECLARATION_SCHEMAS = {
  applyDeclaration: {
    body: declaration.extend({
      /** Nothing is changed: what would be? */
      dryRun: z.boolean().default(false),
      /** Collections of the SIGs, and releases, that are not declared are removed. */
      prune: z.boolean().default(false),
    }),
    response: z.object({
      applied: z.boolean(),
      changes: z.array(change),
      /** How many are as declared. */
      unchanged: z.number(),
      warnings: z.array(z.string()),
    }),
  },
} as const;
/** What of a collection can be edited by itself. */
export const editableSettings = { ...settings, vendor: z.enum(VENDORS).optional() };
