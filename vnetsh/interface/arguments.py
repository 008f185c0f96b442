"""The arguments of `vnetsh` into a command and what it is to be given."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NoReturn

from vnetsh import __version__
from vnetsh.diagnostics import did_you_mean
from vnetsh.errors import PluginBroken, UsageError
from vnetsh.hookspecs import Command
from vnetsh.interface.commands import commands as own_commands, names
from vnetsh.interface.options import CONFIRMED, FORMATS, PLANNED, CommandLine, Options, is_planned
from vnetsh.model.change import Impact
from vnetsh.registry import Plugins, load_plugins, warn


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, help=f"`{self.prog} --help` lists what there is")


def parse_arguments(
    arguments: Sequence[str], shell: argparse.Namespace | None = None, *, plugins: Plugins | None = None
) -> tuple[Command, argparse.Namespace]:
    """The command of a command line, and what it is to be given; with the plugins, if they are loaded already.

    Raises `UsageError`.

    A line that begins as a sentence does is one. What a `shell` was given holds where its line says nothing else.
    """
    plugins = shell.plugins if shell else plugins or load_plugins()
    if not shell:
        warn(plugins)
    common = _common(plugins)
    # `--demo FILE` is the option without its value and a file, so the value is only ever taken from `--demo=3`.
    optional = {f"--{world.name}" for world in plugins.worlds.values() if world.argument}
    arguments = [f"{word}=" if word in optional else word for word in arguments]
    commands, heads = commands_of(plugins), plugins.vocabulary.heads()
    name, rest = _named(arguments, common, commands, heads)
    only_plan = False
    if name in heads and (
        name not in commands or name not in arguments
    ):  # the latter: it is one word, in quotes
        name, rest = "", _as_sentence(arguments, common)
    elif name == "plan":  # of what another command would do
        planned, others = _named(rest, common, [*filter(is_planned, PLANNED)], (), strict=False)
        only_plan = bool(planned)
        name, rest = (planned, others) if planned else (name, rest)
    command = commands[name] if name else SCRIPT
    known = {**vars(shell), "c": None, "names": []} if shell else {}
    found = _parser(command, common, commands).parse_args(rest, argparse.Namespace(**known))
    found.plugins, found.only_plan = plugins, only_plan
    if command.on_hosts:
        _may_be_confirmed(command, found)
    if command.on_hosts and found.c is not None and found.names:
        raise UsageError("a script comes from -c or from files, not from both")
    return command, found


def _may_be_confirmed(command: Command, found: argparse.Namespace) -> None:
    """Raise `UsageError` where there is no script that has to be confirmed, or not the whole of what is done."""
    if found.confirm_within is None:
        return
    if command.name and command.name not in CONFIRMED:
        raise UsageError(
            f"`{command.name}` makes no script that could be confirmed",
            help="`--confirm-within` goes with a script: `vnetsh --confirm-within 60s FILE`",
        )
    if found.prune:
        raise UsageError(
            "`--prune` removes what no sentence says, and `--confirm-within` is about sentences",
            help="run it without `--prune`; then with it, and without `--confirm-within`",
        )


def _flags(common: argparse.ArgumentParser) -> Mapping[str, bool]:
    """How the options of all commands are written, and whether a word of its own is the value."""
    return {flag: option.nargs is None for option in common._actions for flag in option.option_strings}


def _as_sentence(arguments: Sequence[str], common: argparse.ArgumentParser) -> list[str]:
    """The options among the words of a command line, wherever they stand; and the rest as a script."""
    options, words = list[str](), list[str]()
    flags, rest = _flags(common), iter(arguments)
    for word in rest:
        if word.partition("=")[0] not in flags:
            words.append(word)
            continue
        options.append(word)
        if flags.get(word):
            options += islice(rest, 1)
    sentence = words[0] if len(words) == 1 else " ".join(map(_quoted, words))
    return [*options, "-c", sentence]


def _quoted(word: str) -> str:
    return f'"{word}"' if any(map(str.isspace, word)) else word


def commands_of(plugins: Plugins) -> Mapping[str, Command]:
    """All subcommands, by name. Raises `PluginBroken` where a plugin claims one of the core's."""
    core = {command.name: command for command in (*own_commands(plugins.exports), _TUTORIAL)}
    twice = next(iter(core.keys() & plugins.commands), "")
    if twice:
        raise PluginBroken(
            f"command `{twice}` is vnetsh's own, and {plugins.owners['command', twice]} claims it",
            help="uninstall that one",
        )
    return {**core, **plugins.commands}


def parsers(plugins: Plugins) -> Mapping[str, argparse.ArgumentParser]:
    """What every subcommand takes, by its name: for the manual. Empty: no subcommand, a script or the shell."""
    commands = commands_of(plugins)
    return {
        name: _parser(command, _common(plugins), commands)
        for name, command in {"": SCRIPT, **commands}.items()
    }


def _run_script(found: argparse.Namespace) -> int:
    from vnetsh.interface.dispatch import run

    if found.c is None and not found.names and not sys.stdin.isatty():
        found.names = ["-"]  # whoever pipes a script wants it run
    if found.c is not None or found.names:
        return run(Options(found.plugins, "run", found))
    if found.confirm_within is not None:
        raise UsageError(
            "a shell has no script of its own that could be confirmed",
            help="there it is an option of a line: `bridge br0 on kvm1 --confirm-within 60s`",
        )
    if not sys.stdout.isatty():
        raise UsageError(
            "the shell needs a terminal, and its output goes elsewhere",
            help="`vnetsh FILE`, `vnetsh -c '…'`, or a script on its standard input",
        )
    return _shell(found)


