"""Addresses outside that are a vm's own: each a translation of its router, in both directions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vnetsh.model import Resource, Value
from vnetsh_ovn.marks import KEY, ids_of, is_marked, owner_of
from vnetsh_ovn.pieces import Found, Piece, Within, of
from vnetsh_ovn.rows import NAT, ROUTER, Index, Ref
from vnetsh_ovn.shapes.beyond import BEYOND, of_eip
from vnetsh_ovn.sort import NAME
from vnetsh_ovsdb.operations import Row, as_scalar

TO = "vnetsh-to"
"""Key of what leads to somebody: to whom, as it was said."""
BOTH_WAYS = "dnat_and_snat"
"""The type of such a translation (ovn-nb(5), NAT)."""


class _Eips:
    kind = "eip"

    def pieces(self, resource: Resource, index: Index) -> Sequence[Piece]:
        router = Ref(ROUTER, resource.text("router"))
        columns: dict[str, object] = {
            "type": BOTH_WAYS,
            "external_ip": resource.name,
            "logical_ip": resource.text("inside"),
        }
        if resource.get("interface"):
            columns |= {"logical_port": resource.text("interface"), "external_mac": resource.text("mac")}
        theirs = "" if resource.marked else _by_others(index, resource.name)
        keys = {} if theirs else {"external_ids": {TO: resource.text("to")}}
        ref = Ref(NAT, theirs or f"eip {resource.name}")
        return (of(resource, Piece(ref, columns, keys, (Within(router, "nat"),)), keyed=not theirs),)

    def read(self, index: Index, place: str) -> Iterator[Found]:
        seen: set[str] = set()
        for uuid, row in index.rows(NAT):
            router = _router_of(index, uuid, row)
            if not router:
                continue
            name = str(row["external_ip"])
            if name in seen:
                name = f"{name}:{uuid[:8]}"
            seen.add(name)
            inside = str(row["logical_ip"])
            values: dict[str, Value] = {
                "to": ids_of(row).get(TO, inside),
                "router": router,
                "inside": inside,
                "interface": as_scalar(row.get("logical_port")),
                "mac": as_scalar(row.get("external_mac")),
            }
            values |= {BEYOND: tuple(of_eip(row))}
            values = {key: value for key, value in values.items() if value}
            eip = Resource(
                self.kind, name, place, values, backend=NAME, marked=is_marked(row), owner=owner_of(row)
            )
            yield Found(eip, [(NAT, uuid)])


def _router_of(index: Index, uuid: str, row: Row) -> str:
    """The router of a translation that is an eip; empty of others."""
    if row.get("type") != BOTH_WAYS or "/" in str(row["logical_ip"]):
        return ""
    return str(index.owner(uuid, ROUTER)[1].get("name") or "")


def _by_others(index: Index, address: str) -> str:
    """The UUID of the translation that others made of an address; empty where there is none."""
    for uuid, row in index.rows(NAT):
        if row["external_ip"] == address and KEY not in ids_of(row) and _router_of(index, uuid, row):
            return uuid
    return ""


EIP_SHAPE = _Eips()
