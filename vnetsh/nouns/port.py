"""The noun `port`: a port of a bridge, or a vm's NIC on one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource, is_nic_name
from vnetsh.nouns import bond, mirrors, patch, qinq, statics
from vnetsh.nouns.mtu import MTU, number, too_large_a_nic
from vnetsh.nouns.names import port_name
from vnetsh.nouns.nic import ADDRESS, INTERFACE, LINK, MAC_ONLY, NETWORKED, NIC, SECURITY
from vnetsh.schema import (
    BRIDGE,
    PORT,
    Attribute,
    Choice,
    Duration,
    Integer,
    Kind,
    Mac,
    Name,
    Percent,
    Ranges,
    Rate,
    Text,
)
from vnetsh.schema.naming import no_bridge
from vnetsh.schema.reboot import SURVIVES_REBOOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetsh.schema.lent import Settling


def fitted_nic(port: Resource, settler: Settling) -> Resource:
    """A vm's NIC with its bridge's MTU when it is made and none is said; one that is there keeps its own."""
    existing = settler.fleet.get("port", port.place, port.name)
    limit = _bridge_mtu(port, settler)
    if limit is None:
        return port
    if "mtu" not in port.attributes:
        return port if existing else port.with_attributes(mtu=limit)
    mtu = number(port.get("mtu"))
    same = existing is not None and existing.get("mtu") == mtu
    if mtu and mtu > limit and not same:
        settler.refuse(too_large_a_nic(port.name, mtu, port.text("bridge"), limit, port.at("mtu")))
    return port


def _bridge_mtu(port: Resource, settler: Settling) -> int | None:
    """What the bridge will have: as said, else as observed."""
    place = ("bridge", port.place, port.text("bridge"))
    for bridge in (settler.find(*place), settler.fleet.get(*place)):
        if bridge and "mtu" in bridge.attributes:
            return number(bridge.get("mtu"))
    return None


def _nic_called(port: Resource, settler: Settling) -> Resource | None:
    """A vm's NIC under the name that it has: said by its address alone it is the one that has that, or a new one.

    None, and refused, where the address is another NIC's of the same vm: it cannot get another name.
    """
    assert port.parent
    nics = settler.fleet.nics(Resource(*port.parent, port.place, {}))
    mac = port.get("mac")
    there = next((nic for nic in nics if mac and nic.get("mac") == mac), None)
    if not is_nic_name(port.name):
        if there is None or there.name == port.name or any(nic.name == port.name for nic in nics):
            return port
        settler.refuse(
            Diagnostic(
                "E210",
                f"the MAC address {mac} is that of the NIC `{there.name}` of the same vm",
                port.at("mac"),
                help="a NIC keeps its name: leave `name` out, and it is known by its address",
            )
        )
        return None
    number, vm = 1, port.parent[1]
    while there is None and settler.find("port", port.place, port_name(vm, number)):
        number += 1
    return replace(port, name=there.name if there else port_name(vm, number))


def _left_by(other: Resource, port: Resource, settler: Settling) -> bool:
    """Whether a port is what a vm, that is elsewhere by now, left where it was when that host failed."""
    own = settler.fleet.get("port", port.place, port.name)
    is_left = other.get("type") == "vm" and "vm" not in (other.parent or ())
    return is_left and other.place != port.place and own is not None and own.parent == port.parent


def settle_port(port: Resource, settler: Settling) -> Sequence[Resource]:
    """Check a port's name, unique over all hosts for a vm's, and that its bridge will be there."""
    vm = bool(port.parent and port.parent[0] == "vm")
    called = _nic_called(port, settler) if vm else port
    if called is None:
        return []
    port = called
    for other in settler.fleet.named("port", port.name) if not is_nic_name(port.name) else ():
        if _left_by(other, port, settler):
            continue
        if (other.parent != port.parent or other.place != port.place) and (vm or other.place == port.place):
            owner = " ".join(other.parent or ("host", other.place))
            settler.refuse(
                Diagnostic(
                    "E203",
                    f"the port name `{port.name}` is taken by {owner} on {other.place}",
                    port.at("name"),
                    help="ports have names of their own over all hosts, so that vms can move: choose another",
                )
            )
            return []
    checks = (_native_twice, patch.problem, statics.problem, mirrors.problem, bond.problem, qinq.problem)
    if problem := next(filter(None, (check(port, settler) for check in checks)), None):
        settler.refuse(problem)
        return []
    there = settler.fleet.get("port", port.place, port.name)
    if there and there.get("network") and port.text("bridge") not in ("", there.text("bridge")):
        port = port.with_attributes(network=port.get("network"))  # on another bridge it leaves the network
    port = qinq.settled(port, there)
    senders = port.get("security")
    if isinstance(senders, tuple) and len(senders) > 1:  # whoever is held to addresses is to the MAC
        port = port.with_attributes(security=tuple(one for one in senders if one != MAC_ONLY))
    joined = settler.joined(port) if vm else None
    if joined is not None:
        return [fitted_nic(one, settler) if one.kind == "port" else one for one in joined]
    if vm and there and port.get("bridge"):
        for left in settler.riding(there):
            settler.remove(left, f"its NIC is on bridge {port.text('bridge')}")
        port = port.with_attributes(**{INTERFACE: None} if there.get(INTERFACE) else {})
    bridge = port.text("bridge").removeprefix("bridge:")
    port = port.with_attributes(bridge=bridge) if bridge != port.text("bridge") else port
    if vm and bridge and not settler.find("bridge", port.place, bridge):
        settler.refuse(no_bridge(port, bridge, "bridge", settler.fleet))
    elif vm and port.get("address"):
        settler.refuse(
            Diagnostic(
                "E549",
                f"NIC `{port.name}` is on a bridge of its host, which gives no addresses",
                port.at("address"),
                help="its guest has those that it gives itself; by DHCP: `dhcp …` at the bridge",
            )
        )
    return [fitted_nic(port, settler) if vm else port]


def _native_twice(port: Resource, settler: Settling) -> Diagnostic | None:
    """A VLAN that would be carried untagged and tagged, with what is said and what is so already."""
    there = settler.fleet.get("port", port.place, port.name)
    have = {**(there.attributes if there else {}), **port.attributes}
    vlan, trunk = have.get("vlan"), have.get("trunk")
    if vlan is None or not isinstance(trunk, tuple) or vlan not in trunk:
        return None
    return Diagnostic(
        "E310",
        f"port `{port.name}` would carry VLAN {vlan} both untagged and tagged",
        port.at("vlan", "trunk", "name"),
        help=f"leave {vlan} out of its `trunk`, or say `vlan none`",
    )


VLANS = (
    Attribute(
        "vlan",
        Integer(what="a VLAN", offers="vlan", least=1, most=4094),
        "The VLAN of what it carries untagged: its access VLAN or, of a `trunk`, the native one.",
        otherwise="none; of a trunk what is untagged is dropped",
        backends=("libvirt", "linux", "ovs"),
    ),
    Attribute(
        "trunk",
        Ranges(what="a list of VLANs", offers="vlan", least=1, most=4094),
        "The VLANs that it carries tagged.",
        otherwise="all, and what is untagged; at a bridge with `vlan-filtering` that alone",
        backends=("libvirt", "linux", "ovs"),
    ),
)
"""Which packets a port takes: of a bridge's port and of a vm's NIC alike."""

LIMITS = (
    Attribute(
        "inbound",
        Rate(),
        "The most that comes in a second to whoever is there; of a `system` port.",
        otherwise="no limit",
        backends=("libvirt", "ovs"),
    ),
    Attribute(
        "outbound",
        Rate(),
        "The most that whoever is there sends in a second; of an `internal` port.",
        otherwise="no limit",
        backends=("libvirt", "ovs"),
    ),
)
"""Of a bridge's port. A vm's NIC is refused them, with the reason."""

IMPAIRED = (
    Attribute(
        "delay",
        Duration(),
        "How long packets are held back: of an `internal` port what its host sends, of others what comes there.",
        otherwise="none",
        column=False,
        backends=("ovs",),
    ),
    Attribute(
        "loss",
        Percent(),
        "How many of those are lost by chance, in whole percents.",
        otherwise="none",
        column=False,
        backends=("ovs",),
    ),
)
"""A worse network to try things on, where the host's kernel has netem. Of a bridge's port."""

ISOLATED = Attribute(
    "isolated",
    Choice(what="whether it is isolated", choices=("yes",)),
    "Packets that come by it leave by no other isolated one of its bridge.",
    otherwise="no",
    column=False,
    backends=("libvirt", "linux", "ovs"),
)
"""Of what is at a bridge: a tunnel of a mesh has it."""

ERROR = Attribute("error", Text(), "What its switch says is wrong with it.", settable=False)
"""Of whatever a switch makes: that it could not."""

PORT_KIND = Kind(
    "port",
    subject=replace(PORT, or_nic=True),
    help="A port of a bridge, or a vm's NIC on one. Said inside `bridge` and `vm` sentences.",
    attributes=(
        Attribute("bridge", BRIDGE, "The bridge it is on."),
        Attribute("vm", Name(what="a vm", ref="vm"), "The vm whose NIC it is.", settable=False),
        *VLANS,
        *qinq.OF_PORTS,
        *LIMITS,
        *IMPAIRED,
        ISOLATED,
        statics.STATIC,
        Attribute("type", Text(), "`internal`, `system` or, of a vm's NIC, `vm`.", settable=False),
        patch.PEER,
        mirrors.MIRRORS,
        mirrors.THEIRS,
        *bond.OF_BONDS,
        Attribute("mac", Mac(), "The NIC's address."),
        Attribute("mtu", MTU, "Its MTU; of a NIC the one that the guest is told."),
        *NIC,
        NETWORKED,
        ADDRESS,
        LINK,
        SECURITY,
        SURVIVES_REBOOT,
        ERROR,
    ),
    sayable=False,
    brings=(),
    settle=settle_port,
)
