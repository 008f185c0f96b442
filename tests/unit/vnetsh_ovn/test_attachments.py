"""NICs on networks as rows: while a vm moves there is a port to probe it by at either host, and its guest answers."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from vnetsh.model import Resource, probe_port
from vnetsh_ovn.rows import SWITCH, SWITCH_PORT, Index
from vnetsh_ovn.shapes.attachments import ATTACHMENT
from vnetsh_ovsdb.layout import Layout
from vnetsh_ovsdb.operations import as_pairs

INTERFACE, MAC = "3d1922ae-a4f1-5533-9109-874280726ae1", "02:47:98:07:14:c9"
EMPTY = Index(Layout("", {}, {}, {}, {}, defaultdict(dict)), defaultdict(dict), "")
STAYS = Resource(
    "attachment",
    "p1",
    "region1",
    {
        "network": "acme/web",
        "address": ("10.0.1.11",),
        "mac": MAC,
        "vm": "web01",
        "interface": INTERFACE,
        "at": ("kvm1",),
        "chassis": ("kvm1",),
    },
    backend="ovn",
    marked=True,
)
MOVES = STAYS.with_attributes(at=("kvm1", "kvm2"), chassis=("kvm1", "kvm2"))


def test_a_port_to_probe_by_is_at_each_host_while_its_vm_moves() -> None:
    [port] = ATTACHMENT.pieces(STAYS, EMPTY)
    assert port.columns["addresses"] == f"{MAC} 10.0.1.11"
    moving, *probes = ATTACHMENT.pieces(MOVES, EMPTY)
    assert moving.ref == port.ref
    assert moving.columns["addresses"] == ["set", [f"{MAC} 10.0.1.11", "unknown"]]
    assert moving.columns["port_security"] == port.columns["port_security"]
    wanted = [probe_port(INTERFACE, host) for host in ("kvm1", "kvm2")]
    assert [(probe.ref.key, probe.columns["addresses"]) for probe in probes] == wanted
    assert all([within.ref.table for within in probe.within] == [SWITCH] for probe in probes), (
        "no rule is about them"
    )


def test_they_are_of_the_nic_that_moves_and_nothing_by_themselves() -> None:
    tables: dict[str, dict[str, Any]] = defaultdict(dict)
    for number, piece in enumerate(ATTACHMENT.pieces(MOVES, EMPTY)):
        keys = {column: as_pairs(values) for column, values in piece.keys.items()}
        tables[SWITCH_PORT][f"0000000{number}"] = {**piece.columns, **keys}
    ports = ["set", [["uuid", uuid] for uuid in tables[SWITCH_PORT]]]
    tables[SWITCH]["00000009"] = {"name": "acme/web", "ports": ports}
    layout = Layout("", {}, {}, {}, {}, defaultdict(dict, {SWITCH: {"ports": SWITCH_PORT}}))
    [found] = ATTACHMENT.read(Index(layout, tables, ""), "region1")
    assert found.resource.attributes == MOVES.attributes
    assert [uuid for _, uuid in found.rows] == ["00000000", "00000001", "00000002"]
