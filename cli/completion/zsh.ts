import type { Place } from './completion-table.ts';
import { posixTables } from './posix-tables.ts';

/** For a folder of zsh's \`fpath\`, as \`_centpkg\`. */
export function zshCompletion(places: readonly Place[]): string {
  return `#compdef centpkg
# zsh completion for centpkg; written by: centpkg completion zsh

${posixTables(places)}
_centpkg_offer() {
  local kind=$1
  case "$kind" in
    branch) compadd -- \${(f)"$(_centpkg_branches)"} ;;
    tag) compadd -- \${(f)"$(_centpkg_tags)"} ;;
    file) _files ;;
    folder) _files -/ ;;
    words\\ *) compadd -- \${=kind#words } ;;
  esac
}

# Lines of a word, a tab and what it is for.
_centpkg_describe() {
  local line
  local -a found
  while IFS= read -r line; do
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( \${#found} )) && _describe "$@" found
}

_centpkg() {
  local place='' value='' word next
  for word in \${words[2,CURRENT-1]}; do
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
    _centpkg_offer "$value"
  elif [[ \${words[CURRENT]} == -* ]]; then
    _centpkg_describe -o option < <(_centpkg_flags "$place")
  elif [[ -n "$(_centpkg_words "$place")" ]]; then
    _centpkg_describe command < <(_centpkg_words "$place")
  else
    _centpkg_offer "$(_centpkg_argument "$place")"
  fi
}

if [[ \${zsh_eval_context[-1]} == loadautofunc ]]; then
  _centpkg "$@"
else
  compdef _centpkg centpkg
fi
`;
}
