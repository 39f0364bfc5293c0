import { z } from 'zod';

/** `[database]`: PostgreSQL by URL, else PGlite in the data folder. */
export const databaseSettings = z.strictObject({
  url: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'a URL postgres://user@host/database')
    .optional()
    .describe('PostgreSQL; without it the embedded PGlite keeps its files in the data folder'),
  pool_size: z.number().int().min(1).max(200).default(10).describe('connections to PostgreSQL'),
});
