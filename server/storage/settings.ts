import { z } from 'zod';

/** `[storage]`: where the look-aside cache keeps its files. */
export const storageSettings = z.strictObject({
  kind: z.enum(['folder']).default('folder').describe('the kind of object store'),
  folder: z.string().min(1).optional().describe('default: "lookaside" in the data folder'),
});
