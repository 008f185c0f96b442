"""What a change costs, and what speaks against it. Pure, and quick: a plan may have thousands of changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

from vnetsh.backend import FREE, Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.errors import BackendRefused
from vnetsh.model import Fleet, Key, Resource
from vnetsh.model.change import Change, Impact
from vnetsh_ovs import datapaths, devices
from vnetsh_ovs.attributes import confirm_of
from vnetsh_ovs.fields import OF_KIND
from vnetsh_ovs.observing import facts_of

_MASTER_OF_OVS = "ovs-system"


def assess(change: Change, fleet: Fleet) -> Assessment:
    """The cost of a change of a bridge, tunnel or port on the fleet as it will be just before."""
    kind = change.resource.kind
    if kind not in _BY_KIND:
        raise BackendRefused(f"the backend `ovs` makes no {kind}", help=f"it makes {', '.join(_BY_KIND)}")
    cost, problem_of = _BY_KIND[kind]
    problem = problem_of(change, fleet)
    if problem:
        code, message, label, help = problem
        return Assessment(problem=Diagnostic(code, message, change.resource.span, label, help))
    return cost(change, fleet)


# What it costs


def _bridge(change: Change, fleet: Fleet) -> Assessment:
    moving = _moving(change, fleet)
    if change.before is None:
        return Assessment(Impact.BRIEF, (), moving) if moving else FREE
    on_bridge = _occupants(fleet, change.place, change.resource.name)
    if change.after is None:
        carries = bool(change.before.text("uplink")) or on_bridge.members > 0
        return Assessment(
            Impact.BRIEF if carries else Impact.NONE, on_bridge.vms, _joined("bridge removed", moving)
        )
    old, new = change.before.text("uplink"), change.after.text("uplink")
    differing = change.differing() if on_bridge.vms else {}
    kept = _joined(*(field.riders for field in OF_KIND["bridge"] if field.attribute in differing))
    if old and old != new:
        how = f"uplink {old} replaced by {new}" if new else f"uplink {old} taken out"
        return Assessment(Impact.BRIEF, on_bridge.vms, _joined(how, moving, kept))
    how = f"uplink {new} added" if new and not old else ""
    return Assessment(Impact.BRIEF if moving else Impact.LIVE, (), _joined(how, moving, kept))


def _joined(*how: str) -> str:
    return "; ".join(filter(None, how))


def _moving(change: Change, fleet: Fleet) -> str:
    """What is said of the host's own addresses, when the uplink carries them; else nothing."""
    host, bridge = change.place, change.resource.name
    old = change.before.text("uplink") if change.before else ""
    new = change.after.text("uplink") if change.after else ""
    seconds = confirm_of(fleet.hosts[host])
    back = f"taken back after {seconds} s unless the host is reached anew"
    going = _addresses(fleet, host, new) if new != old else ()
    if going:
        leased = new in facts_of(fleet, host).leased
        lease = "; its lease is not renewed any more" if leased else ""
        moved = f"{', '.join(going)} and routes move from {new} to {bridge}"
        return f"{moved}; {back}; does not survive a reboot of the host: configure it there, too{lease}"
    if old and old != new and _addresses(fleet, host, bridge):
        return back if new else f"the host's addresses move from {bridge} to {old}; {back}"
    return ""


def _addresses(fleet: Fleet, host: str, link: str) -> Collection[str]:
    """The addresses that a link of the host carries, as far as it could be asked."""
    return facts_of(fleet, host).addresses.get(link, ()) if link else ()


def _member(change: Change, fleet: Fleet) -> Assessment:
    if change.before is None:
        return FREE
    bridge = change.before.text("bridge")
    vms = _occupants(fleet, change.place, bridge).vms
    if change.after is None:
        return Assessment(Impact.BRIEF, vms, "taken off the bridge")
    differing = change.differing()
    for field in OF_KIND[change.after.kind]:
        if field.attribute in differing:
            new = change.after.get(field.attribute)
            return Assessment(field.impact, vms, field.how.format(new=new))
    return FREE  # of its mark nobody but vnetsh takes notice


class _Occupants:
    """Who is on a bridge."""

    def __init__(self) -> None:
        self.members = 0
        self._vms: dict[str, None] = {}

    def add(self, vm: str) -> None:
        """Count a port or tunnel; `vm` is empty when it is no vm's."""
        self.members += 1
        if vm:
            self._vms[vm] = None

    @cached_property
    def vms(self) -> tuple[str, ...]:
        """The vms, each once."""
        return tuple(self._vms)


_NOBODY = _Occupants()


class _OnHost:
    """What a host's bridges hold: the occupants of each, and the names of them all."""

    def __init__(self) -> None:
        self.bridges: dict[str, _Occupants] = {}
        self.names: set[str] = set()


_NOTHING = _OnHost()
# Of the fleet last asked about: all changes of a stage are assessed on the same one.
_last: tuple[Mapping[Key, Resource], dict[str, _OnHost]] = ({}, {})


def _on_host(fleet: Fleet, host: str) -> _OnHost:
    global _last
    of, index = _last
    if of is not fleet.resources:
        index = {}
        for resource in fleet.resources.values():
            if resource.kind in ("bridge", "port", "tunnel"):
                there = index.setdefault(resource.place, _OnHost())
                there.names.add(resource.name)
                if resource.kind != "bridge":
                    there.bridges.setdefault(resource.text("bridge"), _Occupants()).add(_vm_of(resource))
        _last = (fleet.resources, index)
    return index.get(host, _NOTHING)


