"""What routers and ways in are made of, and that reading the rows gives just what they were made of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from vnetsh.model import Fleet, Place, Resource, Value
from vnetsh.model.change import ActionKind, Change
from vnetsh_ovn.commands import commands
from vnetsh_ovn.pieces import Piece
from vnetsh_ovn.rows import NAT, ROOT, ROUTER, ROUTER_PORT, SWITCH, WANTED, Index, Ref
from vnetsh_ovn.shapes import SHAPES
from vnetsh_ovsdb.layout import Layout
from vnetsh_ovsdb.operations import as_pairs, reference

PLACE = "region1"
SCHEMA = Path("/usr/share/ovn/ovn-nb.ovsschema")
LAYOUT = Layout.of(json.loads(SCHEMA.read_text()), WANTED)


def thing(kind: str, name: str, *, marked: bool = True, **values: Value) -> Resource:
    attributes = {key.replace("_", "-"): value for key, value in values.items()}
    return Resource(kind, name, PLACE, attributes, backend="ovn", marked=marked)


R1 = thing(
    "router",
    "acme/r1",
    networks=("acme/db", "acme/web"),
    ports=("acme/db 10.0.2.1/24 fd02::1/64", "acme/web 10.0.1.1/24"),
    advertises=("acme/db 1442",),
    uplink="public",
    address=("203.0.113.2",),
    outside=("203.0.113.2/24",),
    nexthops=("203.0.113.1",),
    chassis=("c1", "c2"),
    gateways=("kvm1", "kvm2"),
    snat=True,
    guard='30000 drop inport == "acme/r1:public" && (ip4.src == 10.0.1.0/24)',
)
R2 = thing("router", "blue/r1", networks=("blue/web",), ports=("blue/web 10.0.3.1/24 fd03::1/64",))
PEER = thing(
    "peer",
    "acme/r1<->blue/r1",
    left="acme/r1",
    right="blue/r1",
    addresses=("169.254.1.1/30", "169.254.1.2/30"),
    left_has=("10.0.1.0/24", "10.0.2.0/24", "fd02::/64"),
    right_has=("10.0.3.0/24", "fd03::/64"),
)
HOP = thing(
    "hop",
    "acme/r1 10.9.0.0/16",
    router="acme/r1",
    subnet="10.9.0.0/16",
    via=("10.0.1.8", "10.0.1.9"),
)
EIP = thing(
    "eip",
    "203.0.113.20",
    to="web01",
    router="acme/r1",
    inside="10.0.1.11",
    interface="port-web01",
    mac="02:00:00:00:00:20",
)
FORWARD = thing(
    "forward",
    "203.0.113.2 tcp 80",
    address="203.0.113.2",
    protocol="tcp",
    number=80,
    to="web01",
    router="acme/r1",
    inside="10.0.1.11",
    port=8080,
    networks=("acme/db", "acme/web"),
)
FORWARD6 = thing(
    "forward",
    "2001:db8::2 udp 53",
    address="2001:db8::2",
    protocol="udp",
    number=53,
    to="fd02::9",
    router="acme/r1",
    inside="fd02::9",
    port=53,
)
THINGS = (R1, R2, PEER, HOP, EIP, FORWARD, FORWARD6)
NETWORKS = ("acme/db", "acme/web", "blue/web", "public")


def index_of(things: Sequence[Resource]) -> Index:
    """The rows of things, as a server would have them."""
    tables: dict[str, dict[str, dict[str, Any]]] = {table: {} for table in LAYOUT.columns}
    tables[ROOT]["root"] = {}
    for name in NETWORKS:
        tables[SWITCH][f"switch {name}"] = {"name": name}
    pieces = [
        piece for one in things for piece in SHAPES[one.kind].pieces(one, Index(LAYOUT, tables, "root"))
    ]
    uuids = {Ref(SWITCH, name): f"switch {name}" for name in NETWORKS}
    uuids |= {piece.ref: f"{piece.ref.table} {piece.ref.key}" for piece in pieces}
    for piece in pieces:
        keys = {column: as_pairs(found) for column, found in piece.keys.items() if found}
        tables[piece.ref.table][uuids[piece.ref]] = {**piece.columns, **keys}
    for piece in pieces:
        for ref, column in piece.within:
            row = tables[ref.table][uuids[ref]]
            row.setdefault(column, ["set", []])[1].append(reference(uuids[piece.ref]))
    return Index(LAYOUT, tables, "root")


def read(index: Index) -> dict[tuple[str, str], Resource]:
    kinds = {one.kind for one in THINGS}
    found = [one.resource for kind in kinds for one in SHAPES[kind].read(index, PLACE)]
    return {(one.kind, one.name): one for one in found}


@pytest.mark.parametrize("one", THINGS, ids=lambda one: f"{one.kind} {one.name}")
def test_what_is_read_is_what_was_made(one: Resource) -> None:
    assert read(index_of(THINGS))[one.kind, one.name] == one


def test_nothing_else_is_read() -> None:
    assert len(read(index_of(THINGS))) == len(THINGS)


def test_snat_is_a_row_for_each_subnet_of_a_version_that_has_an_address() -> None:
    rows = [row for _, row in index_of(THINGS).rows(NAT) if row["type"] == "snat"]
    assert {(row["external_ip"], row["logical_ip"]) for row in rows} == {
        ("203.0.113.2", "10.0.1.0/24"),
        ("203.0.113.2", "10.0.2.0/24"),
    }


def test_snat_of_a_router_without_networks_is_not_forgotten() -> None:
    lonely = R1.with_attributes(networks=None, ports=None, advertises=None)
    assert read(index_of([lonely]))["router", "acme/r1"].get("snat") is True


def test_peers_reach_ipv6_by_the_others_own_address() -> None:
    [route] = [
        row
        for _, row in index_of(THINGS).rows("Logical_Router_Static_Route")
        if row["ip_prefix"] == "fd03::/64"
    ]
    port = next(row for _, row in index_of(THINGS).rows(ROUTER_PORT) if row["name"] == "blue/r1<->acme/r1")
    octets = port["mac"].split(":")
    assert route["nexthop"].startswith("fe80::")
    assert route["nexthop"].endswith(f"{int(octets[4] + octets[5], 16):x}")
    assert route["output_port"] == "acme/r1<->blue/r1"


def test_what_others_made_keeps_its_names_and_is_told_of() -> None:
    made = ("acme/web their-port 02:00:00:00:00:01 their-end", "public their-out 02:00:00:00:00:02 their-far")
    theirs = Resource(
        "router",
        "acme/r1",
        PLACE,
        {**R1.attributes, "made": made, "networks": ("acme/web",), "ports": ("acme/web 10.0.1.1/24",)}
        | {"advertises": None, "nexthops": None, "gateways": None, "guard": None},
        backend="ovn",
    )
    index = index_of([theirs])
    router = index.tables[ROUTER][f"{ROUTER} acme/r1"]
    index.tables["Logical_Router_Policy"]["policy"] = {"priority": 7, "match": "ip4"}  # type: ignore[index]
    router["policies"] = ["uuid", "policy"]  # type: ignore[index]
    found = read(index)["router", "acme/r1"]
    assert {row["name"] for _, row in index.rows(ROUTER_PORT)} == {"their-port", "their-out"}
    assert not found.marked
    assert found.get("made") == made
    assert found.get("snat") is True
    assert found.get("beyond") == ("policy 7: ip4",)


def test_by_hand_only_what_changes_is_changed() -> None:
    fleet = Fleet({PLACE: Place(PLACE, sort="ovn", noun="cluster", hosts=("kvm1", "kvm2"))})
    after = R1.with_attributes(chassis=("c2", "c1"), gateways=("kvm2", "kvm1"))
    [command] = commands(Change(ActionKind.CHANGE, R1, after), fleet)
    assert command.host == "kvm1"
    assert str(command).split(" -- ") == [
        "ovn-nbctl lrp-del-gateway-chassis acme/r1:public c2",
        "lrp-del-gateway-chassis acme/r1:public c1",
        "lrp-set-gateway-chassis acme/r1:public c2 100",
        "lrp-set-gateway-chassis acme/r1:public c1 99",
    ]
    assert not commands(Change(ActionKind.CHANGE, R1, R1), fleet)


def test_a_piece_of_a_router_is_found_by_its_name() -> None:
    index = index_of(THINGS)
    pieces: Sequence[Piece] = SHAPES["router"].pieces(R1, index)
    assert all(index.find(piece.ref) for piece in pieces)
