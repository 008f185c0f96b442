"""The arguments of `vnetsh` into options: what to do, on which hosts, how to answer."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from vnetsh import __version__
from vnetsh.diagnostics import Source, did_you_mean
from vnetsh.errors import UsageError
from vnetsh.hookspecs import Command
from vnetsh.language.files import read_source
from vnetsh.model.change import Impact
from vnetsh.registry import Plugins, load_plugins, warn

FORMATS = ("table", "json", "yaml", "csv")
_ACTIONS = {
    "run": "run a script (the default)",
    "plan": "what would change; touches nothing",
    "check": "parse and check; asks no host",
    "show": "what the hosts hold",
    "export": "what the hosts hold, as a script: planning it changes nothing",
    "explain": "what an error's code means",
    "help": "what a noun, a verb or a key means",
    "fmt": "write scripts in their canonical form",
    "history": "what was done: the runs, the newest first",
    "undo": "take a run back",
    "drift": "what the hosts have changed since a script; exit code 3 if anything",
    "adopt": "mark what vnetsh did not make as its own",
    "recover": "finish the runs that were cut off, or take them back",
}
_NAMES = {
    "history": ("", "nothing"),
    "undo": ("RUN", "its number, as `history` shows it; none: the last"),
    "recover": ("", "nothing"),
    "adopt": ("WORD", "a kind and a name: `adopt bridge br0`"),
    "show": ("KIND", "what to show"),
    "export": ("KIND", "what to export; without one: everything but the hosts themselves"),
    "explain": ("CODE", "such as E102; without one: all codes"),
    "help": ("WORD", "such as vm, migrate or vlan; without one: all nouns and verbs"),
}


@dataclass(frozen=True)
class Options:
    """What the user asked for.

    `action` is `run`, `plan`, `check`, `show`, `export`, `explain`, `help`, `fmt`, `history`, `undo`,
    `recover` or `shell`; `command` a plugin's subcommand instead.
    """

    plugins: Plugins
    action: str
    arguments: argparse.Namespace
    command: Command | None = None

    @property
    def json(self) -> bool:
        """Whether the output is JSON."""
        return bool(self.arguments.output == "json")

    @property
    def max_impact(self) -> Impact | None:
        """The worst impact that is let through; None when the user did not say."""
        said = self.arguments.max_impact
        return Impact[said.upper()] if said else None

    @property
    def settings(self) -> dict[str, str]:
        """Variables from outside. Raises `UsageError`."""
        found = {}
        for text in self.arguments.set or ():
            name, equals, value = text.partition("=")
            if not equals or not name.isidentifier():
                raise UsageError(f"`--set {text}` sets nothing", help="for example `--set n=3`")
            found[name] = value
        return found

    def sources(self) -> list[Source]:
        """The scripts to read. Raises `UsageError` when a file cannot be read."""
        if self.arguments.c is not None:
            return [Source("<command>", self.arguments.c)]
        return [
            Source("<stdin>", sys.stdin.read()) if name == "-" else read_source(Path(name))
            for name in self.arguments.names
        ]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, help=f"`{self.prog} --help` lists what there is")


def parse_arguments(arguments: Sequence[str]) -> Options:
    """The options of a command line. Raises `UsageError`."""
    plugins = load_plugins()
    warn(plugins)
    common = _common(plugins)
    # `--demo FILE` is the option without its value and a file, so the value is only ever taken from `--demo=3`.
    optional = {f"--{world.name}" for world in plugins.worlds.values() if world.argument}
    arguments = [f"{word}=" if word in optional else word for word in arguments]
    action, rest = _action(arguments, common, plugins)
    if action in plugins.commands:
        command = plugins.commands[action]
        return Options(plugins, action, _command_parser(command).parse_args(rest), command)
    found = _parser(action, common, plugins).parse_args(rest)
    return Options(plugins, _checked(action, found), found)


def parsers(plugins: Plugins) -> Mapping[str, argparse.ArgumentParser]:
    """What every subcommand takes, by its name: for the manual. Empty: no subcommand, a script or the shell."""
    common = _common(plugins)
    actions = {action: _parser(action, common, plugins) for action in ("", *_ACTIONS) if action != "run"}
    return {**actions, **{name: _command_parser(command) for name, command in plugins.commands.items()}}


def _command_parser(command: Command) -> argparse.ArgumentParser:
    parser = _Parser(prog=f"vnetsh {command.name}", description=command.help)
    parser.add_argument("-o", "--output", choices=FORMATS, default="table", help=argparse.SUPPRESS)
    parser.add_argument("--debug", action="store_true", help=argparse.SUPPRESS)
    command.arguments(parser)
    return parser


def _checked(action: str, found: argparse.Namespace) -> str:
    if found.c is not None and found.names:
        raise UsageError("a script comes from -c or from files, not from both")
    if action == "show" and not found.names:
        raise UsageError("show what?", help="for example `vnetsh show vms`")
    if action in ("plan", "check", "fmt", "drift") and found.c is None and not found.names:
        raise UsageError(
            f"{action} what?", help=f"`vnetsh {action} FILE`, `-` for standard input, or `-c '…'`"
        )
    if not action:
        return "run" if found.c is not None or found.names else "shell"
    return action


def _action(
    arguments: Sequence[str], common: argparse.ArgumentParser, plugins: Plugins
) -> tuple[str, list[str]]:
    """The subcommand, which is the first word that is no option, and the arguments without it."""
    takes_value = {
        flag
        for option in common._actions
        if option.nargs is None
        and not isinstance(option, (argparse._StoreTrueAction, argparse._VersionAction))
        for flag in option.option_strings
    }
    skip = False
    for index, word in enumerate(arguments):
        if skip:
            skip = False
        elif word in takes_value:
            skip = True
        elif not word.startswith("-") or word == "-":
            if word in plugins.commands or (word in _ACTIONS and word != "run"):
                return word, [*arguments[:index], *arguments[index + 1 :]]
            if not Path(word).exists() and word != "-" and "." not in word and "/" not in word:
                known = [*plugins.commands, *_ACTIONS]
                raise UsageError(
                    f"`{word}` is neither a command nor a file",
                    help=did_you_mean(word, known, "`vnetsh --help` lists the commands"),
                )
            break
    return "", list(arguments)


def _common(plugins: Plugins) -> argparse.ArgumentParser:
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
        "--timeout", type=float, default=10.0, metavar="S", help="seconds that a host may take to answer (10)"
    )
    add("--debug", action="store_true", help="show tracebacks")
    add("--version", action="version", version=f"vnetsh {__version__}")
    return common


def _parser(action: str, common: argparse.ArgumentParser, plugins: Plugins) -> argparse.ArgumentParser:
    commands = {
        **{n: h for n, h in _ACTIONS.items() if n != "run"},
        **{c.name: c.help for c in plugins.commands.values()},
    }
    listing = "\n".join(f"  {name:<8} {help}" for name, help in commands.items())
    parser = _Parser(
        prog=f"vnetsh {action}".rstrip(),
        parents=[common],
        description=_ACTIONS.get(
            action, "A shell and a small language for the networks and VMs of several KVM hosts."
        ),
        epilog=None if action else f"commands:\n{listing}\n\nWithout a script: the interactive shell.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=None if action else "vnetsh [options] [FILE… | - | -c SCRIPT]\n       vnetsh COMMAND …",
    )
    metavar, help = _NAMES.get(action, ("FILE", "`-`: standard input"))
    parser.add_argument("names", nargs="*", metavar=metavar, help=help)
    if action == "plan":
        parser.add_argument("--exit-code", action="store_true", help="0: no changes, 3: changes")
    if action == "adopt":
        parser.add_argument(
            "--as", dest="owner", default="", metavar="SCRIPT", help="as if that script had made it"
        )
    if action == "recover":
        parser.add_argument("--undo", action="store_true", help="take them back instead of finishing them")
    if action == "fmt":
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--check", action="store_true", help="write nothing; exit 1 if anything would change"
        )
        how.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    return parser
