"""What is shown of real hosts: one thing whole, hosts, what hangs together; and changes by others as they come."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
from in_lab import LabOperator, on, without_system

from vnetsh_lab import running
from vnetsh_lab.lab import Lab

pytestmark = pytest.mark.lab

SCRIPT = """
bridge vs1 on kvm1, kvm2
tunnel t12 kvm1<->kvm2 on vs1 type vxlan key 42
vm web1 on kvm1 memory 96M disk tiny.qcow2 port vs1 name p1 vlan 10
bridge vs1 on kvm2 { port far type internal vlan 10 }
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as found:
        without_system(found)
        yield found


@pytest.fixture(scope="module")
def run(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """`vnetsh --lab …` as its user calls it, with a journal of its own."""
    operator = LabOperator.of(lab, tmp_path_factory.mktemp("state"))
    operator.good("-c", SCRIPT)
    return operator.good


def test_one_thing_is_told_whole(run: Callable[..., str], lab: Lab) -> None:
    page = json.loads(run("-o", "json", "show", "vm", "web1"))
    assert (page["kind"], page["name"], page["host"], page["state"]) == ("vm", "web1", "kvm1", "running")
    assert [port["vlan"] for port in page["ports"]] == [10]
    assert [disk["path"] for disk in page["disks"]] == ["/var/lib/libvirt/images/web1.qcow2"]
    assert page["reaches"] == [{"host": "kvm2", "bridge": "vs1", "by": "tunnel t12", "vms": []}]
    assert page["made_by"] == ["vnetsh"]
    assert [row["did"] for row in page["runs"]] == ["made"]
    assert page["export"][0].startswith("vm web1 on kvm1 memory 96M")
    (counted,) = page["counters"]
    device = next(
        line for line in on(lab, "kvm1", "virsh", "domiflist", "web1").splitlines() if "vs1" in line
    )
    stats = on(lab, "kvm1", "virsh", "domifstat", "web1", device.split()[0])
    told = {line.split()[1]: int(line.split()[2]) for line in stats.splitlines()}
    assert counted["received_bytes"] <= told["rx_bytes"]
    assert counted["sent_packets"] <= told["tx_packets"]

    bridge = json.loads(run("-o", "json", "show", "bridge", "vs1", "on", "kvm2"))
    assert [port["name"] for port in bridge["ports"]] == ["far"]
    assert [(end["name"], end["remote"]) for end in bridge["tunnels"]] == [("t12", "10.77.0.1")]
    assert {"name": "far", "host": "kvm2"}.items() <= bridge["counters"][-1].items()
    assert bridge["reaches"] == [{"host": "kvm1", "bridge": "vs1", "by": "tunnel t12", "vms": ["web1"]}]


def test_hosts_tell_of_themselves(run: Callable[..., str], lab: Lab) -> None:
    one, other = json.loads(run("-o", "json", "show", "hosts", "sort", "by", "vms"))
    assert (one["name"], one["vms"], other["vms"]) == ("kvm2", 0, 1)
    assert one["reachable"] == "yes"
    assert one["kernel"] == on(lab, "kvm2", "uname", "-r")
    assert one["ovs-version"] in on(lab, "kvm2", "ovs-vswitchd", "--version")
    assert f"libvirt {one['libvirt-version']}" in on(lab, "kvm2", "virsh", "version")
    assert f"QEMU {one['qemu-version']}" in on(lab, "kvm2", "virsh", "version")
    assert 0 < one["free-memory"] <= one["memory"]
    assert one["free-disk"] > 0
    images = json.loads(run("-o", "json", "show", "images", "where", "used-by", "web1"))
    assert [(image["name"], image["host"]) for image in images] == [("tiny.qcow2", "kvm1")]


def test_what_hangs_together_is_drawn(run: Callable[..., str]) -> None:
    drawn = run("-c", "tree vm web1")
    assert "tunnel t12" in drawn
    assert "port far  internal  vlan 10" in drawn
    whole = run("-c", "tree on kvm1")
    assert "tunnel t12 → kvm2, bridge vs1  vxlan  key 42" in whole
    assert "uplink" in whole


SOON = 10
"""Seconds, for a busy machine; `scripts/soak live` measures what it takes."""


class Watch:
    """`vnetsh watch` off a terminal: one object a line."""

    def __init__(self, lab: Lab, sentence: str) -> None:
        command = [str(Path(sys.executable).with_name("vnetsh")), "--lab", "-o", "json", "-c", sentence]
        environment = {"VNETSH_LAB_DIR": str(lab.folder)}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
        )
        self._told: Queue[dict[str, object]] = Queue()
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._told.put(json.loads(line))

    def next(self, fits: Callable[[dict[str, object]], bool], seconds: float = 60) -> dict[str, object]:
        """The next object that fits."""
        until = time.monotonic() + seconds
        while True:
            found = self._told.get(timeout=max(0.1, until - time.monotonic()))
            if fits(found):
                return found

    def delay_of(self, change: Callable[[], object], fits: Callable[[dict[str, object]], bool]) -> float:
        """Seconds from the end of a change to when it was told."""
        change()
        ended = time.time()
        return datetime.fromisoformat(str(self.next(fits)["time"])).timestamp() - ended


def test_changes_by_others_are_told_without_being_asked_for(run: Callable[..., str], lab: Lab) -> None:
    watch = Watch(lab, "watch show ports where bridge vs1")
    try:
        # On a busy machine its host may answer after the first sight, and so it counts as new.
        watch.next(lambda told: told["change"] in ("is", "new") and told["name"] == "far")
        added = partial(on, lab, "kvm2", "ovs-vsctl", "--no-wait", "add-port", "vs1", "late", "tag=7")
        assert watch.delay_of(added, lambda t: (t["change"], t["name"]) == ("new", "late")) < SOON
        tagged = partial(on, lab, "kvm2", "ovs-vsctl", "--no-wait", "set", "port", "late", "tag=8")
        assert watch.delay_of(tagged, lambda t: t["change"] == "changed" and t["name"] == "late") < SOON
        removed = partial(on, lab, "kvm2", "ovs-vsctl", "--no-wait", "del-port", "late")
        assert watch.delay_of(removed, lambda t: (t["change"], t["name"]) == ("gone", "late")) < SOON
    finally:
        watch.process.send_signal(signal.SIGINT)
    assert watch.process.wait(10) == 0
    watch = Watch(lab, "watch show vms columns name, state")
    try:
        watch.next(lambda told: told["change"] in ("is", "new"))
        held = partial(on, lab, "kvm1", "virsh", "suspend", "web1")
        assert watch.delay_of(held, lambda t: t["after"] == {"name": "web1", "state": "paused"}) < SOON
    finally:
        watch.process.send_signal(signal.SIGINT)
    assert watch.process.wait(10) == 0
