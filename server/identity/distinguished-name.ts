/** One part of a distinguished name: most have one attribute, `cn=a+sn=b` has two. */
type Rdn = readonly (readonly [attribute: string, value: string])[];

/** Lower case of ASCII alone: what Unicode folds may be another name (U+212A, the Kelvin sign). */
export function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

const HARMLESS = /^[A-Za-z0-9._-]*$/;

/**
 * Escapes a value for a distinguished name, RFC 4514, section 2.4: everything but letters, digits
 * and a few harmless signs as hexadecimal pairs of UTF-8.
 */
export function escapeDnValue(value: string): string {
  if (HARMLESS.test(value)) return value;
  return Array.from(value, (char) =>
    HARMLESS.test(char)
      ? char
      : [...Buffer.from(char)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join(''),
  ).join('');
}

/** @returns null: not a name by RFC 4514. Quoted values of the older RFC 2253 are none. */
function parseDn(text: string): Rdn[] | null {
  const rdns: (readonly [string, string])[][] = [[]];
  // attribute = value, where a value ends at an unescaped comma or plus sign.
  const part = /\s*([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)\s*=\s*((?:\\.|[^\\,+"<>;])*)(,|\+|$)/suy;
  if (text.trim() === '') return [];
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return null;
    const [, attribute = '', raw = '', end] = match;
    const value = unescaped(raw);
    if (value === null || value === '') return null;
    rdns.at(-1)?.push([asciiLower(attribute), value]);
    if (end === '') return rdns;
    if (end === ',') rdns.push([]);
  }
  return null;
}

/** The value that an escaped text stands for; null: an escape that is none, or not UTF-8. */
function unescaped(raw: string): string | null {
  const tokens = [...raw.matchAll(/\\[0-9A-Fa-f]{2}|\\.|[^\\]|\\/gsu)].map(([token]) => token);
  // A space at the end counts where it is escaped.
  while (tokens.at(-1) === ' ') tokens.pop();
  const bytes: Buffer[] = [];
  for (const token of tokens) {
    if (!token.startsWith('\\')) bytes.push(Buffer.from(token));
    else if (token.length === 3) bytes.push(Buffer.from(token.slice(1), 'hex'));
    else if (/^\\["+,;<>\\ #=]$/.test(token)) bytes.push(Buffer.from(token.slice(1)));
    else return null;
  }
  const joined = Buffer.concat(bytes);
  const value = joined.toString('utf8');
  return Buffer.from(value).equals(joined) ? value : null;
}

const format = (rdns: readonly Rdn[]): string =>
  rdns
    .map((rdn) =>
      rdn
        .map(([attribute, value]) => `${attribute}=${escapeDnValue(asciiLower(value))}`)
        .toSorted()
        .join('+'),
    )
    .join(',');

/**
 * One spelling for names that mean the same, to be compared; null: not a name.
 * `CN=Sig-Core, OU=Groups` is `cn=sig-core,ou=groups`.
 */
export function normalDn(text: string): string | null {
  const rdns = parseDn(text);
  return rdns === null ? null : format(rdns);
}

/**
 * The `cn` of an entry that lies directly below `base`, in ASCII lower case; null: it lies elsewhere
 * or is called by something else. Groups of one name elsewhere in the tree are other groups.
 */
export function commonNameBelow(dn: string, base: string): string | null {
  const [first, ...rest] = parseDn(dn) ?? [];
  if (first === undefined || format(rest) !== normalDn(base)) return null;
  const [only, second] = first;
  if (only?.[0] !== 'cn' || second !== undefined) return null;
  return asciiLower(only[1]);
}
