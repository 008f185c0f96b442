"""What speaks against taking a host's NIC: as an uplink, as a port, or into a bond. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vnetsh.model import Change, Fleet, Resource
from vnetsh.model.nics import bond_nics
from vnetsh_ovs.observing import facts_of
from vnetsh_ovs.tunnels import Problem

_MASTER_OF_OVS = "ovs-system"


def addresses_on(fleet: Fleet, host: str, link: str) -> Collection[str]:
    """The addresses that a link of the host carries, as far as it could be asked."""
    return facts_of(fleet, host).addresses.get(link, ()) if link else ()


def nic_taken(host: str, nic: str, bridge: str, fleet: Fleet) -> Problem | None:
    """What a NIC is part of already, but of this bridge."""
    owner = next(
        (b.name for b in fleet.of_kind("bridge", host) if b.name != bridge and b.text("uplink") == nic), ""
    )
    port = fleet.get("port", host, nic)
    out = f"`bridge {owner} on {host} uplink none`"
    if port and port.text("bridge") != bridge:
        owner = port.text("bridge")
        out = f"`delete port {nic} on {host}`"
    bonds = [port for port in fleet.of_kind("port", host) if nic in bond_nics(port)] if not owner else []
    if bonds:
        owner, out = bonds[0].name, f"leave it out of the `nics` of `{bonds[0].name}`, or delete that"
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


def nic_has_address(host: str, nic: str, bridge: str, fleet: Fleet) -> Problem | None:
    """The addresses that an ordinary port would lose."""
    addresses = addresses_on(fleet, host, nic)
    if not addresses:
        return None
    return (
        "E403",
        f"NIC `{nic}` of {host} carries the address {', '.join(addresses)}: the host would lose it",
        "has an address",
        f"make it the uplink, then its addresses move to the bridge: `bridge {bridge} on {host} uplink {nic}`",
    )


def problem_of_bond(change: Change, fleet: Fleet) -> Problem | None:
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
    taken = (nic_taken(bond.place, nic, "", fleet) for nic in new if nic != instead)
    found = next(filter(None, taken), None) or held(bond.place, new, fleet)
    return found or two_ways(bond, bond.text("bridge"), new, fleet)


def still_uplink(change: Change, after: Fleet) -> Problem | None:
    """A bond with the uplink of its own bridge, which it does not cease to be in the same step."""
    bond = change.resource
    bridge = after.get("bridge", bond.place, bond.text("bridge")) if change.after else None
    nic = bridge.text("uplink") if bridge else ""
    return nic_taken(bond.place, nic, "", after) if nic in bond_nics(change.after) else None


def held(host: str, nics: Sequence[str], fleet: Fleet) -> Problem | None:
    """A NIC with addresses that NetworkManager has: told to leave it alone it takes it down, and the host is off."""
    start = facts_of(fleet, host).at_start
    nic = next((nic for nic in nics if start.holds(nic) and addresses_on(fleet, host, nic)), "")
    if not nic:
        return None
    return (
        "E534",
        f"NIC `{nic}` of {host} cannot bring its addresses along: NetworkManager has it, and takes it down when it is "
        "to leave it alone",
        "NetworkManager's",
        f"have another system configure `{nic}` first (ifupdown, systemd-networkd), at the host's console",
    )


def two_ways(said: Resource, bridge: str, nics: Sequence[str], fleet: Fleet) -> Problem | None:
    """Addresses that would come to a bridge by two NICs: by which of them each goes back nobody could tell."""
    host = said.place
    there = fleet.get("bridge", host, bridge)
    ports = [port.name for port in fleet.parts(there)] if there else []
    brought = [name for name in facts_of(fleet, host).brought if name in ports and name != said.name]
    own = [said.name] if said.kind == "port" and said.name in facts_of(fleet, host).brought else []
    uplink = there.text("uplink") if there and said.kind == "port" else ""
    coming = [nic for nic in nics if addresses_on(fleet, host, nic)]
    by_uplink = uplink and uplink not in nics and addresses_on(fleet, host, bridge)
    others = [*([uplink] if by_uplink else ()), *brought, *own, *coming[:-1]]
    if not coming or not others:
        return None
    return (
        "E530",
        f"the host's addresses would come to bridge `{bridge}` of {host} by `{others[0]}` and by `{coming[-1]}`",
        "a second way",
        f"only one NIC brings addresses to a bridge: take those of `{coming[-1]}` away first, and say them "
        f"of the bridge: `bridge {bridge} on {host} address …`",
    )
