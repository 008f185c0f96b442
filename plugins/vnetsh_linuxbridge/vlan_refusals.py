"""Why Linux bridges cannot have VLANs as it is wanted. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.hosts.kernel import VLAN_FILTERING
from vnetsh.model import Fleet, Resource
from vnetsh.model.change import Change
from vnetsh.schema import Ranges
from vnetsh_linuxbridge.fleet_index import FleetIndex
from vnetsh_linuxbridge.links import NAME
from vnetsh_linuxbridge.records import record_of
from vnetsh_linuxbridge.refusals import refused
from vnetsh_linuxbridge.vlans import EVERY, NATIVE, USUAL, said

FILTERS = "vlan-filtering"
"""The attribute of a bridge that filters VLANs."""


def no_filtering(bridge: Resource, index: FleetIndex) -> Assessment | None:
    """Why a bridge cannot filter VLANs: the host's kernel cannot."""
    if VLAN_FILTERING in index.abilities(bridge.place):
        return None
    return refused(
        bridge,
        "E532",
        f"the kernel of {bridge.place} does not filter VLANs: bridge `{bridge.name}` cannot",
        f"make the bridge with Open vSwitch: `bridge {bridge.name} on {bridge.place} backend ovs`; or have a kernel "
        "with CONFIG_BRIDGE_VLAN_FILTERING, as distributions have it",
    )


def not_ours(bridge: Resource, index: FleetIndex) -> Assessment | None:
    """Why vnetsh neither has a bridge filter VLANs nor no longer: others gave it or its ports VLANs by other means."""
    host, name = bridge.place, bridge.name
    odd = [*index.odd(host, name)]
    if device := index.stacked(host, name):
        odd.append(f"the VLAN device {device} on it")
    for link, vlans in index.vlans(host, name).items():
        port = index.fleet.get("port", host, link)
        ours = port is not None and (port.get("vlan") or port.get("trunk"))
        if vlans not in (USUAL, EVERY) and not ours:
            odd.append(f"VLANs of {link}: {', '.join(vlans) or 'none'}")
    if not odd:
        return None
    return refused(
        bridge,
        "E427",
        f"bridge `{name}` on {host} has what others set, and would not be the same by it: {'; '.join(odd)}",
        f"take that away first, or do it by hand: `ip link set {name} type bridge vlan_filtering …`",
    )


def vlans(change: Change, index: FleetIndex) -> Assessment | None:
    """Why a port has not these VLANs."""
    port = change.resource
    problem = of_the_untagged(port)
    if problem:
        return problem
    odd = [*index.odd(port.place, port.text("bridge"))]
    told = record_of(change.before).get("vlans") if change.before else None
    if told is not None and said(tuple(told)) is None:
        odd.append(", ".join(told) or "none")
    if not odd:
        return None
    return refused(
        port,
        "E427",
        f"port `{port.name}` on {port.place} has VLANs as no sentence says them: {'; '.join(odd)}",
        f"others set that: take it away first, `bridge vlan show dev {port.name}` shows them",
    )


def of_the_untagged(port: Resource) -> Assessment | None:
    """Why a port does not carry VLAN 1 tagged, nor alone: it is what is untagged at the others."""
    trunk = port.get("trunk")
    if isinstance(trunk, tuple) and NATIVE in trunk:
        how = "tagged"
        help = f"leave {NATIVE} out of its `trunk`, and say `vlan {NATIVE}`: then it carries what is untagged, too"
    elif port.get("vlan") == NATIVE and trunk is None:
        how = "as its access VLAN"
        help = (
            "leave `vlan` out, or say `vlan none`: a port of which nothing is said carries what is untagged"
        )
    else:
        return None
    message = f"VLAN {NATIVE} of a Linux bridge is what is untagged: port `{port.name}` cannot have it {how}"
    return refused(port, "E533", message, help)


def unfiltered(change: Change, after: Fleet) -> Assessment | None:
    """Why a port has no VLAN: its bridge filters none, or shall no longer."""
    thing = change.after
    if thing is None or thing.kind not in ("bridge", "port"):
        return None
    if thing.kind == "port":
        concerned = change.differing().keys() & {"vlan", "trunk", "bridge"}
        ports = [thing] if concerned else []
    elif FILTERS in change.differing() and not thing.get(FILTERS):
        ports = [one for one in after.of_kind("port", thing.place) if one.get("bridge") == thing.name]
    else:
        return None
    for port in ports:
        bridge = after.get("bridge", port.place, port.text("bridge"))
        value = port.get("vlan") or port.get("trunk")
        if value and bridge and bridge.backend == NAME and not bridge.get(FILTERS):
            return _unfiltered(thing, port, bridge)
    return None


def _unfiltered(thing: Resource, port: Resource, bridge: Resource) -> Assessment:
    trunk = port.get("trunk")
    shown = Ranges().show(trunk) if isinstance(trunk, tuple) else port.get("vlan")
    message = (
        f"bridge `{bridge.name}` on {port.place} filters no VLANs: port `{port.name}` cannot have {shown}"
    )
    help = f"say it of the bridge, if the host's kernel can: `bridge {bridge.name} on {port.place} {FILTERS} yes`; or "
    if thing.kind == "bridge":
        help = f"say `vlan none` and `trunk none` of the port, too; or leave {FILTERS} as it is"
    else:
        help += "make it with Open vSwitch: `backend ovs`"
    return refused(thing, "E423", message, help)
