"""Routes beyond a router's own networks: a row for each next hop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vnetsh.model import Resource, listed
from vnetsh_ovn.marks import KEY, ids_of, is_marked, owner_of
from vnetsh_ovn.pieces import Found, Piece, Within, of
from vnetsh_ovn.rows import ROUTE, ROUTER, Index, Ref
from vnetsh_ovn.sort import NAME
from vnetsh_ovsdb.operations import Row, as_list, as_map, as_scalar

KEYS = "hop "
"""What the keys of such rows begin with; those of a router itself and of a peer begin otherwise."""


class _Hops:
    kind = "hop"

    def pieces(self, resource: Resource, index: Index) -> Sequence[Piece]:
        router = Ref(ROUTER, resource.text("router"))
        subnet = resource.text("subnet")
        theirs = {
            str(row["nexthop"]): uuid
            for uuid, row in index.owned(ROUTER, index.row(router), "static_routes")
            if KEY not in ids_of(row) and row["ip_prefix"] == subnet
        }
        found = []
        for via in listed(resource.get("via")):
            key = theirs.get(via, f"{KEYS}{router.key} {subnet} {via}")
            piece = Piece(
                Ref(ROUTE, key), {"ip_prefix": subnet, "nexthop": via}, {}, (Within(router, "static_routes"),)
            )
            found.append(of(resource, piece, keyed=via not in theirs))
        return found

    def read(self, index: Index, place: str) -> Iterator[Found]:
        for _, router in index.rows(ROUTER):
            together: dict[str, list[tuple[str, Row]]] = {}
            for uuid, row in index.owned(ROUTER, router, "static_routes"):
                if is_plain(row):
                    together.setdefault(str(row["ip_prefix"]), []).append((uuid, row))
            for subnet, rows in together.items():
                name, first = str(router.get("name") or ""), rows[0][1]
                hops = tuple(sorted(str(row["nexthop"]) for _, row in rows))
                hop = Resource(
                    self.kind,
                    f"{name} {subnet}",
                    place,
                    {"router": name, "subnet": subnet, "via": hops},
                    backend=NAME,
                    marked=all(is_marked(row) for _, row in rows),
                    owner=owner_of(first),
                )
                yield Found(hop, [(ROUTE, uuid) for uuid, _ in rows])


def is_plain(row: Row) -> bool:
    """Whether a row is what a `hop` says, and no more."""
    key = ids_of(row).get(KEY, KEYS)
    more = (
        row.get("policy") not in (None, ["set", []], "dst-ip")
        or row.get("route_table")
        or as_list(row.get("bfd"))
        or as_map(row.get("options"))
        or as_scalar(row.get("output_port"))
    )
    return key.startswith(KEYS) and "/" in str(row["ip_prefix"]) and row["nexthop"] != "discard" and not more


HOP_SHAPE = _Hops()
