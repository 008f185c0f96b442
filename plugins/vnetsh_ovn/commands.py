"""What a change is by hand, as one `ovn-nbctl` with all its commands: for `--explain`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from vnetsh.backend import HostCommand
from vnetsh.model import Change, Resource
from vnetsh_ovn import commands_routing

_OF: Mapping[str, Callable[[Resource], commands_routing.Parts]] = {
    "router": commands_routing.router,
    "hop": commands_routing.hop,
    "peer": commands_routing.peer,
    "eip": commands_routing.eip,
    "forward": commands_routing.forward,
}
"""By kind what its things are made of: a word for each piece, with the commands that make it, and remove it."""


def commands(change: Change) -> Sequence[HostCommand]:
    """Removes what is otherwise afterwards, and makes what it is then; nothing of a kind that has no function here."""
    if change.resource.kind not in _OF:
        return ()
    of = _OF[change.resource.kind]
    before, after = (of(one) if one else {} for one in (change.before, change.after))
    words: list[Sequence[str]] = []
    for name, (made, removed) in reversed([*before.items()]):
        if after.get(name, ([], []))[0] != made:
            words += removed
    for name, (made, _) in after.items():
        if before.get(name, ([], []))[0] != made:
            words += made
    if not words:
        return ()
    first, *rest = words
    joined = [*first, *(word for command in rest for word in ("--", *command))]
    return (HostCommand(("ovn-nbctl", *joined)),)
