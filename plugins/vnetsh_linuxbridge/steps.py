"""The difference between two states of a host's links, as steps in the order in which they work. Pure.

Undoing is the same question the other way round: from what is there to what was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vnetsh_linuxbridge.links import BRIDGE, FLAGS, USUAL_MTU, Links, slaves


@dataclass(frozen=True, slots=True)
class AddBridge:
    """Make a bridge; an empty `mac` leaves it to the kernel."""

    name: str
    mac: str = ""
    options: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class DeleteLink:
    """Remove a bridge."""

    name: str


@dataclass(frozen=True, slots=True)
class SetLink:
    """Set what is not None; a `master` that is empty takes the link out of its bridge."""

    name: str
    master: str | None = None
    alias: str | None = None
    up: bool | None = None
    mtu: int | None = None


@dataclass(frozen=True, slots=True)
class SetFlags:
    """Set a bridge port's flags."""

    name: str
    flags: Mapping[str, bool]


Step = AddBridge | DeleteLink | SetLink | SetFlags


def steps(have: Links, want: Links) -> list[Step]:
    """What to do to get from the links there are to those that are wanted."""
    releases: list[Step] = []
    deletions: list[Step] = [DeleteLink(name) for name in have if name not in want]
    additions: list[Step] = []
    settings: list[Step] = []
    mtus: list[Step] = []
    for name, wanted in want.items():
        there = have.get(name)
        if there is None:
            additions.append(AddBridge(name, wanted.mac, wanted.options))
            if wanted.mtu not in (0, _usual_mtu(want, name)):
                mtus.append(SetLink(name, mtu=wanted.mtu))
        elif wanted.mtu not in (0, there.mtu):
            mtus.append(SetLink(name, mtu=wanted.mtu))
        changed = SetLink(
            name,
            master=wanted.master if wanted.master != (there.master if there else "") else None,
            alias=wanted.alias if wanted.alias != (there.alias if there else "") else None,
            up=wanted.up if wanted.up != (there.up if there else False) else None,
        )
        if changed != SetLink(name):
            (releases if changed.master == "" else settings).append(changed)
        # Taken out of a bridge, a port loses its flags by itself; a new port has the usual ones.
        had = there.flags if there and there.master == wanted.master else {}
        differing = {f: v for f, v in {**FLAGS, **wanted.flags}.items() if v != had.get(f, FLAGS[f])}
        if wanted.master and differing:
            settings.append(SetFlags(name, differing))
    return [*releases, *deletions, *additions, *settings, *mtus]


def _usual_mtu(links: Links, bridge: str) -> int:
    """The MTU that the kernel gives a bridge, each time that a port joins, until somebody sets it."""
    return min((link.mtu for link in slaves(links, bridge)), default=USUAL_MTU)


def restricted(links: Links, names: set[str]) -> Links:
    """Only the links of these names."""
    return {name: link for name, link in links.items() if name in names}


def taken_back(before: Links, planned: Sequence[Step]) -> Links:
    """The links of these steps as they were before; a bridge whose MTU they do not set has the kernel's choice.

    For it follows its ports only until somebody sets its MTU, be it the same.
    """
    sized = {s.name for s in planned if isinstance(s, DeleteLink) or (isinstance(s, SetLink) and s.mtu)}
    were = restricted(before, {step.name for step in planned})
    following = {name for name, link in were.items() if link.kind == BRIDGE} - sized
    return {name: replace(link, mtu=0) if name in following else link for name, link in were.items()}
