"""A bond by which vnetsh itself comes: one NIC has the host's addresses, another one joins it; under guard."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from uplink_hosts import FOLDER, HOST, NIC, Management, management
from waiting import eventually

from vnetsh_lab import running

pytestmark = pytest.mark.lab

BOND = f"bridge vmgmt on {HOST} port bond0 type bond nics {NIC}, eth2"
CONFIRM = f"{FOLDER}/confirm"
TIMER = 3


@pytest.fixture(scope="module")
def host() -> Iterator[Management]:
    """The host, with two more NICs, of which nobody has the other end's link up."""
    with running(hosts=2) as lab, management(lab) as managed:
        for nic in ("eth2", "eth3"):
            managed.on("ip", "link", "add", nic, "type", "veth", "peer", "name", f"{nic}-end")
        yield managed


def good(host: Management, script: str) -> str:
    done = host.run(script)
    assert done.returncode == 0, done.stderr
    return done.stdout


def without_uuids(host: Management) -> dict[str, object]:
    """What is there, but the names of rows: one that comes back by an undo has another one."""
    return {
        name: found for name, found in host.state().items() if name not in ("bridge", "port", "interface")
    }


def taken_back(host: Management, script: str) -> None:
    """See that the host takes a change back by itself when nobody confirms it."""
    before = host.state()
    assert host.run(script, AT=CONFIRM, WHEN="before").returncode == -signal.SIGKILL
    assert eventually(lambda: host.file("state") == "done", 2)
    assert host.state() != before
    assert eventually(lambda: host.file("outcome") == "reverted", TIMER + 2)
    assert eventually(lambda: host.state() == before, 3)
    assert eventually(host.reachable)


def test_a_bond_brings_the_addresses_along_and_becomes_other_nics(host: Management) -> None:
    addresses = host.addresses(NIC)
    taken_back(host, BOND)
    assert "192.168.50.1/24" in good(host, BOND)
    kept = [one.replace('"dynamic": true, ', "").replace(NIC, "vmgmt") for one in addresses]
    assert host.addresses("vmgmt") == kept
    assert host.addresses(NIC) == []
    assert host.datagrams(3) == 3
    there = without_uuids(host)
    good(host, f"{BOND}, eth3 mode balance-slb")
    assert host.datagrams(3) == 3
    good(host, "undo")
    assert without_uuids(host) == there
    refused = host.run(f"bridge vmgmt on {HOST} uplink {NIC}")
    assert "E402" in refused.stderr
    assert "no changes" in good(host, BOND)


def test_lacp_with_a_switch_that_does_none_is_taken_back(host: Management) -> None:
    before = host.state()
    done = host.run(f"{BOND.replace('eth2', 'eth3')} mode balance-tcp lacp active", confirm=TIMER)
    assert done.returncode == 1
    assert host.file("outcome") == "reverted"
    assert eventually(lambda: host.state() == before, 3)
    assert eventually(host.reachable)


def test_it_goes_and_the_addresses_go_back(host: Management) -> None:
    addresses = host.addresses("vmgmt")
    gone = f"delete bridge vmgmt on {HOST}"
    taken_back(host, gone)
    good(host, gone)
    assert host.addresses(NIC) == [one.replace("vmgmt", NIC) for one in addresses]
    assert "DOWN" in host.on("ip", "-brief", "link", "show", "eth2")
