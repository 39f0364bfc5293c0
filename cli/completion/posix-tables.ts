import type { Kind, Place } from './completion-table.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** `branch`, `file`, … or `words a b c`. */
export function kindText(kind: Kind): string {
  return kind.kind === 'words' ? `words ${kind.words.join(' ')}` : kind.kind;
}

function cases(name: string, on: string, rows: readonly (readonly [string, string])[]): string {
  const lines = rows.map(([pattern, what]) => `    ${pattern}) ${what} ;;`);
  return `${name}() {\n  case ${on} in\n${lines.join('\n')}\n  esac\n}\n`;
}

/** Lines of a word, a tab and what it is for. */
const described = (rows: readonly { readonly word: string; readonly help: string }[]): string =>
  `printf '%s\\n' ${rows.map(({ word, help }) => quoted(`${word}\t${help}`)).join(' ')}`;

/**
 * The table as functions that bash and zsh read alike. A place is named by its words.
 *   _centpkg_next PLACE WORD    the place that the word leads to; nothing: it is an argument
 *   _centpkg_value PLACE FLAG   what its value is; nothing: it takes none
 *   _centpkg_words PLACE        words that lead on
 *   _centpkg_flags PLACE        its options
 *   _centpkg_argument PLACE     what its arguments are
 */
export function posixTables(places: readonly Place[]): string {
  const at = ({ command }: Place): string => quoted(command);
  return [
    cases(
      '_centpkg_next',
      '"$1:$2"',
      places.flatMap(({ command, next }) =>
        next.map(({ word, to }) => [quoted(`${command}:${word}`), `echo ${quoted(to)}`] as const),
      ),
    ),
    cases(
      '_centpkg_value',
      '"$1:$2"',
      places.flatMap(({ command, flags }) =>
        flags.flatMap(({ word, value }) =>
          value === null
            ? []
            : [[quoted(`${command}:${word}`), `echo ${quoted(kindText(value))}`] as const],
        ),
      ),
    ),
    cases(
      '_centpkg_words',
      '"$1"',
      places.flatMap((place) =>
        place.next.length === 0 ? [] : [[at(place), described(place.next)] as const],
      ),
    ),
    cases(
      '_centpkg_flags',
      '"$1"',
      places.map((place) => [at(place), described(place.flags)] as const),
    ),
    cases(
      '_centpkg_argument',
      '"$1"',
      places.flatMap((place) =>
        place.argument === null ? [] : [[at(place), `echo ${quoted(kindText(place.argument))}`]],
      ),
    ),
    `# Branches and tags of the clone; no server is asked.
_centpkg_branches() {
  git for-each-ref --format='%(refname:lstrip=3)' 'refs/remotes/*/scl-*' 2>/dev/null | sort -u
}
_centpkg_tags() {
  git tag --list 2>/dev/null
}
`,
  ].join('\n');
}
