/** The completion script of each shell. It asks this program for the completions of the word before the cursor. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# redis-object-rpc: completion for bash
_redis_object_rpc() {
  local line=\${COMP_LINE:0:COMP_POINT} candidate current colon
  local -a words
  read -ra words <<< "$line"
  if [[ $line == *[[:space:]] ]]; then words+=(''); fi
  current=\${words[\${#words[@]}-1]}
  # Bash splits words at colons, and completes only the part after the last one.
  colon=\${current%"\${current##*:}"}
  COMPREPLY=()
  while IFS= read -r candidate; do
    COMPREPLY+=("\${candidate#"$colon"}")
  done < <("\${words[0]}" __complete "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _redis_object_rpc redis-object-rpc`,

  zsh: `#compdef redis-object-rpc
# redis-object-rpc: completion for zsh
_redis_object_rpc() {
  local -a candidates
  candidates=("\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${candidates[*]}" ]]; then
    compadd -- "\${candidates[@]}"
  else
    _files
  fi
}
if (( \${+functions[compdef]} )); then compdef _redis_object_rpc redis-object-rpc; fi`,
}
