import { z } from 'zod';
import { collection, component, release } from './schema-parts.ts';

/** The operations that end a collection on an EL release, or a component in a collection. */
export const END_OF_LIFE_SCHEMAS = {
  setClosed: {
    params: z.object({ collection }),
    body: z.strictObject({
      closed: z.boolean(),
      /** None: all that it is built for. */
      releases: z.array(release).max(20).default([]),
    }),
    response: z.object({
      collection: z.string(),
      closed: z.boolean(),
      /** Those that were asked for, changed or not. */
      releases: z.array(z.string()),
    }),
  },
  setRetired: {
    params: z.object({ component, collection }),
    body: z.strictObject({ retired: z.boolean() }),
    response: z.object({ component: z.string(), collection: z.string(), retired: z.boolean() }),
  },
} as const;
