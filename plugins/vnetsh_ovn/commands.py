"""What a change is by hand, as one `ovn-nbctl` with all its commands: for `--explain`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from vnetsh.backend import HostCommand
from vnetsh.model import Change, Fleet, Resource
from vnetsh_ovn import commands_by_rows, commands_routing

_OF: Mapping[str, Callable[[Resource], commands_routing.Parts]] = {
    "router": commands_routing.router,
    "hop": commands_routing.hop,
    "peer": commands_routing.peer,
    "eip": commands_routing.eip,
    "forward": commands_routing.forward,
}
"""By kind what its things are made of: a word for each piece, with the commands that make it, and remove it."""


def commands(change: Change, before: Fleet) -> Sequence[HostCommand]:
    """Removes what is otherwise afterwards, and makes what it is then; by its rows where a kind has no function here.

    On a host of its cluster.
    """
    if change.resource.kind not in _OF:
        words = commands_by_rows.words(change)
        found = [HostCommand(("ovn-nbctl", *words.argv), note=words.note)] if words.argv else []
    else:
        found = [*_by_kind(change)]
    host = next(iter(before.places[change.place].hosts), "")
    return [replace(one, host=host) for one in found]


def _by_kind(change: Change) -> Sequence[HostCommand]:
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
