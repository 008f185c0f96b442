"""A lab with a Pacemaker cluster: its hosts are one, and a host that dies is really fenced and comes back."""

from __future__ import annotations

import os
import signal

import pytest
from waiting import eventually

from vnetsh_lab import running
from vnetsh_lab.power import pid

pytestmark = pytest.mark.lab

FENCING = "pcs stonith create power fence_lab pcmk_host_list='kvm1 kvm2 kvm3'"


def test_a_host_that_dies_is_fenced_and_comes_back() -> None:
    with running(hosts=3, ha=True) as lab:

        def on(host: str, command: str) -> str:
            return lab.exec(host, ["sh", "-c", command], timeout=60).stdout

        assert all(
            "Online: [ kvm1 kvm2 kvm3 ]" in on(host, "crm_mon -1") for host in ("kvm1", "kvm2", "kvm3")
        )
        assert on("kvm1", "fence_lab -o list").split() == ["kvm1", "kvm2", "kvm3"]
        on("kvm1", FENCING)
        old = lab.pid("kvm3")
        os.kill(old, signal.SIGKILL)
        assert eventually(lambda: "1 event found" in on("kvm1", "stonith_admin -H kvm3"), 60)
        assert eventually(lambda: "Online: [ kvm1 kvm2 kvm3 ]" in on("kvm1", "crm_mon -1"), 60)
        assert lab.pid("kvm3") != old
        switches = pid(lab.folder)
    assert switches
    assert pid(lab.folder) is None, "the switches go with their lab"