def _occupants(fleet: Fleet, host: str, bridge: str) -> _Occupants:
    """The occupants of a bridge."""
    return _on_host(fleet, host).bridges.get(bridge, _NOBODY)


def _vm_of(port: Resource) -> str:
    return port.parent[1] if port.parent and port.parent[0] == "vm" else port.text("vm")


# What speaks against it: code, message, label, help

_Problem = tuple[str, str, str, str]


def _bridge_problem(change: Change, fleet: Fleet) -> _Problem | None:
    after = change.after
    if after is None:
        return _still_used(change, fleet)
    nic = after.text("uplink")
    problem = _cannot_be_made(after, fleet) if change.before is None else None
    if problem or not nic or (change.before and change.before.text("uplink") == nic):
        return problem
    return _nic_taken(after.place, nic, after.name, fleet)


def _member_problem(change: Change, fleet: Fleet) -> _Problem | None:
    after = change.after
    if after is None:
        return None
    if change.before is None:
        problem = _name_taken(after, fleet)
        if problem is None and after.kind == "port" and after.get("type", "system") == "system":
            problem = _nic_has_address(after.place, after.name, after.text("bridge"), fleet)
        if problem:
            return problem
    return _too_big(after)


def _still_used(change: Change, fleet: Fleet) -> _Problem | None:
    bridge = change.resource
    vms = _occupants(fleet, bridge.place, bridge.name).vms
    if not vms:
        return None
    names = ", ".join(f"`{vm}`" for vm in vms)
    return (
        "E401",
        f"bridge `{bridge.name}` on {bridge.place} still carries the ports of {names}",
        "in use",
        "migrate or delete these vms first, or put their ports on another bridge",
    )


def _nic_taken(host: str, nic: str, bridge: str, fleet: Fleet) -> _Problem | None:
    owner = next(
        (b.name for b in fleet.of_kind("bridge", host) if b.name != bridge and b.text("uplink") == nic), ""
    )
    port = fleet.get("port", host, nic)
    if port and port.text("bridge") != bridge:
        owner = port.text("bridge")
    master = facts_of(fleet, host).masters.get(nic, "")
    if not owner and master != _MASTER_OF_OVS:
        owner = master
    if not owner:
        return None
    return (
        "E402",
        f"NIC `{nic}` of {host} is a port of `{owner}` already",
        "taken",
        f"take it out there first: `bridge {owner} on {host} uplink none`, or choose another NIC",
    )


def _nic_has_address(host: str, nic: str, bridge: str, fleet: Fleet) -> _Problem | None:
    addresses = _addresses(fleet, host, nic)
    if not addresses:
        return None
    return (
        "E403",
        f"NIC `{nic}` of {host} carries the address {', '.join(addresses)}: the host would lose it",
        "has an address",
        f"make it the uplink, then its addresses move to the bridge: `bridge {bridge} on {host} uplink {nic}`",
    )


def _name_taken(new: Resource, fleet: Fleet) -> _Problem | None:
    """The name of a new bridge, port or tunnel must be free on the host, whatever else bears it."""
    uplinks = facts_of(fleet, new.place).uplinks
    known = new.name in _on_host(fleet, new.place).names or new.name in uplinks
    owner = _owner_of_name(new, fleet, uplinks) if known else ""
    owner = owner or devices.owner_of_name(new, fleet)
    return _taken(new, owner) if owner else None


def _owner_of_name(new: Resource, fleet: Fleet, uplinks: Mapping[str, str]) -> str:
    host, name = new.place, new.name
    owner = ""
    taps = facts_of(fleet, host).taps
    for kind in ("tunnel", "port"):
        other = fleet.get(kind, host, name)
        if other and kind == "port" and name in taps:
            owner = f"a vm's port on bridge `{taps[name]}`"
        elif other and kind != new.kind:
            owner = f"a {kind} of bridge `{other.text('bridge')}`"
    if fleet.get("bridge", host, name) and new.kind != "bridge":
        owner = f"the bridge `{name}` itself, whose own port is called so"
    bridge = fleet.get("bridge", host, uplinks[name]) if name in uplinks else None
    if bridge and bridge.text("uplink") == name:
        owner = f"the uplink of bridge `{bridge.name}`"
    return owner


def _taken(new: Resource, owner: str) -> _Problem:
    return (
        "E405",
        f"the name `{new.name}` is taken on {new.place}: it is {owner}",
        "taken",
        "choose another name, or delete that one first",
    )


def _cannot_be_made(bridge: Resource, fleet: Fleet) -> _Problem | None:
    """Why vswitchd could not make a new bridge's own device, or would take somebody else's for it."""
    if datapaths.missing_for(bridge, fleet):
        return (
            "E406",
            f"the kernel of {bridge.place} has no Open vSwitch datapath for bridge `{bridge.name}`",
            "cannot be made",
            datapaths.remedy(bridge.place),
        )
    return _name_taken(bridge, fleet)


def _too_big(wanted: Resource) -> _Problem | None:
    kind = wanted.text("type")
    for field in OF_KIND[wanted.kind]:
        value, bits = wanted.get(field.attribute), field.bits.get(kind)
        if bits and isinstance(value, int) and value >= 2**bits:
            return (
                "E404",
                f"{field.attribute} {value} is too big for {kind}: its network identifier has {bits} bits",
                "too big",
                f"choose one from 0 to {2**bits - 1}",
            )
    return None


_BY_KIND = {
    "bridge": (_bridge, _bridge_problem),
    "port": (_member, _member_problem),
    "tunnel": (_member, _member_problem),
}
