"""`vnetsh lsp`: the language server for editors; and the grammars for those that only colour text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.hookspecs import Command, CommandRegistry, hookimpl

if TYPE_CHECKING:
    import argparse


def _arguments(parser: argparse.ArgumentParser) -> None:
    from vnetsh_lsp.command import arguments

    arguments(parser)


def _run(options: argparse.Namespace) -> int:
    from vnetsh_lsp.command import run

    return run(options)


@hookimpl
def vnetsh_register_commands(commands: CommandRegistry) -> None:
    """Register `vnetsh lsp`."""
    commands.add(Command("lsp", "The language server for editors, on stdin and stdout.", _arguments, _run))
