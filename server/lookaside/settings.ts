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
});
