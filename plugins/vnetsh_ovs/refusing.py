"""What speaks against a change. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from vnetsh.model import Change, Fleet, Resource
from vnetsh.model.nics import bond_nics
from vnetsh_ovs import datapaths, devices
from vnetsh_ovs.fields import OF_KIND
from vnetsh_ovs.observing import facts_of
from vnetsh_ovs.occupants import occupants, on_host
from vnetsh_ovs.qos_refusing import problem_of_limit
from vnetsh_ovs.rows import MIRROR, mirror_in, record_of, row_named
from vnetsh_ovs.tunnels import Problem, problem_of_tunnel
from vnetsh_ovs.wrapping import problem_of_wrapping
from vnetsh_ovsdb.operations import as_scalar

_MASTER_OF_OVS = "ovs-system"

_NARROW = {kind: [field for field in fields if field.bits] for kind, fields in OF_KIND.items()}


def addresses_on(fleet: Fleet, host: str, link: str) -> Collection[str]:
    """The addresses that a link of the host carries, as far as it could be asked."""
    return facts_of(fleet, host).addresses.get(link, ()) if link else ()


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
    return _nic_taken(after.place, nic, after.name, fleet) or _two_ways(after, after.name, [nic], fleet)


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
            problem = _nic_has_address(after.place, after.name, after.text("bridge"), fleet)
        if problem:
            return problem
    if problem := _bonded(change, fleet):
        return problem
    return (
        _other_mode(change)
        or problem_of_wrapping(change)
        or _too_big(after)
        or problem_of_limit(change, after)
        or problem_of_tunnel(change, fleet)
    )


def _bonded(change: Change, fleet: Fleet) -> Problem | None:
    """What speaks against the NICs that a bond gets: they are elsewhere, or their addresses would get lost."""
    bond, known = change.resource, bond_nics(change.before)
    if not known and not bond_nics(change.after):
        return None
    if change.before and "bridge" in change.differing() and bond.name in facts_of(fleet, bond.place).brought:
        at = change.before.text("bridge")
        return (
            "E531",
            f"bond `{bond.name}` on {bond.place} brought the host's addresses to bridge `{at}`: they do not go along",
            "brought addresses",
            f"delete it first, then they go back, and say it anew: `delete port {bond.name} on {bond.place}`",
        )
    new = [nic for nic in bond_nics(change.after) if nic not in known]
    there = fleet.get("bridge", bond.place, bond.text("bridge"))
    instead = there.text("uplink") if there else ""  # `still_uplink` sees that it is that no more
    taken = (_nic_taken(bond.place, nic, "", fleet) for nic in new if nic != instead)
    return next(filter(None, taken), None) or _two_ways(bond, bond.text("bridge"), new, fleet)


def still_uplink(change: Change, after: Fleet) -> Problem | None:
    """A bond with the uplink of its own bridge, which it does not cease to be in the same step."""
    bond = change.resource
    bridge = after.get("bridge", bond.place, bond.text("bridge")) if change.after else None
    nic = bridge.text("uplink") if bridge else ""
    return _nic_taken(bond.place, nic, "", after) if nic in bond_nics(change.after) else None


def _two_ways(said: Resource, bridge: str, nics: Sequence[str], fleet: Fleet) -> Problem | None:
    """Addresses that would come to a bridge by two NICs: by which of them each goes back nobody could tell."""
    host = said.place
    there = fleet.get("bridge", host, bridge)
    ports = [port.name for port in fleet.parts(there)] if there else []
    brought = [name for name in facts_of(fleet, host).brought if name in ports and name != said.name]
    own = [said.name] if said.kind == "port" and said.name in facts_of(fleet, host).brought else []
    uplink = there.text("uplink") if there and said.kind == "port" else ""
    coming = [nic for nic in nics if addresses_on(fleet, host, nic)]
    others = [*([uplink] if uplink and uplink not in nics else ()), *brought, *own, *coming[:-1]]
    if not coming or not others:
        return None
    return (
        "E530",
        f"the host's addresses would come to bridge `{bridge}` of {host} by `{others[0]}` and by `{coming[-1]}`",
        "a second way",
        f"only one NIC brings addresses to a bridge: take those of `{coming[-1]}` away first, and say them "
        f"of the bridge: `bridge {bridge} on {host} address …`",
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


def _nic_taken(host: str, nic: str, bridge: str, fleet: Fleet) -> Problem | None:
    owner = next(
        (b.name for b in fleet.of_kind("bridge", host) if b.name != bridge and b.text("uplink") == nic), ""
    )
    port = fleet.get("port", host, nic)
    out = f"`bridge {owner} on {host} uplink none`"
    if port and port.text("bridge") != bridge:
        owner = port.text("bridge")
        out = f"`delete port {nic} on {host}`"
    master = facts_of(fleet, host).masters.get(nic, "")
    if not owner and master != _MASTER_OF_OVS:
        owner = master
        out = f"`ip link set {nic} nomaster` on {host}"
    if not owner:
        return None
    return (
        "E402",
        f"NIC `{nic}` of {host} is a port of `{owner}` already",
        "taken",
        f"take it out there first: {out}, or choose another NIC",
    )


def _nic_has_address(host: str, nic: str, bridge: str, fleet: Fleet) -> Problem | None:
    addresses = addresses_on(fleet, host, nic)
    if not addresses:
        return None
    return (
        "E403",
        f"NIC `{nic}` of {host} carries the address {', '.join(addresses)}: the host would lose it",
        "has an address",
        f"make it the uplink, then its addresses move to the bridge: `bridge {bridge} on {host} uplink {nic}`",
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
