"""kill -9 at the points of a run with vms on networks of OVN, on real hosts. `scripts/soak crash` runs it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from crashing import WAYS, all_new_or_all_old, images, state
from in_lab import LabOperator, on, without_system

from vnetsh_lab import Lab, running

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif("VNETSH_CRASH_POINTS" not in os.environ, reason="takes minutes: scripts/soak crash"),
]

SCRIPT = """
zone a on kvm1, kvm2 cluster region1 bridges vswitch01
network public external bridge vswitch01 subnet 10.77.0.0/24 gateway 10.77.0.1
tenant acme {
    network web subnet 10.0.1.0/24 dhcp
    network db subnet 10.0.2.0/24 dhcp
    vm web on kvm1 memory 96M disk tiny.qcow2 port web name web_a address 10.0.1.11 port db name web_b
    group webs members web
    allow any -> webs tcp 80
    router r networks web, db
    loadbalancer www address 10.0.1.100 tcp 80 to 10.0.1.11
}
router acme/r uplink public address 10.77.0.101 snat
eip 10.77.0.111 to 10.0.1.11 router acme/r
migrate web to kvm2
network acme/web mtu 1400
delete eip 10.77.0.111
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2, ovn="one") as lab:
        without_system(lab)
        yield lab


def whole(lab: Lab) -> object:
    """All that the hosts and the database hold, but whether ports are up by now."""
    seen = [
        [*one[:3], [pair for pair in one[3] if pair[0] not in ("up", "gateways", "chassis")], one[4]]  # type: ignore[index]
        for one in state(lab)
    ]
    rows = on(
        lab, "kvm1", "ovsdb-client", "-f", "csv", "dump", "unix:/run/ovn/ovnnb_db.sock", "OVN_Northbound"
    )
    return seen, images(lab), len(re.findall(r"(?m)^[0-9a-f]{8}-", rows))


@pytest.fixture(scope="module")
def operator(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> LabOperator:
    return LabOperator.of(lab, tmp_path_factory.mktemp("operator"), "--max-impact", "destroy")


@pytest.mark.parametrize("way", WAYS)
def test_after_a_crash(lab: Lab, operator: LabOperator, way: str) -> None:
    file = operator.folder / "cloud.vnet"
    file.write_text(SCRIPT)
    all_new_or_all_old(operator, str(file), lambda: whole(lab), [way])
