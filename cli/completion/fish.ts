import type { Described, Place } from './completion-table.ts';
import { kindText } from './posix-tables.ts';

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

function cases(name: string, on: string, rows: readonly (readonly [string, string])[]): string {
  const lines = rows.map(([pattern, what]) => `        case ${pattern}\n            ${what}`);
  return `function ${name}\n    switch ${on}\n${lines.join('\n')}\n    end\nend\n`;
}

const described = (rows: readonly Described[]): string =>
  `printf '%s\\n' ${rows.map(({ word, help }) => quoted(`${word}\t${help}`)).join(' ')}`;

/** For `~/.config/fish/completions/centpkg.fish`. */
export function fishCompletion(places: readonly Place[]): string {
  const next = places.flatMap((place) =>
    place.next.map(
      ({ word, to }) =>
        [quoted(`${place.command}:${word}`), `printf '%s\\n' ${quoted(to)}`] as const,
    ),
  );
  const values = places.flatMap((place) =>
    place.flags.flatMap(({ word, value }) =>
      value === null
        ? []
        : [[quoted(`${place.command}:${word}`), `echo ${quoted(kindText(value))}`] as const],
    ),
  );
  const words = places.filter((one) => one.next.length > 0);
  const withArguments = places.flatMap(({ command, argument }) =>
    argument === null ? [] : [[quoted(command), `echo ${quoted(kindText(argument))}`] as const],
  );
  return `# fish completion for centpkg; written by: centpkg completion fish

${cases('__centpkg_next', '"$argv[1]:$argv[2]"', next)}
${cases('__centpkg_value', '"$argv[1]:$argv[2]"', values)}
${cases(
  '__centpkg_words',
  '"$argv[1]"',
  words.map((one) => [quoted(one.command), described(one.next)] as const),
)}
${cases(
  '__centpkg_flags',
  '"$argv[1]"',
  places.map((one) => [quoted(one.command), described(one.flags)] as const),
)}
${cases('__centpkg_argument', '"$argv[1]"', withArguments)}
function __centpkg_offer
    set -l kind $argv[1]
    set -l cur (commandline --current-token)
    switch "$kind"
        case branch
            git for-each-ref --format='%(refname:lstrip=3)' 'refs/remotes/*/scl-*' 2>/dev/null | sort -u
        case tag
            git tag --list 2>/dev/null
        case file
            __fish_complete_path "$cur"
        case folder
            __fish_complete_directories "$cur"
        case 'words *'
            string split ' ' -- (string replace 'words ' '' -- $kind)
    end
end

function __centpkg_complete
    set -l place ''
    set -l value ''
    for word in (commandline --tokenize --cut-at-cursor --current-process)[2..-1]
        if test -n "$value"
            set value ''
        else if string match --quiet -- '-*' $word
            set value (__centpkg_value "$place" $word)
        else
            set -l found (__centpkg_next "$place" $word)
            test -n "$found"; and set place $found
        end
    end
    if test -n "$value"
        __centpkg_offer "$value"
    else if string match --quiet -- '-*' (commandline --current-token)
        __centpkg_flags "$place"
    else
        set -l words (__centpkg_words "$place")
        if test (count $words) -gt 0
            printf '%s\\n' $words
        else
            __centpkg_offer (__centpkg_argument "$place")
        end
    end
end

complete --command centpkg --no-files --arguments '(__centpkg_complete)'
`;
}
