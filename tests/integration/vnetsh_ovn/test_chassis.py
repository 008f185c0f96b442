"""What a host says of the chassis that it is, by scratch databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from vnetsh.backend import Observation
from vnetsh.engine.connections import Connections
from vnetsh.errors import ServiceAbsent
from vnetsh.model import Host
from vnetsh.registry import load_plugins
from vnetsh.testing.scratch_ovs import SCHEMA, ScratchOvs, scratch_ovs
from vnetsh_ovn.chassis.facts import ChassisFacts


def seen(ovs: ScratchOvs) -> Observation:
    host = Host("h1", "192.0.2.1", attributes={"local": True, **ovs.host_attributes})
    connections = Connections(load_plugins().backends)
    connections.know({"h1": host})
    try:
        return connections.connection(host, "chassis").observe(lambda *_: None)
    finally:
        connections.close()


def test_its_zone_and_what_it_is_called() -> None:
    with scratch_ovs() as ovs:
        assert seen(ovs) == Observation((), ChassisFacts())
        ids = {
            "system-id": "c1",
            "ovn-remote": "tcp:192.0.2.9:6642",
            "vnetsh-zone": "a",
            "vnetsh-cluster": "c",
        }
        ids |= {
            "ovn-encap-type": "geneve",
            "vnetsh-zone-mark": "mine",
            "ovn-bridge-mappings": '"b2:b2,b1:b1"',
        }
        ovs.vsctl("set", "open", ".", *(f"external_ids:{key}={value}" for key, value in ids.items()))
        found = seen(ovs)
        assert found.facts == ChassisFacts("c1", "tcp:192.0.2.9:6642")
        [zone] = found.resources
        assert (zone.name, zone.owner, zone.marked) == ("a", "mine", True)
        remote = "tcp:192.0.2.9:6642"
        assert zone.attributes == {
            "cluster": "c",
            "encap": "geneve",
            "bridges": ("b1", "b2"),
            "remote": remote,
        }


@pytest.mark.parametrize(
    ("schema", "words"),
    [(SCHEMA, "database is empty"), (Path("/usr/share/ovn/ovn-nb.ovsschema"), "unknown database")],
)
def test_a_server_that_has_nothing_of_it(schema: Path, words: str) -> None:
    with scratch_ovs(schema=schema) as ovs:
        if schema == SCHEMA:
            ovs.transact({"op": "delete", "table": "Open_vSwitch", "where": []})
        with pytest.raises(ServiceAbsent, match=words):
            seen(ovs)
