import type { Place } from './completion-table.ts';
import { posixTables } from './posix-tables.ts';

/** Needs bash 4 and git, and nothing of the package bash-completion. */
export function bashCompletion(places: readonly Place[]): string {
  return `# bash completion for centpkg; written by: centpkg completion bash

${posixTables(places)}
_centpkg_offer() {
  local cur=$1 kind=$2
  case "$kind" in
    branch) mapfile -t COMPREPLY < <(compgen -W "$(_centpkg_branches)" -- "$cur") ;;
    tag) mapfile -t COMPREPLY < <(compgen -W "$(_centpkg_tags)" -- "$cur") ;;
    file)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
    folder)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      ;;
    words\\ *) mapfile -t COMPREPLY < <(compgen -W "\${kind#words }" -- "$cur") ;;
  esac
}

_centpkg() {
  local cur=\${COMP_WORDS[COMP_CWORD]} place='' value='' word next i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $value ]]; then
      value=''
    elif [[ $word == -* ]]; then
      value=$(_centpkg_value "$place" "$word")
    else
      next=$(_centpkg_next "$place" "$word")
      [[ -z $next ]] || place=$next
    fi
  done
  if [[ -n $value ]]; then
    _centpkg_offer "$cur" "$value"
  elif [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_centpkg_flags "$place" | cut -f1)" -- "$cur")
  else
    mapfile -t COMPREPLY < <(compgen -W "$(_centpkg_words "$place" | cut -f1)" -- "$cur")
    [[ \${#COMPREPLY[@]} -gt 0 ]] || _centpkg_offer "$cur" "$(_centpkg_argument "$place")"
  fi
}

complete -F _centpkg centpkg
`;
}
