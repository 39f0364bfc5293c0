import { fail } from '../core/api/distgit-error.ts';

/**
 * The end that `--until` names: a day as its end, or a moment in ISO 8601.
 * @throws DistGitError `usage`
 */
export function parseUntil(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.exec(
    text,
  );
  const [, day = '', clock = 'T23:59:59Z'] = match ?? [];
  const time = new Date(day + clock);
  // "02-30" is taken for March by Date.
  const real = !Number.isNaN(time.getTime()) && new Date(day).toISOString().startsWith(day);
  if (!real) fail('usage', `--until ${text} is not a date.`, 'Write 2027-01-31.');
  return time.toISOString();
}
