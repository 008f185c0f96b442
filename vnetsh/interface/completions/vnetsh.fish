# vnetsh: completion for fish. `vnetsh completion fish | source`, or this file among fish's completions.
function __vnetsh_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    for line in ($words[1] __complete -- $words[2..] "$typed" 2>/dev/null)
        if test $line = :files
            __fish_complete_path $typed
        else
            echo $line
        end
    end
end
complete -c vnetsh -f -k -a '(__vnetsh_complete)'
