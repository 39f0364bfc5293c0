import { z } from 'zod';
import { parseNvr } from '../domain/nvr.ts';
import { parseTestName, TEST_OUTCOMES } from '../domain/test-result.ts';
import { list, parsed, time } from './schema-parts.ts';

const nvr = parsed(parseNvr);
const test = parsed(parseTestName);
/** Each test once, in their order. */
const tests = z
  .array(test)
  .max(50)
  .refine((names) => new Set(names).size === names.length, 'names a test twice');
const level = z.strictObject({ tests }).optional();

/** What a build needs before it is promoted, by the level; a level that is left out stays. */
export const promotion = z.strictObject({ testing: level, release: level });

const levelView = z.object({ tests: z.array(z.string()) });
export const promotionView = z.object({ testing: levelView, release: levelView });

/** One result of a test. */
export const resultView = z.object({
  id: z.number(),
  test: z.string(),
  outcome: z.enum(TEST_OUTCOMES),
  url: z.string().nullable(),
  recordedBy: z.string(),
  recordedAt: time,
});

/** What the operations about test results take and give. */
export const RESULT_SCHEMAS = {
  recordResult: {
    params: z.object({ nvr }),
    body: z.strictObject({
      test,
      outcome: z.enum(TEST_OUTCOMES),
      /** Where more of it is told. */
      url: z
        // Normalized: nothing of it is for a terminal to obey.
        .url({ protocol: /^https?$/, normalize: true })
        .max(2000)
        .nullable()
        .default(null),
    }),
    response: resultView,
  },
  listResults: {
    params: z.object({ nvr }),
    /** Newest first; the newest of a test is the one that counts. */
    response: list(resultView).extend({
      /** What the build's collection wants of it. */
      promotion: promotionView,
    }),
  },
} as const;
