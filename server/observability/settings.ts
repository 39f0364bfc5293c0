import { z } from 'zod';

/** `[log]`: JSON lines on standard error. */
export const logSettings = z.strictObject({
  level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
});
