# vnetsh: completion for bash. `source <(vnetsh completion bash)`, or this file among those of bash-completion.
_vnetsh() {
    local line=${COMP_LINE:0:COMP_POINT} typed candidate
    # Readline cuts words at `=` and `:`, too: what it has cut off is not offered again.
    typed=${line##*[[:space:]]}
    local cut=$((${#typed} - ${#2}))
    COMPREPLY=()
    while IFS= read -r candidate; do
        if [[ $candidate == :files ]]; then
            compopt -o filenames
            while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen -f -- "$2")
        else
            candidate=${candidate%%$'\t'*}
            printf -v candidate %q "${candidate:cut}"
            COMPREPLY+=("$candidate")
        fi
    done < <("$1" __complete "$line" 2>/dev/null)
}
complete -F _vnetsh vnetsh
