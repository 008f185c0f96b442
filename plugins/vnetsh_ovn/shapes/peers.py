"""Two routers that are peers: each with a port on the link between, and with routes to what the other has."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from vnetsh.model import Resource, Value, listed
from vnetsh_ovn.marks import KEY, ids_of, is_marked, owner_of
from vnetsh_ovn.names import mac_of
from vnetsh_ovn.pieces import Found, Piece, Within, of
from vnetsh_ovn.rows import ROUTE, ROUTER, ROUTER_PORT, Index, Ref
from vnetsh_ovn.sort import NAME
from vnetsh_ovsdb.operations import Row, as_list, as_scalar, as_set

_SIDE = "vnetsh-side"  # key of both ports: `left` or `right`
_LEFT, _RIGHT = "left", "right"


class _Peers:
    kind = "peer"

    def pieces(self, resource: Resource, index: Index) -> Sequence[Piece]:
        return [piece for end in ends_of(resource) for piece in _end(resource, end)]

    def read(self, index: Index, place: str) -> Iterator[Found]:
        named = {str(row.get("name")): uuid for uuid, row in index.rows(ROUTER_PORT) if row.get("peer")}
        routes = _routes(index)
        seen: set[str] = set()
        for name, uuid in named.items():
            row = index.tables[ROUTER_PORT][uuid]
            other = named.get(str(as_scalar(row.get("peer"))), "")
            if not other or as_scalar(index.tables[ROUTER_PORT][other].get("peer")) != name:
                continue
            ends = [(str(index.owner(one, ROUTER)[1].get("name") or ""), one) for one in (uuid, other)]
            if not all(router for router, _ in ends) or not _first(row, ends):
                continue
            called = "<->".join(router for router, _ in ends)
            if called in seen:
                called = f"{called}:{uuid[:8]}"
            seen.add(called)
            yield _found(index, place, called, ends, routes)


class End(NamedTuple):
    """One of two peers' ports on the link between; `reached` are the subnets by it, each with the next hop."""

    router: str
    side: str
    port: str
    mac: str
    address: str
    beyond: str
    reached: Sequence[tuple[str, str]]


def ends_of(peer: Resource) -> Iterator[End]:
    """Both ends, the left one first."""
    addresses = listed(peer.get("addresses"))
    for side, other in ((_LEFT, _RIGHT), (_RIGHT, _LEFT)):
        here, there = peer.text(side), peer.text(other)
        port, beyond = f"{here}<->{there}", f"{there}<->{here}"
        mine, theirs = addresses if side == _LEFT else addresses[::-1]
        hops = {4: theirs.partition("/")[0], 6: _link_local(mac_of(f"{peer.place} {beyond}"))}
        subnets = listed(peer.get(f"{other}-has"))
        reached = [(one, hops[ipaddress.ip_network(one).version]) for one in subnets]
        yield End(here, side, port, mac_of(f"{peer.place} {port}"), mine, beyond, reached)


def _end(peer: Resource, end: End) -> Iterator[Piece]:
    router = Ref(ROUTER, end.router)
    columns = {"name": end.port, "mac": end.mac, "networks": as_set([end.address]), "peer": end.beyond}
    keys = {"external_ids": {_SIDE: end.side}}
    yield of(peer, Piece(Ref(ROUTER_PORT, end.port), columns, keys, (Within(router, "ports"),)))
    for subnet, hop in end.reached:
        route = {"ip_prefix": subnet, "nexthop": hop, "output_port": end.port}
        ref = Ref(ROUTE, f"peer {end.port} {subnet}")
        yield of(peer, Piece(ref, route, {}, (Within(router, "static_routes"),)), keyed=True)


def _link_local(mac: str) -> str:
    """The address that a port has by itself (RFC 4291, appendix A)."""
    parts = [int(one, 16) for one in mac.split(":")]
    digits = [parts[0] ^ 2, *parts[1:3], 0xFF, 0xFE, *parts[3:]]
    return str(ipaddress.IPv6Address(bytes([0xFE, 0x80, *[0] * 6, *digits])))


def _routes(index: Index) -> dict[str, list[tuple[str, Row]]]:
    """The routes of all peers, by the port that they go out by."""
    found: dict[str, list[tuple[str, Row]]] = {}
    for uuid, row in index.rows(ROUTE):
        if ids_of(row).get(KEY, "").startswith("peer "):
            found.setdefault(str(as_scalar(row.get("output_port"))), []).append((uuid, row))
    return found


def _first(row: Row, ends: Sequence[tuple[str, str]]) -> bool:
    """Whether a port is the left one of its two: where nobody says, the one of the router whose name comes first."""
    side = ids_of(row).get(_SIDE)
    return side == _LEFT if side else ends[0] < ends[1]


def _found(
    index: Index,
    place: str,
    name: str,
    ends: Sequence[tuple[str, str]],
    routes: dict[str, list[tuple[str, Row]]],
) -> Found:
    (left, one), (right, other) = ends
    rows = [(ROUTER_PORT, one), (ROUTER_PORT, other)]
    values: dict[str, Value] = {"left": left, "right": right}
    addresses: list[str] = []
    for side, uuid in ((_RIGHT, one), (_LEFT, other)):
        port = index.tables[ROUTER_PORT][uuid]
        addresses += sorted(as_list(port.get("networks")))[:1]
        mine = routes.get(str(port["name"]), [])
        rows += [(ROUTE, route) for route, _ in mine]
        if mine:
            values[f"{side}-has"] = tuple(sorted(str(row["ip_prefix"]) for _, row in mine))
    values["addresses"] = tuple(addresses)
    first = index.tables[ROUTER_PORT][one]
    peer = Resource("peer", name, place, values, backend=NAME, marked=is_marked(first), owner=owner_of(first))
    return Found(peer, rows)


PEER_SHAPE = _Peers()
