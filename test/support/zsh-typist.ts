/**
 * A script of zsh with a second zsh on a pseudo-terminal: it loads the completion `$1`, types the
 * line `$2` and the tab key, and ends with 0 once the terminal shows the pattern `$3`.
 */
export const ZSH_TYPIST = `
zmodload zsh/zpty || exit 2
zpty typed zsh -f -i || exit 2
zpty -w typed "PS1=; unsetopt zle_bracketed_paste; autoload -Uz compinit && compinit -u -D; source \${(q)1}; echo rea''dy"
zpty -r -m typed shown '*ready*' || exit 3
zpty -w -n typed "$2"$'\\t'
zpty -r -m typed shown "$3" || exit 4
zpty -d typed
`;
