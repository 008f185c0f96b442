"""The uplink by which vnetsh itself comes: moved, confirmed, and taken back whatever is cut off or killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from cases import few
from uplink_hosts import (
    CONTROLLER,
    FOLDER,
    HOST,
    MTU,
    NIC,
    SCRIPT,
    SETTINGS,
    SSHD_PID,
    Management,
    management,
)
from waiting import eventually

from vnetsh_lab import Lab, running
from vnetsh_ovs.uplink.guard_script import launching

pytestmark = pytest.mark.lab

TIMER = 3
BACK = f"bridge vmgmt on {HOST} uplink none"
LAUNCH, CONFIRM = "sh -s", f"{FOLDER}/confirm"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        yield lab


@pytest.fixture
def host(lab: Lab) -> Iterator[Management]:
    with management(lab) as managed:
        yield managed


def comes_back(host: Management, before: object, seconds: float) -> bool:
    """Whether the host is as it was within a time; whoever looks too late sees nothing of the time between."""
    return eventually(lambda: host.state() == before, seconds)


def gives_up(host: Management, before: object) -> None:
    """See that an armed host goes back by itself, not at once, and within its timer and 2 s."""
    assert host.armed()
    began = time.monotonic()
    assert host.state() != before
    assert eventually(lambda: host.file("outcome") == "reverted", TIMER + 2)
    assert time.monotonic() - began <= TIMER + 2
    assert comes_back(host, before, 2)  # the kernel's own: an IPv6 link-local address
    assert eventually(host.reachable)


def test_the_addresses_move_with_the_uplink_and_back(host: Management) -> None:
    before = host.state()
    addresses = host.addresses(NIC)
    mac = host.on("cat", f"/sys/class/net/{NIC}/address")
    planned = host.run(SCRIPT)
    assert planned.returncode == 0, planned.stderr
    assert "192.168.50.1/24" in planned.stdout
    assert "does not survive a reboot" in planned.stdout
    assert host.addresses(NIC) == []
    kept = [a.replace('"dynamic": true, ', "").replace(NIC, "vmgmt") for a in addresses]
    assert host.addresses("vmgmt") == kept
    assert host.on("cat", "/sys/class/net/vmgmt/address") == mac
    assert (
        host.on("cat", "/sys/class/net/vmgmt/mtu")
        == host.on("cat", f"/sys/class/net/{NIC}/mtu")
        == MTU + "\n"
    )
    there = host.state()
    for kind in ("routes-4", "routes-6", "rules-4", "rules-6"):
        moved = [line.replace(NIC, "vmgmt") for line in before[kind] if "fe80" not in line]
        assert sorted(line for line in there[kind] if "fe80" not in line) == sorted(moved), kind
    assert "vnetsh-armed" not in host.on("ovs-vsctl", "get", "Open_vSwitch", ".", "external_ids")
    assert "no changes" in host.run(SCRIPT).stdout
    assert host.datagrams(3) == 3

    done = host.run(f"{BACK}; delete bridge vmgmt on {HOST}")
    assert done.returncode == 0, done.stderr
    unleased = str(before).replace('\\"dynamic\\": true, ', "").replace('"dynamic": true, ', "")
    assert eventually(lambda: str(host.state()) == unleased, 3)


def test_a_bridge_that_goes_gives_them_back(host: Management) -> None:
    addresses = [a.replace('"dynamic": true, ', "") for a in host.addresses(NIC)]
    settings = host.state()["settings"]
    assert host.run(SCRIPT).returncode == 0
    done = host.run(f"delete bridge vmgmt on {HOST}")
    assert done.returncode == 0, done.stderr
    assert host.addresses(NIC) == addresses
    assert host.state()["settings"] == settings
    assert eventually(host.reachable)


def test_what_the_bridge_had_of_its_own_stays(host: Management) -> None:
    host.on(
        "ovs-vsctl", "--timeout=5", "add-br", "vmgmt", "--", "set", "bridge", "vmgmt", "datapath_type=netdev"
    )
    host.on("ip", "addr", "add", "10.20.0.1/24", "dev", "vmgmt")
    host.on("ip", "link", "set", "vmgmt", "up")
    host.on("ip", "route", "add", "10.21.0.0/16", "via", "10.20.0.9", "dev", "vmgmt")
    own, nic = host.addresses("vmgmt"), host.addresses(NIC)
    assert host.run(SCRIPT).returncode == 0
    assert len(host.addresses("vmgmt")) == len(own) + len(nic)
    assert host.run(BACK).returncode == 0
    assert host.addresses("vmgmt") == own
    assert "10.21.0.0/16 via 10.20.0.9 dev vmgmt" in host.on("ip", "route", "show")
    assert [a for a in host.addresses(NIC) if "10.20." in a] == []
    assert len(host.addresses(NIC)) == len(nic)


def test_a_failure_elsewhere_takes_it_back_under_guard_too(host: Management) -> None:
    before = host.state()
    done = host.run(f"{SCRIPT} port nosuch0")
    assert done.returncode == 1
    assert "nosuch0" in done.stderr
    unleased = str(before).replace('\\"dynamic\\": true, ', "").replace('"dynamic": true, ', "")
    assert eventually(lambda: str(host.state()) == unleased, 3)


def test_too_much_at_once_is_refused(host: Management) -> None:
    """What the host's own ovsdb-client cannot be told in one argument."""
    before = host.state()
    ports = " ".join(f"port p{number} type internal" for number in range(500))
    done = host.run(f"{SCRIPT} {ports}")
    assert done.returncode == 1
    assert "a script of their own" in done.stderr
    assert host.state() == before


