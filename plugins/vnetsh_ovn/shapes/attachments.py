"""Attachments: each a port of a logical switch, whose name is what the NIC's switch tells of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from vnetsh.model import ProbePort, Resource, Value, listed, probe_port
from vnetsh_ovn.marks import VM, ids_of, is_marked, owner_of
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.pieces import Found, Piece, Within, of
from vnetsh_ovn.rows import SWITCH, SWITCH_PORT, Index, Ref
from vnetsh_ovn.shapes.networks import options_of
from vnetsh_ovn.shapes.tenants import group_of
from vnetsh_ovn.sort import NAME
from vnetsh_ovsdb.operations import Row, as_list, as_map, as_scalar

NIC, AT, PROBE = "vnetsh-nic", "vnetsh-at", "vnetsh-probe"
"""Keys of a logical port: the NIC that it is, and the hosts where that may be; or the port that is probed by it."""

_UNKNOWN = "unknown"


class _Attachments:
    kind = "attachment"

    def pieces(self, resource: Resource, index: Index) -> Sequence[Piece]:
        network, name = resource.text("network"), resource.text("interface")
        addresses = " ".join([resource.text("mac"), *listed(resource.get("address"))])
        chassis, hosts = listed(resource.get("chassis")), listed(resource.get("at"))
        options = {"requested-chassis": ",".join(chassis)} if chassis else {}
        moves = len(chassis) > 1
        if moves:  # the guest itself says when it is there (ovn-nb(5), Logical_Switch_Port)
            options["activation-strategy"] = "rarp"
        ids = {VM: resource.text("vm"), NIC: resource.name, AT: ",".join(hosts)}
        columns = {
            "name": name,
            # Else OVN would answer for the guest who asks where it is. Frames to unknown ones do not get to it.
            "addresses": ["set", [addresses, _UNKNOWN]] if moves else addresses,
            "port_security": addresses,
            "dhcpv4_options": (options_of(network, 4),),
            "dhcpv6_options": (options_of(network, 6),),
        }
        within = _within(network)
        keys = {"options": options, "external_ids": ids}
        port = of(resource, Piece(Ref(SWITCH_PORT, name), columns, keys, within))
        if not moves:
            return (port,)
        probes = [_probe(probe_port(name, host), name, within[:1]) for host in hosts]
        return (port, *(of(resource, piece) for piece in probes))

    def read(self, index: Index, place: str) -> Iterator[Found]:
        for _, switch in index.rows(SWITCH):
            ports = list(index.owned(SWITCH, switch, "ports"))
            probes = [(uuid, of) for uuid, port in ports if (of := ids_of(port).get(PROBE))]
            for uuid, port in ports:
                if not port.get("type") and PROBE not in ids_of(port):
                    rows = [uuid, *(probe for probe, of in probes if of == port["name"])]
                    found = self._one(port, str(switch.get("name") or ""), place)
                    yield Found(found, [(SWITCH_PORT, one) for one in rows])

    def _one(self, port: Row, network: str, place: str) -> Resource:
        ids, options = ids_of(port), as_map(port.get("options"))
        said = [one for one in as_list(port.get("addresses")) if one != _UNKNOWN]
        mac, *addresses = (said[0].split() if said else []) or [None]
        up = as_scalar(port.get("up"))
        values: dict[str, Value] = {
            "network": network or None,
            "address": tuple(addresses) or None,
            "mac": mac if mac and ":" in mac else None,
            "vm": ids.get(VM),
            "at": _split(ids.get(AT)),
            "chassis": _split(options.get("requested-chassis")),
            "interface": str(port["name"]),
            "up": None if up is None else "yes" if up else "no",
        }
        said_of = {word: value for word, value in values.items() if value is not None}
        name = ids.get(NIC) or str(port["name"])
        return Resource(
            self.kind, name, place, said_of, backend=NAME, marked=is_marked(port), owner=owner_of(port)
        )


@lru_cache
def _within(network: str) -> tuple[Within, ...]:
    """What refers to a network's ports: its switch and, in a tenant, that one's group."""
    switch, tenant = Within(Ref(SWITCH, network), "ports"), tenant_of(network)
    return (switch, Within(group_of(tenant), "ports")) if tenant else (switch,)


def _probe(probe: ProbePort, name: str, within: Sequence[Within]) -> Piece:
    """The port by which a NIC that moves is probed from one of its hosts."""
    columns = {"name": probe.interface, "addresses": probe.mac, "port_security": probe.mac}
    return Piece(Ref(SWITCH_PORT, probe.interface), columns, {"external_ids": {PROBE: name}}, tuple(within))


def _split(text: str | None) -> tuple[str, ...] | None:
    return tuple(text.split(",")) if text else None


ATTACHMENT = _Attachments()
