"""`vnetsh export -o ansible-inventory` and `-o containerlab`: what the hosts hold, for other tools."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from vnetsh.engine.failures import HostsDown
from vnetsh.errors import UsageError
from vnetsh.export.inventories import inventory
from vnetsh.interface.face import Face


def print_inventory(face: Face, kinds: Sequence[str]) -> int:
    """Print it; the exit code. Raises `UsageError`, `HostsDown`."""
    form = face.options.arguments.output
    if kinds:
        raise UsageError(f"`-o {form}` is of all that there is", help=f"`vnetsh export -o {form}`")
    fleet = face.session.observe()
    if fleet.unreachable and not face.options.arguments.keep_going:
        raise HostsDown(fleet.unreachable)
    print(yaml.safe_dump(inventory(form, fleet), sort_keys=False), end="")
    return 0