# Killed: the controller


@pytest.mark.parametrize(("at", "when"), [(LAUNCH, "before"), (LAUNCH, "half")])
def test_killed_before_the_guard_is_armed_nothing_happens(host: Management, at: str, when: str) -> None:
    before = host.state()
    assert host.run(SCRIPT, AT=at, WHEN=when).returncode == -signal.SIGKILL
    time.sleep(1)
    assert not host.armed()
    assert host.state() == before


@pytest.mark.parametrize(
    ("script", "at", "when"),
    few(
        [(script, *at) for script in (SCRIPT, BACK) for at in ((LAUNCH, "after"), (CONFIRM, "before"))], 0, 3
    ),
    ids=str,
)
def test_killed_before_it_confirms_the_host_goes_back(
    host: Management, script: str, at: str, when: str
) -> None:
    if script == BACK:
        assert host.run(SCRIPT).returncode == 0
    before = host.state()
    assert host.run(script, AT=at, WHEN=when).returncode == -signal.SIGKILL
    assert eventually(lambda: host.file("state") == "done", 2)
    gives_up(host, before)
    again = host.run(script)
    assert again.returncode == 0, again.stderr


def test_killed_after_it_confirmed_the_change_stands(host: Management) -> None:
    assert host.run(SCRIPT, AT=CONFIRM, WHEN="after").returncode == -signal.SIGKILL
    time.sleep(TIMER + 1)
    assert host.file("outcome") == "confirmed"
    assert host.addresses(NIC) == []
    elsewhere = str(host.folder / "another")  # whose runs know nothing of the one that was killed
    assert "no changes" in host.run(SCRIPT, XDG_STATE_HOME=elsewhere).stdout
    again = host.run(SCRIPT)  # which takes the half-made one back first
    assert again.returncode == 0, again.stderr
    assert host.addresses(NIC) == []


# Cut: the way to the host


def cut_and_mend(host: Management, at: str) -> tuple[int, str]:
    """Cut the wire before a call of ssh; exit code and words of vnetsh. Then mend it."""
    done = host.run(SCRIPT, AT=at, WHEN="hook", HOOK=f"ip link set {NIC} down")
    host.on("ip", "link", "set", NIC, "up", host=CONTROLLER)
    host.on("ip", "addr", "replace", "2001:db8:50::2/64", "dev", NIC, "nodad", host=CONTROLLER)
    return done.returncode, done.stderr


def test_cut_after_the_step_the_host_goes_back(host: Management) -> None:
    before = host.state()
    code, words = cut_and_mend(host, CONFIRM)
    assert code == 1
    assert "goes back by itself" in words
    assert "Traceback" not in words
    assert host.file("outcome") == "reverted"
    assert comes_back(host, before, 3)
    assert eventually(host.reachable)


def test_cut_for_a_moment_it_is_confirmed_afterwards(host: Management) -> None:
    mend = f"(sleep 1; ip link set {NIC} up) &"
    done = host.run(SCRIPT, confirm=10, AT=CONFIRM, WHEN="hook", HOOK=f"ip link set {NIC} down; {mend}")
    assert done.returncode == 0, done.stderr
    assert host.file("outcome") == "confirmed"


def test_an_open_connection_does_not_confirm(host: Management) -> None:
    """The master lives on, but nobody new can come in."""
    before = host.state()
    listener = host.on("cat", SSHD_PID).strip()
    enter = f"nsenter --target {host.lab.pid(HOST)} --mount --pid --"
    done = host.run(SCRIPT, AT=CONFIRM, WHEN="hook", HOOK=f"{enter} kill -STOP {listener}")
    host.on("kill", "-CONT", listener)
    assert done.returncode == 1
    assert host.file("outcome") == "reverted"
    assert comes_back(host, before, 3)


# Killed or hung: what works on the host


