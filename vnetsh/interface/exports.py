"""`vnetsh export -o FORM`: what the hosts hold, for other tools."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.engine.failures import HostsDown
from vnetsh.errors import UsageError
from vnetsh.hookspecs import Export
from vnetsh.interface.face import Face


def print_export(face: Face, export: Export, kinds: Sequence[str]) -> int:
    """Print it; the exit code. Raises `UsageError`, `HostsDown`."""
    if kinds:
        raise UsageError(
            f"`-o {export.name}` is of all that there is", help=f"`vnetsh export -o {export.name}`"
        )
    fleet = face.session.observe()
    if fleet.unreachable and not (export.partial or face.options.arguments.keep_going):
        raise HostsDown(fleet.unreachable)
    print(export.text(fleet).rstrip("\n"))
    return 0
