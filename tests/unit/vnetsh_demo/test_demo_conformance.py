"""The demo's hosts do what every backend must do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vnetsh.model import Resource
from vnetsh.testing.conformance import BackendConformance, Sample, Subject
from vnetsh.testing.fleet import HOST, LocalContext, bridge, local_host, nic, port, tunnel, vm
from vnetsh_demo.backend import DemoBackend

BR0 = bridge("br0")
VM = vm("web1", disk="tiny.qcow2")

GIB = 2**30
POOL = Resource("pool", "fast", HOST, {"path": "/srv/fast"})


def disk(name, **values):
    return Resource("disk", f"web1/{name}", HOST, values, ("vm", "web1"))


def seed(**values):
    return Resource("cloudinit", "web1/cloudinit", HOST, values, ("vm", "web1"))


SAMPLES = [
    Sample("bridge", [BR0], changes=[{"uplink": "eth1"}, {"mtu": 1400}]),
    Sample("bridge with an MTU", [bridge("br0", mtu=1400)], changes=[{"mtu": 9000}, {"mtu": None}]),
    Sample("linux bridge", [bridge("br1", backend="linux")]),
    Sample("bridge with uplink", [bridge("br0", uplink="eth1")], changes=[{"uplink": None}]),
    Sample("port", [port("p0", "br0", type="internal")], [BR0], [{"vlan": 10}, {"trunk": (10, 20, 30)}]),
    Sample("tunnel", [tunnel("gre1", "br0", "192.0.2.2")], [BR0], [{"type": "vxlan", "key": 7}]),
    Sample("vm", [VM], changes=[{"memory": 2**30}, {"state": "stopped"}]),
    Sample("vm with nics", [VM, nic("n1", "br0", "web1"), nic("n2", "br0", "web1", vlan=5)], [BR0]),
    Sample(
        "nic",
        [nic("n1", "br0", "web1")],
        [BR0, VM],
        [{"vlan": 20}, {"trunk": (10, 20)}, {"mac": "52:54:00:00:00:01"}, {"mtu": 1400}],
    ),
    Sample(
        "vm with disks",
        [vm("web1"), disk("system", **{"from": "tiny.qcow2", "size": GIB}), disk("data", size=GIB)],
    ),
    Sample("disk", [disk("data", size=GIB)], [VM]),
    Sample("disk that is a file", [disk("data", file="cirros.qcow2", bus="scsi")], [VM]),
    Sample("disk in a pool", [POOL, disk("data", size=GIB, pool="fast")], [VM]),
    Sample("seed", [seed(hostname="web")], [VM], [{"hostname": "shop"}, {"user": "admin"}]),
    Sample("nic with an MTU", [nic("n1", "br0", "web1", mtu=1400)], [BR0, VM], [{"mtu": None}]),
]

IMPOSSIBLE = [
    Sample("no such device", [port("nosuch0", "br0", type="system")], [BR0]),
    Sample("name taken", [bridge("br1"), port("br0", "br1", type="internal")], [BR0]),
    Sample("no such image", [vm("web1", disk="nothing.qcow2")]),
    Sample("no such image for a disk", [disk("data", file="nothing.qcow2")], [VM]),
    Sample("too large", [bridge("br1"), vm("web1", memory=2**50)]),
]


class TestDemo(BackendConformance):
    @pytest.fixture
    def subject(self) -> Iterator[Subject]:
        backend = DemoBackend()
        with LocalContext(backend) as context:
            yield Subject(backend, local_host(world="demo"), context, SAMPLES, IMPOSSIBLE)