def test_a_step_that_cannot_be_made_is_taken_back_at_once(host: Management) -> None:
    before = host.state()
    switch = "/proc/sys/net/ipv6/conf/default/disable_ipv6"  # then the bridge can have no IPv6 address
    hook = f"nsenter --target {host.lab.pid(HOST)} --net sh -c 'echo 1 >{switch}'"
    began = time.monotonic()
    done = host.run(SCRIPT, confirm=30, AT=LAUNCH, WHEN="hook", HOOK=hook)
    host.on("sh", "-c", f"echo 0 >{switch}")
    assert time.monotonic() - began < 15
    assert done.returncode == 1
    assert "ip: " in done.stderr
    assert host.file("outcome") == "reverted"
    assert comes_back(host, before, 3)


@pytest.mark.parametrize("daemon", ["ovs-vswitchd unix", "ovsdb-server /etc"])
def test_a_daemon_that_hangs_in_the_middle(host: Management, daemon: str) -> None:
    before = host.state()
    stopped = host.pid(daemon)
    process = host.start(SCRIPT, AT=LAUNCH, WHEN="hook", HOOK=f"kill -STOP {stopped}")
    try:
        assert eventually(lambda: host.file("state") == "database")
        assert eventually(lambda: not host.armed(), TIMER + 2)
        assert host.addresses(NIC) == _addresses_of(before)
    finally:
        os.kill(stopped, signal.SIGCONT)
    process.communicate(timeout=60)
    assert process.returncode == 1
    assert eventually(lambda: host.file("outcome") == "reverted")
    time.sleep(1)  # what was sent to a hung server and given up must not be done now
    assert comes_back(host, before, 3)


def _addresses_of(state: object) -> object:
    assert isinstance(state, dict)
    return state["addresses"][NIC]


@pytest.mark.parametrize("at", few(["database", "links", "done"], 0, 1))
def test_the_step_is_killed(host: Management, at: str) -> None:
    """By the host's own hand, wherever it is (`at` is where it is at the earliest)."""
    before = host.state()
    process = host.start(SCRIPT, AT=CONFIRM, WHEN="before")
    order = ["database", "links", "done"]
    while host.file("state") not in order[order.index(at) :]:
        pass
    host.lab.exec(HOST, ["kill", "-9", host.file("worker")])
    process.communicate(timeout=30)
    assert eventually(lambda: host.file("outcome") == "reverted", TIMER + 2)
    assert comes_back(host, before, 3)


def test_the_guard_is_told_to_end(host: Management) -> None:
    """As when the host shuts down: back first, for the database would outlive the reboot."""
    before = host.state()
    assert host.run(SCRIPT, confirm=60, AT=CONFIRM, WHEN="before").returncode == -signal.SIGKILL
    os.kill(host.pid("sh ./guard"), signal.SIGTERM)
    assert eventually(lambda: host.file("outcome") == "reverted", 3)
    assert comes_back(host, before, 3)


def test_a_killed_guard_is_made_up_for(host: Management) -> None:
    before = host.state()
    assert host.run(SCRIPT, confirm=60, AT=CONFIRM, WHEN="before").returncode == -signal.SIGKILL
    os.kill(host.pid("sh ./guard"), signal.SIGKILL)
    assert eventually(lambda: host.run(BACK).returncode == 1, 3)
    assert "plan again" in host.file("outcome") or host.file("outcome") == "reverted"
    assert comes_back(host, before, 3)
    assert host.run(SCRIPT).returncode == 0


# Two at once


def test_while_one_waits_nobody_else_begins(host: Management) -> None:
    before = host.state()
    began = time.monotonic()
    assert host.run("show bridges").returncode == 0
    timer = TIMER + round(3 * (time.monotonic() - began))  # the second one comes to it before that is over
    done = host.run(SCRIPT, confirm=timer, AT=CONFIRM, WHEN="before")
    assert done.returncode == -signal.SIGKILL
    assert host.lab.exec(HOST, ["sh", "-s"], input=launching({}, {})).stdout == "armed\n"
    second = host.run(BACK)
    assert second.returncode == 1
    assert "not confirmed yet" in second.stderr
    assert "plan again" in second.stderr
    assert eventually(lambda: host.file("outcome") == "reverted", timer + 2)
    assert comes_back(host, before, 3)


def test_a_script_cut_off_on_its_way_is_no_script() -> None:
    whole = launching({"there.db": "[]\n", "arrive.4": "addr add 192.0.2.1/24 dev x\n"}, {"token": "t"})

    def check(text: str) -> int:
        return subprocess.run(
            ["sh", "-n"], input=text, text=True, capture_output=True, check=False
        ).returncode

    assert check(whole) == 0
    for length in range(2, len(whole.rstrip()), 53):
        assert check(whole[:length]) != 0, whole[:length][-80:]


def test_nothing_of_the_settings_is_left_out() -> None:
    from vnetsh_ovs.uplink.steps import quieting

    assert tuple(quieting(NIC)) == SETTINGS
