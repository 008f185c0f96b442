"""The ovs backend does what every backend must do: on a scratch database whose vswitchd has dummy devices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ovs_hosts import dump

from vnetsh.testing.conformance import BackendConformance, Sample, Subject
from vnetsh.testing.fleet import LocalContext, bridge, local_host, port, tunnel
from vnetsh.testing.scratch_ovs import ScratchOvs
from vnetsh_ovs.backend import OvsBackend

BR0 = bridge("br0")
P0 = port("p0", "br0", type="internal")

SAMPLES = [
    Sample("bridge", [BR0], changes=[{"mtu": 1400}, {"uplink": "eth1"}]),
    Sample("bridge with uplink", [bridge("br0", uplink="eth1")], changes=[{"uplink": None}]),
    Sample("port", [P0], [BR0], [{"vlan": 10}, {"trunk": (10, 20, 30)}]),
    Sample("port with a VLAN", [port("p0", "br0", type="internal", vlan=10)], [BR0], [{"vlan": None}]),
    Sample("bridge and its ports", [BR0, P0, port("p1", "br0", type="internal")]),
    Sample("tunnel", [tunnel("gre1", "br0", "192.0.2.2")], [BR0], [{"type": "vxlan", "key": 7}]),
]
IMPOSSIBLE = [Sample("name taken", [bridge("br1"), port("br0", "br1", type="internal")], [BR0])]


class TestOvs(BackendConformance):
    @pytest.fixture
    def subject(self, ovs: ScratchOvs) -> Iterator[Subject]:
        backend = OvsBackend()
        with LocalContext(backend) as context:
            host = local_host(**ovs.host_attributes)
            yield Subject(backend, host, context, SAMPLES, IMPOSSIBLE, lambda: dump(ovs))
