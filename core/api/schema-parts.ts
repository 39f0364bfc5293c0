import { z } from 'zod';
import { parseCollectionName } from '../domain/collection.ts';
import { parseComponentName } from '../domain/component-name.ts';
import { parseElRelease } from '../domain/el-release.ts';
import { parseSigName, parseUserName } from '../domain/sig.ts';
import { DistGitError } from './distgit-error.ts';

/** A string that a parser of `core/domain` turns into its type, its message kept. */
export function parsed<T>(parse: (text: string) => T, max = 1000) {
  return z
    .string()
    .max(max)
    .transform((text, context): T => {
      try {
        return parse(text);
      } catch (error) {
        if (!(error instanceof DistGitError)) throw error;
        const remedy = error.detail.remedy === undefined ? '' : ` ${error.detail.remedy}`;
        context.issues.push({ code: 'custom', message: `${error.message}${remedy}`, input: text });
        return z.NEVER;
      }
    });
}

export const component = parsed(parseComponentName);
export const collection = parsed(parseCollectionName);
export const release = parsed(parseElRelease);
export const sig = parsed(parseSigName);
export const user = parsed(parseUserName);
/** Text that people write: no control characters, which terminals obey and databases refuse. */
export const text = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), 'has control characters');
export const title = text(200);
/** Seconds resolution is not enough for an audit log: ISO 8601 in UTC with milliseconds. */
export const time = z.iso.datetime();
export const limit = z.coerce.number().int().min(1).max(1000).default(100);

export const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });
export const none = z.object({});
