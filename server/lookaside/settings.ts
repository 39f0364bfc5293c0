import { z } from 'zod';
import { byteSize } from '../../core/api/byte-size-schema.ts';

/** `[lookaside]`: limits of the look-aside cache. */
export const lookasideSettings = z.strictObject({
  max_upload_size: byteSize.prefault('20 GiB').describe('bytes of one source file'),
  unused_days: z
    .number()
    .min(0)
    .default(30)
    .describe('days that an upload which no commit names is left alone by gc'),
  quarantine_days: z.number().min(0).default(30).describe('days from quarantine to deletion'),
  scrub_rate: byteSize.prefault('50 MiB').describe('bytes that a scrub reads per second'),
  resumable_days: z
    .number()
    .min(0.01)
    .max(365)
    .default(7)
    .describe('days without progress after which an upload that broke off is removed'),
});
