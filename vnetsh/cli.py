"""The command line: options, subcommands, exit codes. The one place where errors become exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vnetsh import __version__
from vnetsh.interface.output import OutputFailed, harmless_output

if TYPE_CHECKING:
    from vnetsh.registry import Plugins


def main(argv: Sequence[str] | None = None) -> int:
    """Run `vnetsh` with these arguments (the process's own by default); the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        with harmless_output():
            return _run(arguments)
    except OutputFailed as failed:
        with harmless_output():
            if failed.note or not failed.nobody_reads:  # `| head` has read enough
                print(f"vnetsh: {failed}", file=sys.stderr)
            if failed.note:
                print(f"help: {failed.note}", file=sys.stderr)
        return 1


def _run(arguments: Sequence[str]) -> int:
    if arguments == ["--version"]:  # asked for by scripts: nothing else is loaded
        print(f"vnetsh {__version__}")
        return 0
    if arguments[:1] == ["__complete"]:  # by a shell, whose user has pressed Tab
        from vnetsh.interface.completing import complete

        return complete(arguments[1:])
    import gc

    from vnetsh.errors import UsageError, VnetshError
    from vnetsh.plain_text import said

    gc.set_threshold(500_000)  # a plan of thousands of changes is no garbage: a fifth of the time went there
    try:
        from vnetsh.interface.early import begins_shell

        if begins_shell(arguments):
            return _shell(arguments)
        from vnetsh.interface.arguments import parse_arguments

        command, found = parse_arguments(arguments)
        return command.run(found)
    except KeyboardInterrupt:
        print("vnetsh: interrupted", file=sys.stderr)
        return 130
    except OutputFailed:
        raise
    except Exception as error:
        if "--debug" in arguments:
            import traceback

            traceback.print_exc()
            return 1
        if not isinstance(error, VnetshError):
            what = f"{type(error).__name__}: {said(str(error))}"
            print(f"vnetsh: a defect of vnetsh or a plugin: {what}", file=sys.stderr)
            print("help: run it again with --debug and report what it prints", file=sys.stderr)
            return 1
        print(f"vnetsh: {said(error.message)}", file=sys.stderr)
        if error.help:
            print(f"help: {said(error.help)}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1


def _shell(arguments: Sequence[str]) -> int:
    """The shell: its prompt is there while it is loaded."""
    from dataclasses import replace

    from vnetsh.interface import early

    loaded: list[Plugins] = []

    def load() -> None:
        import vnetsh.interface.dispatch
        import vnetsh.interface.shell.repl  # noqa: F401
        from vnetsh.registry import load_plugins

        loaded.append(load_plugins())

    with early.unseen() as over:
        early.greet()
        typed = early.typed_while(load)
        if typed is None:
            return 0
        from vnetsh.interface.arguments import parse_arguments

        command, found = parse_arguments(arguments, plugins=loaded[0])
        found.typed = replace(typed, over=over)
        return command.run(found)
