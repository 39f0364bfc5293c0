import { z } from 'zod';
import { parseBytes } from '../domain/byte-size.ts';

/** A size in a configuration: a number of bytes, or text with a binary unit. */
export const byteSize = z.union([z.number(), z.string()]).transform((value, context): number => {
  const bytes = parseBytes(String(value));
  if (bytes !== null) return bytes;
  context.issues.push({
    code: 'custom',
    message: 'is not a size; write a number of bytes, or "64 KiB", "2 MiB", "20 GiB"',
    input: value,
  });
  return z.NEVER;
});
