"""What speaks against a change. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from vnetsh.model import Change, Fleet, Resource
from vnetsh_ovs import datapaths, devices
from vnetsh_ovs.fields import OF_KIND
from vnetsh_ovs.observing import facts_of
from vnetsh_ovs.occupants import occupants, on_host
from vnetsh_ovs.qos_refusing import problem_of_limit
from vnetsh_ovs.rows import MIRROR, mirror_in, record_of, row_named
from vnetsh_ovs.taking import held, nic_has_address, nic_taken, problem_of_bond, two_ways
from vnetsh_ovs.tunnels import Problem, problem_of_tunnel
from vnetsh_ovs.wrapping import problem_of_wrapping
from vnetsh_ovsdb.operations import as_scalar

_NARROW = {kind: [field for field in fields if field.bits] for kind, fields in OF_KIND.items()}


def problem_of_bridge(change: Change, fleet: Fleet) -> Problem | None:
    """What speaks against a change of a bridge."""
    after = change.after
    if after is None:
        return _still_used(change, fleet)
    if change.before and change.before.get("parent"):
        return _fake_as_it_is(change)
    nic = after.text("uplink")
    problem = _cannot_be_made(after, fleet) if change.before is None else None
    if problem or not nic or (change.before and change.before.text("uplink") == nic):
        return problem
    found = nic_taken(after.place, nic, after.name, fleet) or held(after.place, [nic], fleet)
    return found or two_ways(after, after.name, [nic], fleet)


def problem_of_member(change: Change, fleet: Fleet) -> Problem | None:
    """What speaks against a change of a port or tunnel."""
    after = change.after
    if after is None:
        return None
    if "bridge" in change.differing() and change.before and change.before.get("mirrors"):
        return (
            "E311",
            f"port `{after.name}` is sent copies of what bridge `{change.before.text('bridge')}` carries",
            "is sent copies",
            "take them away first, in a sentence before this one: `mirrors none`",
        )
    if problem := _other_mirror(change):
        return problem
    if "bridge" in change.differing() and (problem := _on_fake(after, fleet)):
        return problem
    if change.before is None:
        problem = _name_taken(after, fleet)
        if problem is None and after.kind == "port" and after.get("type", "system") == "system":
            problem = nic_has_address(after.place, after.name, after.text("bridge"), fleet)
        if problem:
            return problem
    if problem := problem_of_bond(change, fleet):
        return problem
    return (
        _other_mode(change)
        or problem_of_wrapping(change)
        or _too_big(after)
        or problem_of_limit(change, after)
        or problem_of_tunnel(change, fleet)
    )


def _other_mirror(change: Change) -> Problem | None:
    """What is said of a mirror would not be it, beside what others made it copy, nor come back by an undo."""
    if (
        change.before is None
        or change.undo
        or change.before.get("mirrors")
        or "mirrors" not in change.differing()
    ):
        return None
    record, name = record_of(change.before), change.resource.name
    theirs = mirror_in(record, name)
    if not theirs:
        return None
    mirror, bridge = record[MIRROR][theirs].get("name"), change.before.text("bridge")
    return (
        "E311",
        f"port `{name}` on {change.place} is sent copies by the mirror `{mirror}`, and others made that, or several, "
        "so that no sentence says it",
        "sent copies already",
        f"take it away first: `ovs-vsctl -- --id=@m get mirror {mirror} -- remove bridge {bridge} mirrors @m` "
        f"on {change.place}",
    )


def _other_mode(change: Change) -> Problem | None:
    """What is said of a port's VLANs would not count, or not come back by an undo, beside a mode that others set."""
    if change.before is None or change.undo or not change.differing().keys() & {"vlan", "trunk", "qinq"}:
        return None
    record, name = record_of(change.before), change.resource.name
    row = record.get("Port", {}).get(row_named(record, "Port", name), {})
    mode = as_scalar(row.get("vlan_mode"))
    tagged = as_scalar(row.get("tag")) is not None
    if not mode or any(change.before.get(name) is not None for name in ("trunk", "qinq")):
        return None
    if mode == "access" and tagged and change.resource.get("vlan") is not None:
        return None
    return (
        "E408",
        f"port `{name}` on {change.place} has the VLAN mode `{mode}`, which others set",
        "in another mode",
        f"take that away first: `ovs-vsctl clear port {name} vlan_mode` on {change.place}",
    )


def _fake_as_it_is(change: Change) -> Problem | None:
    """A fake bridge has nothing of its own that could be changed, but for its mark."""
    bridge, said = change.resource, ", ".join(f"`{name}`" for name in change.differing())
    parent = bridge.text("parent")
    if not said:
        return None
    return (
        "E407",
        f"bridge `{bridge.name}` on {bridge.place} is VLAN {bridge.get('vlan')} of bridge `{parent}`: it has no {said} "
        "of its own",
        "a VLAN of another bridge",
        f"say it of that one: `bridge {parent} on {bridge.place} …`",
    )


def _on_fake(wanted: Resource, fleet: Fleet) -> Problem | None:
    bridge = fleet.get("bridge", wanted.place, wanted.text("bridge"))
    if bridge is None or not bridge.get("parent"):
        return None
    parent, vlan = bridge.text("parent"), bridge.get("vlan")
    there = f"`bridge {parent} on {wanted.place} port {wanted.name} vlan {vlan}`"
    return (
        "E407",
        f"bridge `{bridge.name}` on {wanted.place} is VLAN {vlan} of bridge `{parent}`: it takes no {wanted.kind}",
        "on a VLAN of another bridge",
        f"say the port of that one: {there}"
        if wanted.kind == "port"
        else f"let the tunnel join `{parent}`, which carries all its VLANs",
    )


def _still_used(change: Change, fleet: Fleet) -> Problem | None:
    bridge = change.resource
    vms = occupants(fleet, bridge.place, bridge.name).vms
    if not vms:
        return None
    names = ", ".join(f"`{vm}`" for vm in vms)
    return (
        "E401",
        f"bridge `{bridge.name}` on {bridge.place} still carries the ports of {names}",
        "in use",
        "migrate or delete these vms first, or put their ports on another bridge",
    )


def _name_taken(new: Resource, fleet: Fleet) -> Problem | None:
    """The name of a new bridge, port or tunnel must be free on the host, whatever else bears it."""
    uplinks = facts_of(fleet, new.place).uplinks
    known = new.name in on_host(fleet, new.place).names or new.name in uplinks
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


def _taken(new: Resource, owner: str) -> Problem:
    return (
        "E405",
        f"the name `{new.name}` is taken on {new.place}: it is {owner}",
        "taken",
        "choose another name, or delete that one first",
    )


def _cannot_be_made(bridge: Resource, fleet: Fleet) -> Problem | None:
    """Why vswitchd could not make a new bridge's own device, or would take somebody else's for it."""
    if datapaths.missing_for(bridge, fleet):
        return (
            "E406",
            f"the kernel of {bridge.place} has no Open vSwitch datapath for bridge `{bridge.name}`",
            "cannot be made",
            datapaths.remedy(bridge.place),
        )
    return _name_taken(bridge, fleet)


def _too_big(wanted: Resource) -> Problem | None:
    kind = wanted.text("type")
    for field in _NARROW[wanted.kind]:
        value, bits = wanted.get(field.attribute), field.bits.get(kind)
        if bits and isinstance(value, int) and value >= 2**bits:
            return (
                "E404",
                f"{field.attribute} {value} is too big for {kind}: its network identifier has {bits} bits",
                "too big",
                f"choose one from 0 to {2**bits - 1}",
            )
    return None
