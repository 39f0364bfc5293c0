import { z } from 'zod';

/** Seconds in a week: Amazon signs for no longer. */
const WEEK = 7 * 24 * 3600;

/** `[storage]`: where the look-aside cache keeps its files. */
export const storageSettings = z
  .strictObject({
    kind: z.enum(['folder', 's3']).default('folder').describe('the kind of object store'),
    folder: z.string().min(1).optional().describe('default: "lookaside" in the data folder'),
    s3_bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket')
      .optional()
      .describe('it must be there, and stay private'),
    s3_prefix: z
      .string()
      .regex(/^([A-Za-z0-9_-][A-Za-z0-9._-]*\/)*$/, 'empty, or folders that end in "/"')
      .default('')
      .describe('stands before every name; for this service alone'),
    s3_endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("default: Amazon's, by the region"),
    s3_region: z.string().min(1).default('us-east-1').describe('part of every signature'),
    s3_path_style: z
      .union([z.boolean(), z.stringbool()])
      .default(false)
      .describe('the bucket in the path of URLs, as most servers other than Amazon want it'),
    s3_access_key_id: z.string().min(1).optional().describe('with s3_secret_access_key'),
    s3_secret_access_key: z.string().min(1).optional().describe('with s3_access_key_id'),
    s3_timeout: z
      .number()
      .int()
      .min(1)
      .max(3600)
      .default(120)
      .describe('seconds until the server must have answered a request'),
    downloads: z
      .enum(['stream', 'redirect', 'accel'])
      .default('stream')
      .describe('bytes through this service, from the bucket by a signed URL, or sent by nginx'),
    presign_expiry: z
      .number()
      .int()
      .min(1)
      .max(WEEK)
      .default(900)
      .describe('seconds for which a signed URL holds'),
  })
  .refine(({ kind, s3_bucket }) => kind !== 's3' || s3_bucket !== undefined, {
    path: ['s3_bucket'],
    message: 'is needed where kind is "s3"',
  })
  .refine(
    (one) => (one.s3_access_key_id === undefined) === (one.s3_secret_access_key === undefined),
    { path: ['s3_access_key_id'], message: 'and s3_secret_access_key go together; give both' },
  )
  .refine(({ kind, downloads }) => kind === 's3' || downloads !== 'redirect', {
    path: ['downloads'],
    message: 'can be "redirect" only where kind is "s3"',
  })
  .refine(({ kind, downloads }) => kind === 'folder' || downloads !== 'accel', {
    path: ['downloads'],
    message: 'can be "accel" only where kind is "folder"',
  });
