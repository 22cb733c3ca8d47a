// The scripts by which bash, zsh and fish ask `openclaw complete` what may follow. All knowledge stays in the program; a
// script hands over the words before the cursor and shows what comes back, as data: no candidate is ever evaluated.
import type { Shell } from './value-kinds.ts';

export function completionScript(shell: Shell): string {
  return { bash, zsh, fish }[shell];
}

// Bash cuts words at `:` and `=` (COMP_WORDBREAKS) and completes the last piece alone: the pieces are put together again
// for the question, and what precedes the last piece is taken off each answer. Works with bash 3.2, without helpers.
const bash = `# bash completion for openclaw
_openclaw() {
  local words=() word rest=$COMP_LINE glued index
  for ((index = 0; index <= COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    glued=yes
    while [[ $rest == [[:space:]]* ]]; do
      rest=\${rest:1}
      glued=
    done
    if [[ -n $word && $rest == "$word"* ]]; then rest=\${rest:\${#word}}; else glued=; fi
    if [[ -n $glued && \${#words[@]} -gt 0 ]]; then
      words[\${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
  done
  local last=$((\${#words[@]} - 1)) quote= cut= candidate shown
  local typed=\${words[last]//\\\\/}
  case $typed in
    [\\"\\']*) quote=\${typed:0:1} typed=\${typed:1} ;;
    *:*) [[ $COMP_WORDBREAKS == *:* ]] && cut=\${typed%"\${typed##*:}"} ;;
  esac
  if [[ -z $quote && $COMP_WORDBREAKS == *=* && $typed == *=* ]]; then
    local assigned=\${typed%"\${typed##*=}"}
    [[ \${#assigned} -gt \${#cut} ]] && cut=$assigned
  fi
  words[last]=$typed
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    if [[ $candidate == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen -f -- "\${typed#"$cut"}")
      return
    fi
    shown=\${candidate:\${#cut}}
    [[ -z $quote ]] && printf -v shown %q "$shown"
    COMPREPLY+=("$shown")
  done < <(command "\${words[0]/#\\~\\//$HOME/}" complete -- "\${words[@]:1}" </dev/null 2>/dev/null)
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[.=] ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -F _openclaw openclaw
`;

const zsh = `#compdef openclaw
# zsh completion for openclaw
_openclaw() {
  local -a given found
  local line value description
  given=("\${(@Q)words[2,CURRENT]}")
  for line in "\${(@f)$(command "\${(Q)words[1]/#\\~\\//$HOME/}" complete -- "\${given[@]}" </dev/null 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      compset -P '*='
      _files
      return
    fi
    value=\${line%%$'\\t'*}
    [[ -z $value ]] && continue
    description=\${line#*$'\\t'}
    found+=("\${value//:/\\\\:}\${description:+:$description}")
  done
  (( \${#found} )) || return 1
  _describe -V openclaw found
}
if [[ $funcstack[1] == _openclaw ]]; then
  _openclaw "$@"
elif (( $+functions[compdef] )); then
  compdef _openclaw openclaw
else
  print -u2 'openclaw: run compinit before its completion is read'
fi
`;

const fish = `# fish completion for openclaw
function __openclaw_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l answer (command $program complete -- $words[2..-1] "$current" </dev/null 2>/dev/null)
    if test "$answer[1]" = ':files'
        set -l lead (string match -r '^--[^=]+=' -- "$current")
        for path in (__fish_complete_path (string replace -r '^--[^=]+=' '' -- "$current"))
            echo "$lead$path"
        end
        return
    end
    for line in $answer
        echo $line
    end
end
complete -c openclaw -f -a '(__openclaw_complete)'
`;
