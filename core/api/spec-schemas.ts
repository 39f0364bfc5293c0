import { z } from 'zod';
import { component, list } from './schema-parts.ts';

const specFileView = z.object({
  /** `1` of `Source1`. */
  number: z.number(),
  /** Null: it can not be known without running the spec. */
  file: z.string().nullable(),
  /** As the spec gives it, macros expanded: often a URL. */
  location: z.string().nullable(),
});
const known = z.string().nullable();

export const SPEC_SCHEMAS = {
  listSpecs: {
    params: z.object({ component }),
    response: list(
      z.object({
        branch: z.string(),
        commit: z.string(),
        /** `python33-python-3.3.2-1.el7`; null: see `problem`. */
        nvr: known,
        name: known,
        epoch: known,
        version: known,
        release: known,
        /** Why something of it is not known; null: all is. */
        problem: known,
        sources: z.array(specFileView),
        patches: z.array(specFileView),
      }),
    ),
  },
} as const;
