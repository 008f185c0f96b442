"""Where a packet begins in OVN: at a vm's port or a network's way outside, and to whose MAC address it goes first.

That is what the guest itself, or who is outside, finds out by ARP: who has the address, or the router between. Pure.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from dataclasses import dataclass

from vnetsh.model import ECHO, Finding, Packet, Resource, listed
from vnetsh_ovn.rows import NAT, ROUTER, ROUTER_PORT, SWITCH, Index, Ref
from vnetsh_ovn.shapes.eips import BOTH_WAYS
from vnetsh_ovn.shapes.networks import LOCALNET, gateway_of, outside_of, subnets_of
from vnetsh_ovn.shapes.routers import legs_of
from vnetsh_ovsdb.operations import Row, as_list, as_map, as_scalar

_SOMEBODY, _OUTSIDE = "02:00:00:00:00:01", "02:00:00:00:00:02"
_PORT = 40000  # whence a connection begins


@dataclass(frozen=True)
class Beginning:
    """The port at which a packet comes in, on which network, and its addresses there.

    `met` is an address outside by which the target is asked, where its own one means nothing there.
    """

    network: str
    datapath: str
    inport: str
    macs: tuple[str, str]
    addresses: tuple[str, str]
    met: Resource | None = None

    def flow(self, packet: Packet, *, answers: bool = False) -> str:
        """The packet, or what `answers` such a one, as `ovn-trace` takes it (ovn-sb(5), Logical_Flow: match)."""
        source, target = self.addresses
        version = ipaddress.ip_address(target).version
        port = self.met.get("number") if self.met else None
        if packet.protocol == ECHO:
            types = {4: ("8", "0"), 6: ("128", "129")}[version]
            what = f"icmp{version}.type == {types[answers]} && icmp{version}.code == 0"
        else:
            ports = (_PORT, port or packet.port)[:: -1 if answers else 1]
            what = f"{packet.protocol}.src == {ports[0]} && {packet.protocol}.dst == {ports[1]}"
        return (
            f"inport == {json.dumps(self.inport)} && eth.src == {self.macs[0]} && eth.dst == {self.macs[1]} && "
            f"ip{version}.src == {source} && ip{version}.dst == {target} && ip.ttl == 64 && {what}"
        )


class Beginnings:
    """Those of one database; `things` are what it says, as resources."""

    def __init__(self, index: Index, things: list[Resource], place: str) -> None:
        self._index, self._things, self._place = index, things, place

    def of(self, packet: Packet) -> Beginning | Finding | None:
        """Where a packet begins, or why it does not get further; None of one that no network here knows anything of."""
        if packet.source:
            return self._of_nic(packet, packet.source)
        if packet.target is None or _on_the_outside(self._network(packet.target.text("network"))):
            return self._from_outside(packet, packet.addresses[1] or _address(packet.target, 4), None)
        found = next(self._doors(packet, packet.target), None)
        if found is None:
            vm = packet.target.text("vm") or packet.target.name
            network = packet.target.text("network")
            says = (
                f"it has no address outside by which {packet.addresses[0] or 'anybody there'} could ask {vm}"
            )
            sentence = f"eip ADDRESS to {vm}" if self._uplink(network) else ""
            return Finding(("network", self._place, network), says, advice=sentence)
        address = found.name if found.kind == "eip" else found.text("address")
        return self._from_outside(packet, address, found)

    def _of_nic(self, packet: Packet, source: Resource) -> Beginning | Finding | None:
        name = source.text("network")
        network, switch = self._network(name), self._index.find(Ref(SWITCH, name))
        key = ("network", self._place, name)
        if packet.target and packet.target.place != self._place:
            says = f"{packet.target.text('vm')} is on a network of {packet.target.place}, and nothing leads there"
            return Finding(key, says)
        version = ipaddress.ip_address(packet.addresses[1]).version if packet.addresses[1] else 4
        own = _address(source, version) or (_address(source, 6) if not packet.addresses[1] else "")
        target = packet.addresses[1] or (
            _of_same_version(packet.target, own) if packet.target and own else ""
        )
        if not own or not target or network is None:
            says = (
                f"{source.text('vm') or source.name} has no address there of the version that it would ask by"
            )
            return Finding(("attachment", self._place, source.name), says)
        address = ipaddress.ip_address(target)
        if (
            not packet.addresses[1]
            and packet.target
            and (beside := self._beside(network, packet.target, target))
        ):
            return Finding(key, beside, other=packet.target.key)
        near = any(address in subnet for subnet in subnets_of(network))
        mac = self._mac_on(switch, target) if near else ""
        if near and not mac:
            mac = self._who_answers(switch, target)
        elif not near:
            mac = self._gateway_mac(network, switch)
        if not mac and near and has_strangers(self._index, self._index.tables[SWITCH].get(switch, {})):
            mac = _OUTSIDE
        if not mac and near:
            return Finding(key, f"nobody on it has {target}")
        if not mac:
            says = f"no router joins it: nothing leads from it to {target}"
            return Finding(key, says, advice=f"router NAME networks {name}, …: with what it is to reach")
        macs = source.text("mac"), mac
        return Beginning(name, switch, source.text("interface"), macs, (own, target))

    def _beside(self, network: Resource, target: Resource, address: str) -> str:
        """Why a vm on another network cannot be meant by its address here; empty where it can."""
        here = next((net for net in subnets_of(network) if ipaddress.ip_address(address) in net), None)
        if here is None or target.text("network") == network.name:
            return ""
        vm = target.text("vm") or target.name
        return (
            f"{address} is an address of its own subnet: {vm} is on another network, {target.text('network')}"
        )

    def _network(self, name: str) -> Resource | None:
        return next((one for one in self._of_kind("network") if one.name == name), None)

    def _of_kind(self, kind: str) -> Iterator[Resource]:
        return (one for one in self._things if (one.kind, one.place) == (kind, self._place))

    def _mac_on(self, switch: str, address: str) -> str:
        """Who on a switch has an address: a vm, or a port of a router's."""
        row = self._index.tables[SWITCH].get(switch, {})
        for _, port in self._index.owned(SWITCH, row, "ports"):
            for said in as_list(port.get("addresses")):
                mac, *addresses = said.split()
                if address in addresses:
                    return str(mac)
        return next((str(leg["mac"]) for leg in self._legs(switch) if address in _addresses_of(leg)), "")

    def _legs(self, switch: str) -> Iterator[Row]:
        """The routers' ports in a network."""
        for _, row in self._index.rows(ROUTER):
            for leg in legs_of(self._index, row):
                if self._index.owner(leg.end, SWITCH)[0] == switch:
                    yield self._index.tables[ROUTER_PORT][leg.port]

    def _gateway_mac(self, network: Resource, switch: str) -> str:
        """The MAC address of the router to which guests send what is for others: of whoever is outside nobody knows."""
        legs = [*self._legs(switch)]
        gateway = gateway_of(network)
        found = next((leg for leg in legs if gateway in _addresses_of(leg)), None)
        if found is None and _on_the_outside(network):
            return _OUTSIDE
        return str((found or legs[0])["mac"]) if legs else ""

    def _who_answers(self, switch: str, target: str) -> str:
        """The MAC address of a router that answers for an address in a network."""
        for leg in self._legs(switch):
            _, router = self._index.owner(self._index.find(Ref(ROUTER_PORT, str(leg["name"]))), ROUTER)
            if target in self._answered_by(router):
                return str(leg["mac"])
        return ""

    def _answered_by(self, router: Row) -> Iterator[str]:
        """The addresses beside its own for which a router answers: translations', and load balancers'."""
        for _, row in self._index.owned(ROUTER, router, "nat"):
            yield str(row["external_ip"])
        for _, row in self._index.owned(ROUTER, router, "load_balancer"):
            yield from (vip.rpartition(":")[0].strip("[]") for vip in as_map(row.get("vips")))

    def _uplink(self, network: str) -> str:
        """The network outside to which one inside has a router."""
        routers = [one for one in self._of_kind("router") if network in listed(one.get("networks"))]
        return next((one.text("uplink") for one in routers if one.get("uplink")), "")

    def _doors(self, packet: Packet, target: Resource) -> Iterator[Resource]:
        """By which addresses outside a vm can be asked for what a packet asks."""
        version = ipaddress.ip_address(packet.addresses[0]).version
        inside = [
            one for one in listed(target.get("address")) if ipaddress.ip_address(one).version == version
        ]
        yield from (one for one in self._of_kind("eip") if one.text("inside") in inside)
        for one in self._of_kind("forward"):
            asked = one.text("protocol") == packet.protocol and one.get("port") == packet.port
            if one.text("inside") in inside and asked:
                yield one

    def _from_outside(self, packet: Packet, target: str, met: Resource | None) -> Beginning | Finding | None:
        source, said = packet.addresses[0], ipaddress.ip_address(target)
        for network in self._of_kind("network"):
            switch = self._index.find(Ref(SWITCH, network.name))
            mac = self._mac_outside(switch, target) if _on_the_outside(network) else ""
            if mac and any(said in subnet for subnet in subnets_of(network)):
                return Beginning(
                    network.name, switch, self._door_of(network.name), (_SOMEBODY, mac), (source, target), met
                )
        return None

    def _mac_outside(self, switch: str, target: str) -> str:
        """Who answers outside for an address: a vm's own host, a router, or a vm there."""
        for _, row in self._index.rows(NAT):
            if (
                row["external_ip"] == target
                and row["type"] == BOTH_WAYS
                and as_scalar(row.get("external_mac"))
            ):
                return str(as_scalar(row["external_mac"]))
        return self._mac_on(switch, target) or self._who_answers(switch, target)

    def _door_of(self, network: str) -> str:
        """The port by which a network leads outside."""
        switch = self._index.row(Ref(SWITCH, network))
        ports = (row for _, row in self._index.owned(SWITCH, switch, "ports"))
        return next(
            (str(row["name"]) for row in ports if row.get("type") == LOCALNET), outside_of(network).key
        )


def has_strangers(index: Index, switch: Row) -> bool:
    """Whether somebody may be on a switch whom the database does not name."""
    return any(
        "unknown" in as_list(port.get("addresses")) for _, port in index.owned(SWITCH, switch, "ports")
    )


def _on_the_outside(network: Resource | None) -> bool:
    return network is not None and bool(network.get("external"))


def _addresses_of(leg: Row) -> list[str]:
    return [str(ipaddress.ip_interface(one).ip) for one in as_list(leg.get("networks"))]


def _address(nic: Resource | None, version: int) -> str:
    """An address of a NIC, of that version of IP; empty where it has none."""
    said = listed(nic.get("address")) if nic else ()
    return next((one for one in said if ipaddress.ip_address(one).version == version), "")


def _of_same_version(nic: Resource, own: str) -> str:
    return _address(nic, ipaddress.ip_address(own).version)
