"""`vnetsh export -o FORM`: what the hosts hold, for other tools and their servers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from vnetsh.engine.failures import HostsDown
from vnetsh.errors import UsageError
from vnetsh.hookspecs import Delivery, Export
from vnetsh.interface.face import Face
from vnetsh.interface.token_file import token_in
from vnetsh.plain_text import plain


def print_export(face: Face, export: Export, kinds: Sequence[str]) -> int:
    """Print it; the exit code. Raises `UsageError`, `HostsDown`."""
    if kinds:
        raise UsageError(
            f"`-o {export.name}` is of all that there is", help=f"`vnetsh export -o {export.name}`"
        )
    arguments = face.options.arguments
    sent = arguments.to is not None or arguments.write
    if sent and not export.deliver:
        raise UsageError(
            f"`-o {export.name}` is for no server", help=f"`vnetsh export -o {export.name} > FILE`"
        )
    token = token_in(arguments.token_file) if arguments.token_file else ""
    fleet = face.session.observe()
    if fleet.unreachable and not (export.partial or arguments.keep_going):
        raise HostsDown(fleet.unreachable)
    if not (sent and export.deliver):
        print(export.text(fleet).rstrip("\n"))
        return 0
    silent = {*fleet.unreachable, *(host for host, _ in fleet.absent)}
    seen = frozenset(fleet.hosts.keys() - silent)
    to = arguments.to or ""
    return 0 if export.deliver(Delivery(fleet, seen, to, token, arguments.write, _line)) else 1


def _line(text: str) -> None:
    """A line that is there at once: what it tells of may take long."""
    print(plain(text), flush=True)


def only_deliveries(arguments: argparse.Namespace) -> None:
    """Raise `UsageError` where a script is to go to a server."""
    if arguments.to is not None or arguments.write or arguments.token_file:
        raise UsageError(
            "a script goes to no server", help="`-o FORM` says what goes there: `-o netbox --to URL`"
        )
