/** Of a collection, or of the system? */
export interface DependencyNames {
  /** Is a package, or what another provides, in the collection? */
  isOwn(name: string): boolean;
}

/** A converted list of dependencies. */
export interface Prefixed {
  readonly text: string;
  /** Names that stay the system's. */
  readonly system: readonly string[];
  /** What could not be judged, as it stands. */
  readonly unclear: readonly string[];
}

const PREFIX = '%{?scl_prefix}';
/** A name, a separator, an operator with its version; what is in braces or parentheses is one. */
const TOKEN = /(?:%\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|\([^()]*\)|[^\s,()%]|%(?!\{))+|[\s,]+|\S/g;
const OPERATOR = /^(?:[<>]=?|=|==)$/;

/**
 * Puts the collection's prefix before names of its own, in a list as tags have it:
 * `foo-devel >= 1.0, bar`. Layout and versions stay.
 * @param always every name is the collection's: what it provides itself
 */
export function prefixDependencies(
  list: string,
  names: DependencyNames,
  always: boolean,
): Prefixed {
  const system: string[] = [];
  const unclear: string[] = [];
  // Rich dependencies are a language of their own.
  if (list.trimStart().startsWith('(')) return { text: list, system, unclear: [list] };
  let versionNext = false;
  const text = (list.match(TOKEN) ?? []).map((token) => {
    if (/^[\s,]+$/.test(token)) {
      if (token.includes(',')) versionNext = false;
      return token;
    }
    if (OPERATOR.test(token)) {
      versionNext = true;
      return token;
    }
    if (versionNext) {
      versionNext = false;
      return token;
    }
    return prefixed(token);
  });
  return { text: text.join(''), system, unclear };

  function prefixed(token: string): string {
    // Its own name has the prefix by itself; one that has it stays.
    if (/^%(?:\{name\}|name\b|\{\??(?:scl|_scl))/.test(token)) return token;
    if (token.startsWith('/') || /^(?:rpmlib|config|bundled)\(/.test(token)) return token;
    if (!/^[A-Za-z0-9_]/.test(token)) {
      unclear.push(token);
      return token;
    }
    const base = token.replace(/[(%].*$/s, '');
    if (always || names.isOwn(base)) return `${PREFIX}${token}`;
    system.push(token);
    return token;
  }
}
