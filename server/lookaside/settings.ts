import { z } from 'zod';
import { byteSize } from '../../core/api/byte-size-schema.ts';

/** `[lookaside]`: limits of the look-aside cache. */
export const lookasideSettings = z.strictObject({
  max_upload_size: byteSize.prefault('20 GiB').describe('bytes of one source file'),
});
