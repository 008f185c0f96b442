"""`vnetsh lsp`: its options, and how it starts."""

from __future__ import annotations

import argparse
import json
import logging
import sys

from vnetsh.errors import UsageError
from vnetsh.registry import load_plugins, warn


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the hosts come from, as every command has them."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--hosts",
        metavar="FILE",
        help="hosts file (else $VNETSH_HOSTS, ./hosts.vnet, the user's config folder)",
    )
    for world in load_plugins().worlds.values():
        name, dest = f"--{world.name}", f"world_{world.name}"
        if world.argument:
            where.add_argument(name, dest=dest, nargs="?", const="", metavar=world.argument, help=world.help)
        else:
            where.add_argument(name, dest=dest, action="store_const", const="", help=world.help)
    parser.add_argument("--stdio", action="store_true", help="what editors say; there is no other way")
    parser.add_argument(
        "--textmate", action="store_true", help="print a TextMate grammar of the words that are installed"
    )
    parser.add_argument(
        "--tree-sitter", action="store_true", help="print tree-sitter's query for the colours of these words"
    )


def run(options: argparse.Namespace) -> int:
    """Serve until the editor ends it; the exit code. Raises `UsageError` where pygls is missing."""
    plugins = load_plugins()
    if options.textmate:
        from vnetsh_lsp.textmate import textmate

        print(json.dumps(textmate(plugins.vocabulary), indent=2, ensure_ascii=False))
        return 0
    if options.tree_sitter:
        from vnetsh_lsp.tree_sitter import highlights

        print(highlights(plugins.vocabulary), end="")
        return 0
    warn(plugins)
    try:
        from vnetsh_lsp.server import make_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise UsageError(
            "the language server needs pygls, which is not installed", help="pip install 'vnetsh[lsp]'"
        ) from error
    # A refusal is an answer; the library's own log of it, with a traceback, is for who debugs the server.
    logging.getLogger("pygls").setLevel(logging.INFO if options.debug else logging.CRITICAL)
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # what a plugin prints must not come between the answers
    make_server(plugins, options).start_io(sys.stdin.buffer, answers)
    return 0
