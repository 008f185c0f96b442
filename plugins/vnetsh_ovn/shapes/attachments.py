"""Attachments: each a port of a logical switch, whose name is what the NIC's switch tells of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vnetsh.model import Resource, Value
from vnetsh_ovn.marks import VM, ids_of, is_marked, owner_of
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.pieces import Found, Piece, Within, of
from vnetsh_ovn.rows import SWITCH, SWITCH_PORT, Index, Ref
from vnetsh_ovn.shapes.networks import options_of
from vnetsh_ovn.shapes.tenants import group_of
from vnetsh_ovn.shapes.words import listed
from vnetsh_ovn.sort import NAME
from vnetsh_ovsdb.operations import Row, as_list, as_map, as_scalar

NIC, AT = "vnetsh-nic", "vnetsh-at"
"""Keys of a logical port: the NIC that it is, and the hosts where that may be."""


class _Attachments:
    kind = "attachment"

    def pieces(self, resource: Resource, index: Index) -> Sequence[Piece]:
        network, name = resource.text("network"), resource.text("interface")
        addresses = " ".join([resource.text("mac"), *listed(resource.get("address"))])
        chassis = listed(resource.get("chassis"))
        options = {"requested-chassis": ",".join(chassis)} if chassis else {}
        if len(chassis) > 1:  # the guest itself says when it is there (ovn-nb(5), Logical_Switch_Port)
            options["activation-strategy"] = "rarp"
        at = ",".join(listed(resource.get("at")))
        ids = {VM: resource.text("vm"), NIC: resource.name, AT: at}
        columns = {
            "name": name,
            "addresses": addresses,
            "port_security": addresses,
            "dhcpv4_options": (options_of(network, 4),),
            "dhcpv6_options": (options_of(network, 6),),
        }
        within = [Within(Ref(SWITCH, network), "ports")]
        if tenant := tenant_of(network):
            within.append(Within(group_of(tenant), "ports"))
        keys = {"options": options, "external_ids": ids}
        return (of(resource, Piece(Ref(SWITCH_PORT, name), columns, keys, tuple(within))),)

    def read(self, index: Index, place: str) -> Iterator[Found]:
        for _, switch in index.rows(SWITCH):
            for uuid, port in index.owned(SWITCH, switch, "ports"):
                if not port.get("type"):
                    yield Found(self._one(port, str(switch.get("name") or ""), place), [(SWITCH_PORT, uuid)])

    def _one(self, port: Row, network: str, place: str) -> Resource:
        ids, options, said = ids_of(port), as_map(port.get("options")), as_list(port.get("addresses"))
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


def _split(text: str | None) -> tuple[str, ...] | None:
    return tuple(text.split(",")) if text else None


ATTACHMENT = _Attachments()
