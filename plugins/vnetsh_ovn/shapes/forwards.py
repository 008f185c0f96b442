"""Ports of addresses outside that lead to a vm's: each a load balancer of its router, with one backend.

A translation (NAT) cannot do that: its range of ports is what is chosen from for connections that go out, not what
those that come in are told apart by (ovn-nb(5), external_port_range); and there is one a pair of addresses only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vnetsh.model import Resource, Value, listed
from vnetsh_ovn.marks import KEY, ids_of, is_marked, owner_of
from vnetsh_ovn.pieces import Found, Piece, Within, of
from vnetsh_ovn.rows import BALANCER, ROUTER, SWITCH, Index, Ref
from vnetsh_ovn.shapes.eips import TO
from vnetsh_ovn.sort import NAME
from vnetsh_ovsdb.operations import as_map

KEYS = "forward "
"""What the keys of such load balancers begin with."""


class _Forwards:
    kind = "forward"

    def pieces(self, resource: Resource, index: Index) -> Sequence[Piece]:
        ref = Ref(BALANCER, f"{KEYS}{resource.name}")
        outer = _pair(resource.text("address"), resource.get("number"))
        inner = _pair(resource.text("inside"), resource.get("port"))
        columns = {"name": ref.key, "protocol": resource.text("protocol")}
        keys = {"vips": {outer: inner}, "external_ids": {TO: resource.text("to")}}
        within = [Within(Ref(ROUTER, resource.text("router")), "load_balancer")]
        # For guests there the switch does it: what goes by a gateway of another host would not come back by that.
        within += [Within(Ref(SWITCH, one), "load_balancer") for one in listed(resource.get("networks"))]
        return (of(resource, Piece(ref, columns, keys, tuple(within)), keyed=True),)

    def read(self, index: Index, place: str) -> Iterator[Found]:
        for uuid, row in index.rows(BALANCER):
            key = ids_of(row).get(KEY, "")
            if not key.startswith(KEYS):
                continue
            _, router = index.owner(uuid, ROUTER)
            name = key.removeprefix(KEYS)
            address, protocol, number = name.split()
            values: dict[str, Value] = {"address": address, "protocol": protocol, "number": int(number)}
            inside, _, port = as_map(row.get("vips")).get(_pair(address, number), "").rpartition(":")
            if inside:
                values |= {"inside": inside.strip("[]"), "port": int(port), "to": ids_of(row).get(TO)}
            if router:
                values["router"] = str(router.get("name"))
            switches = [one.uuid for one in index.referring.get(uuid, ()) if one.table == SWITCH]
            if switches:
                names = (str(index.tables[SWITCH][one]["name"]) for one in switches)
                values["networks"] = tuple(sorted(names))
            forward = Resource(
                self.kind, name, place, values, backend=NAME, marked=is_marked(row), owner=owner_of(row)
            )
            yield Found(forward, [(BALANCER, uuid)])


def _pair(address: str, port: object) -> str:
    """An address and a port, as a load balancer has them."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


FORWARD_SHAPE = _Forwards()
