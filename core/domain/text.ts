import { fail } from '../api/distgit-error.ts';

/** A string that has been through its parser; only parsers make one. */
export type Brand<Name extends string> = string & { readonly __brand: Name };

/** How a name is quoted in a message: control and non-ASCII characters escaped, cut at 80. */
export function quoted(text: string): string {
  const cut = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return JSON.stringify(cut).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A path for a message: nobody reads more of it. */
export function clipped(path: string): string {
  return path.length > 200 ? `${path.slice(0, 197)}...` : path;
}

/** A word for a command line that people copy: quoted where a shell would read it otherwise. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;
}

/**
 * The shape all name parsers share.
 * @throws DistGitError `name_invalid` that repeats the rule.
 */
export function parseByRule<Name extends string>(
  what: string,
  text: string,
  valid: boolean,
  rule: string,
): Brand<Name> {
  if (!valid) fail('name_invalid', `${what} ${quoted(text)} is not valid.`, rule);
  return text as Brand<Name>;
}
