"""The subcommands of the core, as a plugin registers its own."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterator

from vnetsh.hookspecs import Command
from vnetsh.interface import completions
from vnetsh.interface.options import DRAWN, FORMATS

Arguments = Callable[[argparse.ArgumentParser], None]

FILES = ("FILE", "`-`: standard input")


def names(parser: argparse.ArgumentParser, metavar: str = FILES[0], help: str = FILES[1]) -> None:
    """Let a parser take names: files, or what `metavar` says."""
    parser.add_argument("names", nargs="*", metavar=metavar, help=help)


def _naming(metavar: str, help: str) -> Arguments:
    return lambda parser: names(parser, metavar, help)


def _plan(parser: argparse.ArgumentParser) -> None:
    names(parser)
    parser.add_argument("--exit-code", action="store_true", help="0: no changes, 3: changes")


def _adopt(parser: argparse.ArgumentParser) -> None:
    names(parser, "WORD", "a kind and a name: `adopt bridge br0`")
    parser.add_argument(
        "--as", dest="owner", default="", metavar="SCRIPT", help="as if that script had made it"
    )


def _recover(parser: argparse.ArgumentParser) -> None:
    names(parser, "", "nothing")
    parser.add_argument("--undo", action="store_true", help="take them back instead of finishing them")


def _fmt(parser: argparse.ArgumentParser) -> None:
    names(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="write nothing; exit 1 if anything would change")
    how.add_argument("--diff", action="store_true", help="write nothing; show what would change")


def _takeover(parser: argparse.ArgumentParser) -> None:
    names(parser, "HOST", "only these of the hosts file")
    parser.add_argument("--to", default="takeover", metavar="FOLDER", help="where it is written (takeover)")


def _output(parser: argparse.ArgumentParser, more: tuple[str, ...], help: str) -> None:
    """Let a command answer in further ways."""
    output = next(one for one in parser._actions if one.dest == "output")
    output.choices, output.help = (*FORMATS, *more), help


def _exporting(forms: Collection[str]) -> Arguments:
    def arguments(parser: argparse.ArgumentParser) -> None:
        names(parser, "KIND", "what to export; without one: everything but the hosts themselves")
        _output(parser, tuple(forms), f"how to say it (a script); for other tools: {', '.join(forms)}")
        add = parser.add_argument
        add("--to", nargs="?", const="", metavar="URL", help="compare it with what that server has")
        add("--write", action="store_true", help="and write it there")
        add("--token-file", default="", metavar="FILE", help="a file with the token for it")

    return arguments


def _graph(parser: argparse.ArgumentParser) -> None:
    names(parser)
    _output(parser, DRAWN, f"how to draw it: {', '.join(DRAWN)}, or json (svg)")
    parser.add_argument(
        "--to", default="", metavar="FILE", help="write that file; its ending says what it is to be"
    )
    parser.add_argument(
        "--plan", action="store_true", help="of a script: what it would do, in colours, in all that there is"
    )


def _web(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--listen", default="", metavar="ADDRESS:PORT", help="where browsers ask (127.0.0.1:8420)")
    add("--token-file", default="", metavar="FILE", help="a file with the token by which browsers log in")
    add(
        "--name",
        action="append",
        default=[],
        metavar="NAME",
        help="a name under which browsers ask, of a proxy say",
    )
    add("--write", action="store_true", help="plan and apply from the page, too; `--max-impact` limits it")


def _completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs=1, choices=completions.FILES, metavar="SHELL", help="bash, zsh or fish"
    )


def _command(name: str, help: str, arguments: Arguments) -> Command:
    def run(found: argparse.Namespace) -> int:
        from vnetsh.interface.dispatch import run
        from vnetsh.interface.options import Options

        options = Options(found.plugins, name, found)
        options.see_enough()
        return run(options)

    return Command(name, help, arguments, run, on_hosts=True)


def commands(exports: Collection[str]) -> Iterator[Command]:
    """All of them; `exports` are the forms of `export` for other tools."""
    yield from (
        _command(*about)
        for about in (
            ("plan", "what would change; touches nothing", _plan),
            ("source", "run scripts, as without a word before them", names),
            ("check", "parse and check; asks no host", names),
            (
                "show",
                "what the hosts hold",
                _naming("WORD", "what to show, as in the sentence: `show vms`, `show vms web1 on kvm1`"),
            ),
            (
                "export",
                "what the hosts hold, as a script: planning it changes nothing",
                _exporting(sorted(exports)),
            ),
            (
                "takeover",
                "what grew by hand, as a folder of scripts, with a report of what is wrong",
                _takeover,
            ),
            ("graph", "a picture of what the hosts hold, or of a script", _graph),
            ("web", "the picture as a page that is live; with runs, jobs and warnings", _web),
            (
                "explain",
                "what an error's code means",
                _naming("CODE", "such as E102; without one: all codes"),
            ),
            (
                "help",
                "what a noun, a verb or a key means",
                _naming("WORD", "such as vm, migrate or vlan; without one: all nouns and verbs"),
            ),
            ("fmt", "write scripts in their canonical form", _fmt),
            (
                "history",
                "what was done: the runs, the newest first; or what one has changed",
                _naming(
                    "RUN",
                    "a run: what it changed, before and after; `all`, `on kvm1`: what everybody did there",
                ),
            ),
            (
                "diff",
                "what runs have changed on the hosts, all together",
                _naming(
                    "WORD",
                    "`run 12..15`: after run 12, up to run 15; `run 12..now`: and what others changed of it",
                ),
            ),
            (
                "undo",
                "take a run back",
                _naming(
                    "RUN", "its number, as `history` shows it; none: the last; another's: `alice@desk:12`"
                ),
            ),
            (
                "rollback",
                "take back all runs after one, as one run",
                _naming("WORD", "`to run 12`: what you did after run 12"),
            ),
            ("drift", "what the hosts have changed since a script; exit code 3 if anything", names),
            ("adopt", "mark what vnetsh did not make as its own", _adopt),
            ("recover", "finish the runs that were cut off, or take them back", _recover),
            (
                "console",
                "a vm's serial console; Ctrl-] leaves it",
                _naming("VM", "the vm: `console web1`, `console web1 on kvm1`; `force` takes it from others"),
            ),
            (
                "mcp",
                "a server for assistants (Model Context Protocol); what they may change says `--max-impact`",
                _naming("", "nothing"),
            ),
            ("config", "where everything is: hosts file, folders, plugins, versions", _naming("", "nothing")),
            ("completion", "what completes command lines in bash, zsh or fish", _completion),
        )
    )
