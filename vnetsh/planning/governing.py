"""Changes of what another backend has in its hands: it makes them in its way, or refuses them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from vnetsh.backend import Backend
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Change, Fleet
from vnetsh.planning.planning_problems import failed_assessing


def governed(
    changes: Sequence[Change],
    fleet: Fleet,
    backends: Mapping[str, Backend],
    refuse: Callable[[Diagnostic], None],
) -> list[Change]:
    """The changes as those make them who govern what is changed; without those that they refuse."""
    sorts = {"", *(place.sort for place in fleet.places.values())}
    governors = [backend for backend in backends.values() if backend.governs and backend.beside in sorts]
    found: list[Change] = []
    for change in changes:
        refused = False
        for backend in governors:
            if change.resource.kind not in backend.governs or change.backend == backend.name:
                continue
            try:
                instead = backend.governed(change, fleet)
            except (Exception, SystemExit) as error:  # a plugin can raise anything
                raise failed_assessing(change, error) from error
            if isinstance(instead, Diagnostic):
                refuse(instead)
                refused = True
            elif instead:
                change = instead
        if not refused:
            found.append(change)
    return found


def as_found(changes: Iterable[Change], backends: Mapping[str, Backend]) -> list[Change]:
    """The changes as those will find it who made what is governed: it is theirs still, whoever changed it."""
    return [
        replace(change, after=replace(change.after, backend=change.before.backend))
        if change.before and change.after and change.resource.kind in backends[change.backend].governs
        else change
        for change in changes
    ]
