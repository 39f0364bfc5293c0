import { z } from 'zod';
import { byteSize } from '../../core/api/byte-size-schema.ts';

/** `[git]`: how git is run. */
export const gitSettings = z.strictObject({
  program: z.string().min(1).default('git').describe('the git program, by name or path'),
  max_processes: z.number().int().min(1).default(32).describe('requests that git serves at once'),
  max_push_size: byteSize.prefault('2 GiB').describe('bytes of one pushed pack'),
  max_object_memory: byteSize
    .prefault('256 MiB')
    .describe('memory git may take at once for one pushed object: stops pack bombs'),
});
