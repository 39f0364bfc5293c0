import { z } from 'zod';

/** `[server]`: where it listens and how it is seen from outside. */
export const serverSettings = z.strictObject({
  data: z.string().min(1).default('data').describe('the one folder that holds everything'),
  host: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  port: z.number().int().min(0).max(65535).default(8080).describe('0: any free port'),
  url: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe('how clients reach the server; default: http://<host>:<port>'),
  namespace: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits, dashes')
    .default('scls')
    .describe('first part of git URLs: <url>/<namespace>/<component>.git'),
  idle_timeout: z
    .number()
    .int()
    .min(1)
    .default(120)
    .describe('seconds without a byte after which a client is cut; there is no total limit'),
});
