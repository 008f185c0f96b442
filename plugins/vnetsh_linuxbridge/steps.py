"""The difference between two states of a host's links, as steps in the order in which they work. Pure.

Undoing is the same question the other way round: from what is there to what was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from vnetsh_linuxbridge.encap import VXLAN, Encap, second_name
from vnetsh_linuxbridge.links import BRIDGE, DELAYS, FILTERING, FLAGS, USUAL_MTU, Link, Links, slaves
from vnetsh_linuxbridge.vlans import USUAL, Vlans, differences


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
class AddTunnel:
    """Make a tunnel's device."""

    name: str
    encap: Encap
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


@dataclass(frozen=True, slots=True)
class SetVlans:
    """Have a bridge's port, or the bridge `itself`, carry these VLANs, or no longer."""

    name: str
    vlans: str
    on: bool
    itself: bool = False


Step = (
    AddBridge
    | AddTunnel
    | DeleteLink
    | SetLink
    | SetFlags
    | SetOptions
    | SetRemote
    | SetFlood
    | SetSecondName
    | SetStatic
    | SetVlans
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
            there = Link(name, alias=wanted.alias if wanted.encap else "")
            if wanted.mtu not in (0, _mtu_of_new(want, name)):
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
        # Taken out of a bridge, a port loses its flags, addresses and VLANs by itself; a new port has the usual ones.
        stays = there.master == wanted.master
        vlans = _vlans(name, there.vlans if stays else USUAL, wanted)
        known = there.static if stays else ()
        kept = () if vlans else wanted.static  # its bridge has them in each VLAN of the port
        releases += [SetStatic(name, mac, on=False) for mac in known if mac not in kept]
        known = tuple(mac for mac in known if mac in kept)
        static += [
            SetStatic(name, mac, on=True) for mac in wanted.static if mac not in known and wanted.master
        ]
        had = there.flags if stays else {}
        differing = {f: v for f, v in {**FLAGS, **wanted.flags}.items() if v != had.get(f, FLAGS[f])}
        flags: list[Step] = [SetFlags(name, differing)] if wanted.master and differing else []
        flags += vlans
        if changed.master and changed.up and flags:  # it forwards nothing before its flags tell where to
            settings += [replace(changed, up=None), *flags, SetLink(name, up=True)]
            continue
        if changed != SetLink(name):
            (releases if changed.master == "" else settings).append(changed)
        settings += flags
    # What a port has of VLANs is not looked at while its bridge does not filter them.
    off, on = (_filtering(have, want, on=on) for on in (False, True))
    return [*off, *releases, *deletions, *additions, *_ends(have, want, anew), *settings, *on, *static, *mtus]


def _vlans(name: str, have: Vlans, wanted: Link) -> list[Step]:
    """What changes of the VLANs of a bridge's port, or of a bridge itself: what goes is first gone."""
    itself = wanted.kind == BRIDGE
    if not wanted.master and not itself:
        return []
    off, on = differences(have, wanted.vlans)
    return [SetVlans(name, vlans, on=some is on, itself=itself) for some in (off, on) for vlans in some]


def _filtering(have: Links, want: Links, *, on: bool) -> list[Step]:
    """The bridges that are to filter VLANs from now on, or no longer; a new one does before it has any port."""
    differing = (
        name
        for name, wanted in want.items()
        if wanted.kind == BRIDGE and name in have and have[name].filters_vlans != wanted.filters_vlans
    )
    return [SetOptions(name, {FILTERING: int(on)}) for name in differing if want[name].filters_vlans == on]


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
    if wanted.encap is None:
        options = {**wanted.options, FILTERING: 1} if wanted.filters_vlans else wanted.options
        return [AddBridge(wanted.name, wanted.mac, options)]
    # That says of which version the addresses are to be that it sends to.
    remote = wanted.encap.remote or "::" * _is_ipv6(wanted)
    made: list[Step] = [AddTunnel(wanted.name, replace(wanted.encap, remote=remote), wanted.mac)]
    return [*made, SetLink(wanted.name, alias=wanted.alias)] if wanted.alias else made


def _is_made_anew(there: Link, wanted: Link) -> bool:
    """Whether a tunnel's device has to be made anew: of one that is there the kernel changes only where it leads.

    Not that either where it learns: for minutes it would go on sending to where it has learned.
    """
    one, other = there.encap, wanted.encap
    if one is None or other is None:
        return False
    if _is_ipv6(there) != _is_ipv6(wanted) or one.kind != other.kind:
        return True
    in_place = one.kind == VXLAN and bool(one.remote and other.remote) and not one.learning
    return one != other and (not in_place or replace(one, remote=other.remote) != other)


def _is_ipv6(device: Link) -> bool:
    return any(
        ":" in remote for remote in (*device.ends.values(), device.encap.remote if device.encap else "")
    )


def _options(there: Link, wanted: Link) -> list[Step]:
    """What changes of a bridge's options, or of where a tunnel leads.

    While a spanning tree is on the kernel takes only delays with which that works: so it goes off first, and on last.
    It leaves behind how soon the bridge forgets while its tree changes: so that is set again.
    """
    name = wanted.name
    if there.encap and wanted.encap and there.encap != wanted.encap:
        return [SetRemote(name, wanted.encap.remote)]
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


def _mtu_of_new(links: Links, name: str) -> int | None:
    """The MTU that the kernel gives a new link: GRE's by the way it goes, a bridge's by its ports until one is set."""
    encap = links[name].encap
    if encap:
        return USUAL_MTU if encap.kind == VXLAN else None
    return min((link.mtu for link in slaves(links, name)), default=USUAL_MTU)


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
