"""The difference between two states of a host's links, as steps in the order in which they work. Pure.

Undoing is the same question the other way round: from what is there to what was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from vnetsh_linuxbridge.links import BRIDGE, DELAYS, FLAGS, USUAL_MTU, Link, Links, slaves
from vnetsh_linuxbridge.vxlan import Vxlan, second_name


@dataclass(frozen=True, slots=True)
class AddBridge:
    """Make a bridge; an empty `mac` leaves it to the kernel."""

    name: str
    mac: str = ""
    options: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class SetOptions:
    """Set a bridge's options."""

    name: str
    options: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AddVxlan:
    """Make a tunnel's device."""

    name: str
    vxlan: Vxlan
    mac: str = ""


@dataclass(frozen=True, slots=True)
class SetRemote:
    """Have a tunnel's device lead to another address, of the same version."""

    name: str
    remote: str


@dataclass(frozen=True, slots=True)
class SetFlood:
    """Have a tunnel's device send what all are sent to one more address, or no longer."""

    name: str
    remote: str
    on: bool


@dataclass(frozen=True, slots=True)
class SetSecondName:
    """Give a link one more name, or take it away."""

    name: str
    second: str
    on: bool


@dataclass(frozen=True, slots=True)
class DeleteLink:
    """Remove a bridge or a tunnel's device."""

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


@dataclass(frozen=True, slots=True)
class SetStatic:
    """Tell the bridge of a port that a MAC address is behind it for good, or no longer."""

    name: str
    mac: str
    on: bool


Step = (
    AddBridge
    | AddVxlan
    | DeleteLink
    | SetLink
    | SetFlags
    | SetOptions
    | SetRemote
    | SetFlood
    | SetSecondName
    | SetStatic
)


def steps(have: Links, want: Links) -> list[Step]:
    """What to do to get from the links there are to those that are wanted."""
    want = {
        name: link for name, link in want.items() if link.ends or not link.mesh
    }  # else a killed run left it
    anew = {name for name, wanted in want.items() if name in have and _is_made_anew(have[name], wanted)}
    releases: list[Step] = []
    deletions: list[Step] = [DeleteLink(name) for name in have if name not in want or name in anew]
    additions: list[Step] = []
    settings: list[Step] = []
    mtus: list[Step] = []
    static: list[Step] = []
    for name, wanted in want.items():
        there = None if name in anew else have.get(name)
        if there is None:
            additions += _addition(wanted)
            there = Link(name, alias=wanted.alias if wanted.vxlan else "")
            if wanted.mtu not in (0, USUAL_MTU if wanted.vxlan else _usual_mtu(want, name)):
                mtus.append(SetLink(name, mtu=wanted.mtu))
        else:
            additions += _options(there, wanted)
            if wanted.mtu not in (0, there.mtu):
                mtus.append(SetLink(name, mtu=wanted.mtu))
        changed = SetLink(
            name,
            master=wanted.master if wanted.master != there.master else None,
            alias=wanted.alias if wanted.alias != there.alias else None,
            up=wanted.up if wanted.up != there.up else None,
        )
        # Taken out of a bridge, a port loses its flags and addresses by itself; a new port has the usual ones.
        known = there.static if there.master == wanted.master else ()
        releases += [SetStatic(name, mac, on=False) for mac in known if mac not in wanted.static]
        static += [
            SetStatic(name, mac, on=True) for mac in wanted.static if mac not in known and wanted.master
        ]
        had = there.flags if there.master == wanted.master else {}
        differing = {f: v for f, v in {**FLAGS, **wanted.flags}.items() if v != had.get(f, FLAGS[f])}
        flags = [SetFlags(name, differing)] if wanted.master and differing else []
        if changed.master and changed.up and flags:  # it forwards nothing before its flags tell where to
            settings += [replace(changed, up=None), *flags, SetLink(name, up=True)]
            continue
        if changed != SetLink(name):
            (releases if changed.master == "" else settings).append(changed)
        settings += flags
    return [*releases, *deletions, *additions, *_ends(have, want, anew), *settings, *static, *mtus]


def _ends(have: Links, want: Links, anew: Collection[str]) -> list[Step]:
    """What changes of the tunnels of meshes.

    Who is cut short leaves a name at most, which tells nothing by itself, and is taken away before anything else.
    """
    off: dict[type[Step], list[Step]] = {SetFlood: [], SetSecondName: []}
    on: dict[type[Step], list[Step]] = {SetSecondName: [], SetFlood: []}
    for name, wanted in want.items():
        there = None if name in anew else have.get(name)
        had = there.ends if there else {}
        off[SetSecondName] += [
            SetSecondName(name, second, on=False) for second in (there.stale if there else ())
        ]
        for steps, ends, others in ((off, had, wanted.ends), (on, wanted.ends, had)):
            for end, remote in ends.items():
                if others.get(end) != remote:
                    steps[SetFlood].append(SetFlood(name, remote, on=steps is on))
                    steps[SetSecondName].append(SetSecondName(name, second_name(end, remote), on=steps is on))
    return [step for steps in (off, on) for some in steps.values() for step in some]


def _addition(wanted: Link) -> list[Step]:
    """How a link is made; a tunnel's device is marked at once, for a mesh's gets much in several calls."""
    if wanted.vxlan is None:
        return [AddBridge(wanted.name, wanted.mac, wanted.options)]
    # That says of which version the addresses are to be that it sends to.
    remote = wanted.vxlan.remote or "::" * _is_ipv6(wanted)
    made: list[Step] = [AddVxlan(wanted.name, replace(wanted.vxlan, remote=remote), wanted.mac)]
    return [*made, SetLink(wanted.name, alias=wanted.alias)] if wanted.alias else made


def _is_made_anew(there: Link, wanted: Link) -> bool:
    """Whether a tunnel's device has to be made anew: of one that is there the kernel changes only where it leads.

    Not that either where it learns: for minutes it would go on sending to where it has learned.
    """
    one, other = there.vxlan, wanted.vxlan
    if one is None or other is None:
        return False
    if _is_ipv6(there) != _is_ipv6(wanted):
        return True
    in_place = bool(one.remote and other.remote) and not one.learning
    return one != other and (not in_place or replace(one, remote=other.remote) != other)


def _is_ipv6(device: Link) -> bool:
    return any(
        ":" in remote for remote in (*device.ends.values(), device.vxlan.remote if device.vxlan else "")
    )


def _options(there: Link, wanted: Link) -> list[Step]:
    """What changes of a bridge's options, or of where a tunnel leads.

    While a spanning tree is on the kernel takes only delays with which that works: so it goes off first, and on last.
    It leaves behind how soon the bridge forgets while its tree changes: so that is set again.
    """
    name = wanted.name
    if there.vxlan and wanted.vxlan and there.vxlan != wanted.vxlan:
        return [SetRemote(name, wanted.vxlan.remote)]
    differing = {o: v for o, v in wanted.options.items() if v != there.options.get(o)}
    tree = differing.pop("stp_state", None)
    if tree == 0:
        differing["ageing_time"] = wanted.options["ageing_time"]
    found: list[Step] = [SetOptions(name, differing)] if differing else []
    if tree is not None:
        found.insert(len(found) if tree else 0, SetOptions(name, {"stp_state": tree}))
    return found


def unseen(links: Links, step: Step) -> bool:
    """Whether nobody could see what a step does: a bridge's own delays, while it follows the root of its tree."""
    return isinstance(step, SetOptions) and links[step.name].follows and step.options.keys() <= DELAYS


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
