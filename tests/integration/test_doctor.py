"""`doctor` on real hosts: a whole lab has no finding but notes; what is planted is found, and mended as it says."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from in_lab import LabOperator, on, without_system
from waiting import eventually

from vnetsh_lab import running
from vnetsh_lab.wire import Wire

pytestmark = pytest.mark.lab

SCRIPT = """
bridge lan on kvm1, kvm2
bridge far on kvm1, kvm2
tunnel one kvm1<->kvm2 on lan key 1
tunnel two kvm1<->kvm2 on far type vxlan key 2 bfd yes
vm web1 on kvm1 memory 96M disk tiny.qcow2 port lan name web1_lan mac 52:54:00:77:00:01
vm web2 on kvm2 memory 64M port lan name web2_lan mac 52:54:00:77:00:02
vm web[1-2] autostart yes
"""

POOL = "<pool type='dir'><name>tight</name><target><path>/run/tight</path></target></pool>"
POOLED = f'mkdir /run/tight; echo "{POOL}" >/run/pool.xml; virsh pool-define /run/pool.xml'
LATE = r"""cp /bin/date /run/date
cat >/run/late <<'END'
#!/bin/sh
case $1 in +%s.%N) echo $(($(/run/date +%s) + 100)).5 ;; *) exec /run/date "$@" ;; esac
END
chmod +x /run/late; mount --bind /run/late /bin/date"""
TWIN = (
    "virsh dumpxml web2 | "
    "sed '/<metadata>/,/<.metadata>/d; /uuid/d; s/web2/web3/; s/77:00:02/77:00:01/' >/run/web3.xml; "
    "virsh define /run/web3.xml"
)

Planted = tuple[str, str, str, str]
"""How bad it is, and at which thing: its kind, name and host."""

BY_HOST: Mapping[tuple[str, str], tuple[Planted, ...]] = {
    ("kvm1", "ip link add br7 type bridge; echo brctl addbr br7 >>/etc/rc.local"): (
        ("error", "bridge", "br7", "kvm1"),
    ),
    ("kvm1", "ip tuntap add tap8 mode tap; ip link set tap8 master br7 up"): (
        ("warning", "port", "tap8", "kvm1"),
    ),
    ("kvm1", "ovs-vsctl add-port lan nodev"): (("error", "port", "nodev", "kvm1"),),
    ("kvm1", "ovs-vsctl add-port lan left -- set interface left external_ids:vm-id=1234"): (
        ("warning", "port", "left", "kvm1"),
    ),
    ("kvm1", "ip tuntap add tap7 mode tap; ip link set tap7 up; ovs-vsctl add-port lan tap7"): (
        ("warning", "port", "tap7", "kvm1"),
    ),
    (
        "kvm1",
        "ip link add p1 type veth peer name p2; ip link set p1 up; ovs-vsctl add-br out "
        "-- set bridge out datapath_type=netdev -- add-port out p1",
    ): (("error", "uplink", "p1", "kvm1"),),
    ("kvm2", "ovs-vsctl del-port one"): (("error", "tunnel", "one", "kvm2"),),
    ("kvm2", "ovs-vsctl set interface two bfd:enable=false"): (("error", "tunnel", "two", "kvm2"),),
    ("kvm1", "virsh setvcpus web1 2 --config --maximum; virsh setvcpus web1 2 --config"): (
        ("warning", "vm", "web1", "kvm1"),
    ),
    ("kvm2", TWIN): (("warning", "port", "web3_lan", "kvm2"),),
    (
        "kvm1",
        "mkdir /run/tight; mount -t tmpfs -o size=1M none /run/tight; head -c 950000 /dev/zero >/run/tight/x; "
        f"{POOLED}; virsh pool-start tight",
    ): (("warning", "pool", "tight", "kvm1"), ("warning", "pool", "tight", "kvm1")),
    ("kvm2", POOLED): (("warning", "pool", "tight", "kvm2"),),
    ("kvm2", LATE): (("warning", "host", "kvm2", "kvm2"),),
}

NARROW: tuple[Planted, ...] = (("error", "tunnel", "one", "kvm1"), ("error", "tunnel", "two", "kvm1"))
"""What a wire finds that takes no more than 1520 bytes."""

BY_HAND = {
    "chronyc makestep": "umount /bin/date",
    "is the cable in, and its other end on?": "ip link set p2 up",
    "`show disks on kvm1` lists what is in it; `delete disk …`, or move vms elsewhere": "rm /run/tight/x",
}
"""What a person does, or a service that no lab has."""

Told = Mapping[str, Any]


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=2) as lab:
        without_system(lab)
        found = LabOperator.of(lab, Path(tmp_path_factory.mktemp("doctor")))
        found.good("--yes", "-c", SCRIPT)
        yield found


def doctor(operator: LabOperator, *options: str) -> list[Told]:
    """What it finds but notes; its exit code is seen to be right."""
    done = operator(*options, "-o", "json", "-c", "doctor")
    told = json.loads(done.stdout)
    assert done.returncode == bool(told["errors"]), done.stderr
    return [one for one in told["findings"] if one["severity"] != "note"]


def planted(found: list[Told]) -> list[Planted]:
    return sorted((one["severity"], one["kind"], one["name"], one["host"]) for one in found)


def mend(operator: LabOperator, found: list[Told]) -> None:
    """Do what is said to mend it, all the sentences as one script."""
    operator.good("--yes", "recover")
    sentences = [one["mend"] for one in found if one["by"] == "sentence"]
    operator.good("--yes", "--max-impact", "destroy", "-c", "\n".join(sentences))
    for one in found:
        if one["mend"] in BY_HAND:
            operator.on(one["host"], BY_HAND[one["mend"]])
        elif one["by"] != "sentence" and one["mend"] != "vnetsh recover":
            assert one["by"] == "command", one
            on(operator.lab, one["host"], "sh", "-c", one["mend"])


def bfd(operator: LabOperator, state: str) -> None:
    """Wait until the ends of the tunnel have found one another, or lost."""
    asked = "ovs-vsctl get interface two bfd_status:state"
    eventually(lambda: operator.on("kvm1", asked) == state)


def test_a_whole_lab_has_nothing_but_notes(operator: LabOperator) -> None:
    bfd(operator, "up")
    assert doctor(operator) == []
    text = operator.good("-c", "doctor on kvm1")
    assert "note: host kvm1: a login by ssh takes" in text
    assert all(
        word in text for word in ("as root; Linux", "Python 3", "libvirt 9", "QEMU 7", "Open vSwitch 3")
    )
    assert text.splitlines()[-1] == "kvm1: no errors, no warnings"
    assert "kvm2" not in text


def test_what_is_planted_is_found_and_mended(operator: LabOperator) -> None:
    for host, command in BY_HOST:
        operator.on(host, command)
    wire = [
        "nsenter",
        "-t",
        str(Wire(operator.lab.folder).pid()),
        "-n",
        "ip",
        "link",
        "set",
        "to-kvm2",
        "mtu",
    ]
    subprocess.run([*wire, "1520"], check=True)
    killed = operator("-c", "bridge other on kvm1", VNETSH_CRASH_AT="3")
    assert killed.returncode == -signal.SIGKILL
    bfd(operator, "down")
    found = doctor(operator)
    run = next(one for one in found if one["kind"] == "run")
    assert planted(found) == sorted(
        [*(one for ones in BY_HOST.values() for one in ones), *NARROW, ("warning", "run", run["name"], "")]
    )
    says = "\n".join(one["says"] for one in found)
    assert "packets of more than 1520 bytes do not come to 10.77.0.2, where one leads: it needs 1542" in says
    assert "vcpus 1 now" in says
    assert "its clock is 99." in says or "its clock is 100." in says
    mend(operator, found)
    bfd(operator, "up")
    assert doctor(operator) == []
    subprocess.run([*wire, "1600"], check=True)


def test_a_host_that_does_not_answer_is_a_finding(operator: LabOperator) -> None:
    """A switch that hangs, a libvirt that is gone, and a host that is: each is said, and the rest is looked at."""
    vswitchd = operator.on("kvm1", "cat /run/openvswitch/ovs-vswitchd.pid")
    operator.on("kvm1", f"kill -STOP {vswitchd}")
    libvirtd = operator.on("kvm2", "kill $(cat /run/libvirtd.pid); echo gone")
    assert libvirtd == "gone"
    try:
        began = time.monotonic()
        found = doctor(operator, "--timeout", "3")
        assert time.monotonic() - began < 12
    finally:
        operator.on("kvm1", f"kill -CONT {vswitchd}")
    says = [one["says"].partition(":")[0] for one in found if one["severity"] == "error"]
    # After three seconds of silence the other host's tunnels are not heard either.
    assert [one for one in says if "(BFD)" not in one] == [
        "its ovs-vswitchd does not answer",
        "libvirtd is installed there, and does not run",
    ]
    operator.lab.kill("kvm2")
    [gone] = [one for one in doctor(operator) if one["severity"] == "error"]
    assert (gone["name"], gone["by"]) == ("kvm2", "advice")