def _run_tutorial(found: argparse.Namespace) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the tutorial needs a terminal: it is typed in a shell")
    found.teaches, found.world_demo = True, "3"
    return _shell(found)


def _shell(found: argparse.Namespace) -> int:
    from vnetsh.interface.dispatch import run

    return run(for_shell(found))


def for_shell(found: argparse.Namespace) -> Options:
    """What a shell is given."""
    common = _common(found.plugins)
    line = CommandLine(commands_of(found.plugins), common._actions, _flags(common), parse_arguments)
    return Options(found.plugins, "shell", found, line)


SCRIPT = Command(
    "",
    "A shell and a small language for the networks and VMs of several KVM hosts.",
    names,
    _run_script,
    on_hosts=True,
)
"""What `vnetsh` does without a subcommand: it runs a script, or is the shell."""

_TUTORIAL = Command(
    "tutorial", "ten steps in a shell on hosts in memory", lambda parser: None, _run_tutorial, on_hosts=True
)


def _named(
    arguments: Sequence[str],
    common: argparse.ArgumentParser,
    commands: Collection[str],
    heads: Collection[str],
    *,
    strict: bool = True,
) -> tuple[str, list[str]]:
    """The subcommand, or what a sentence begins with: the first word that is no option; and the other arguments.

    Empty where it is a file, or there is none. Raises `UsageError` where it is nothing, if that is to be `strict`.
    """
    takes_value, skip = _flags(common), False
    for index, word in enumerate(arguments):
        if skip:
            skip = False
        elif takes_value.get(word):
            skip = True
        elif not word.startswith("-") or word == "-":
            first = word.split(maxsplit=1)[0] if word.strip() else word  # `vnetsh 'why web -> db'`
            if word in commands or (first in heads and not Path(word).is_file()):
                return first, [*arguments[:index], *arguments[index + 1 :]]
            if strict and not Path(word).exists() and word != "-" and "." not in word and "/" not in word:
                raise UsageError(
                    f"`{word}` is neither a command nor a file",
                    help=did_you_mean(word, [*commands, *heads], "`vnetsh --help` lists the commands"),
                )
            break
    return "", list(arguments)


def _common(plugins: Plugins) -> argparse.ArgumentParser:
    """The options of all commands on hosts. Raises `PluginBroken` where a world has the name of another option."""
    try:
        return _common_options(plugins)
    except argparse.ArgumentError as error:
        name = next((world for world in plugins.worlds if f"--{world}" in str(error.message).split()), "")
        owner = plugins.owners.get(("world", name), "a plugin")
        message = f"world `{name}` of {owner} has the name of an option: {error.message}"
        raise PluginBroken(message, help="uninstall that one") from error


def _common_options(plugins: Plugins) -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    add = common.add_argument
    add("-c", metavar="SCRIPT", help="the script itself")
    where = common.add_mutually_exclusive_group()
    where.add_argument(
        "--hosts",
        metavar="FILE",
        help="hosts file (else $VNETSH_HOSTS, ./hosts.vnet, the user's config folder)",
    )
    for world in plugins.worlds.values():
        if world.argument:
            where.add_argument(
                f"--{world.name}", metavar=f"[={world.argument}]", dest=f"world_{world.name}", help=world.help
            )
        else:
            where.add_argument(
                f"--{world.name}", action="store_const", const="", dest=f"world_{world.name}", help=world.help
            )
    add("-o", "--output", choices=FORMATS, default="table", help="how to answer (table)")
    add(
        "--set", action="append", metavar="NAME=VALUE", help="a variable's value, over the script's own `let`"
    )
    add("--prune", action="store_true", help="remove what this script once made and no longer says")
    add(
        "--confirm-within",
        metavar="TIME",
        help="the script as one block of `confirm within TIME`: hosts take it back unless it is confirmed by then",
    )
    add("--yes", "-y", action="store_true", help="do not ask")
    add(
        "--max-impact",
        choices=[str(i) for i in Impact],
        help="refuse anything worse (live, when nobody is there to ask)",
    )
    add(
        "--explain",
        action="store_true",
        help="say under each change of a plan by which commands it would be made by hand, on real hosts",
    )
    add("--keep-going", action="store_true", help="a host that fails does not stop the others")
    add(
        "--undo-on-failure",
        action="store_true",
        help="take the run back when an expectation fails, or an outage is longer than its limit",
    )
    add(
        "--timeout", type=float, default=10.0, metavar="S", help="seconds that a host may take to answer (10)"
    )
    add("--no-pager", action="store_true", help="print also what is taller than the terminal as it is")
    add("--debug", action="store_true", help="show tracebacks")
    add("--version", action="version", version=f"vnetsh {__version__}")
    return common


def _parser(
    command: Command, common: argparse.ArgumentParser, commands: Mapping[str, Command]
) -> argparse.ArgumentParser:
    if not command.on_hosts:
        parser = _Parser(prog=f"vnetsh {command.name}", description=command.help)
        parser.add_argument("-o", "--output", choices=FORMATS, default="table", help=argparse.SUPPRESS)
        parser.add_argument("--debug", action="store_true", help=argparse.SUPPRESS)
        command.arguments(parser)
        return parser
    listing = "\n".join(f"  {one.name:<8} {one.help}" for one in commands.values())
    parser = _Parser(
        prog=f"vnetsh {command.name}".rstrip(),
        parents=[common],
        description=command.help,
        epilog=None
        if command.name
        else f"commands:\n{listing}\n\nWithout a script: the interactive shell, or what is piped in.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=None if command.name else "vnetsh [options] [FILE… | - | -c SCRIPT]\n       vnetsh COMMAND …",
    )
    command.arguments(parser)
    return parser
