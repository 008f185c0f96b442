"""What a Linux bridge tells of packets that do not pass it, in a network namespace of the test's own."""

from __future__ import annotations

import os

import pytest
from own_network import ip, own_network as own_network
from waiting import eventually

from vnetsh.hosts.links import down_of, hardware_of, read_links
from vnetsh.hosts.local import LocalTransport, run_here
from vnetsh.model import Finding, Fleet, Hop, Route
from vnetsh.testing.fleet import LocalContext, local_host, no_progress
from vnetsh_linuxbridge.backend import LinuxBridgeBackend

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root")

MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02")


def bridge(*words: str) -> None:
    done = run_here(["bridge", *words], "", 5, "kvm1")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def whole() -> None:
    """A bridge `br0` with the ports nic0 and nic1, and nic2."""
    ip("link", "add", "br0", "type", "bridge")
    for name in ("nic0", "nic1", "nic2"):
        ip("link", "set", name, "master", "br0", "up")
        ip("link", "set", f"{name}-peer", "up")
    ip("link", "set", "br0", "up")


def found() -> list[Finding]:
    """What is found on the way from nic0 to nic1."""
    hops = (
        Hop("port", "nic0", "kvm1"),
        Hop("bridge", "br0", "kvm1", backend="linux", enters="nic0", leaves="nic1"),
    )
    with LocalContext(LinuxBridgeBackend()) as context:
        connection = context.connection(local_host(), "linux")
        seen = connection.observe(no_progress)
        fleet = Fleet(
            {"kvm1": local_host()}, {one.key: one for one in seen.resources}, {("kvm1", "linux"): seen.facts}
        )
        return list(connection.trace(Route(hops, MACS), fleet, no_progress))


def mended(finding: Finding) -> list[Finding]:
    """What is left when the command is done that mends it."""
    done = run_here(finding.command.split(), "", 5, "kvm1")
    assert done.returncode == 0, done.stderr
    return found()


def test_nothing_is_wrong(whole: None) -> None:
    assert found() == []


@pytest.mark.parametrize("mac", MACS)
def test_an_address_that_was_learned_elsewhere(whole: None, mac: str) -> None:
    bridge("fdb", "add", mac, "dev", "nic2", "master", "static")
    [one] = found()
    assert one.at == ("bridge", "kvm1", "br0")
    assert f"learned {mac} at nic2" in one.says
    assert mended(one) == []


def test_an_address_that_was_learned_where_it_is(whole: None) -> None:
    bridge("fdb", "add", MACS[0], "dev", "nic0", "master", "static")
    bridge("fdb", "add", MACS[1], "dev", "nic1", "master", "dynamic")
    assert found() == []


def test_a_port_that_is_disabled(whole: None) -> None:
    bridge("link", "set", "dev", "nic1", "state", "0")
    [one] = found()
    assert one.at == ("port", "kvm1", "nic1")
    assert mended(one) == []


def test_ports_that_are_isolated(whole: None) -> None:
    bridge("link", "set", "dev", "nic0", "isolated", "on")
    assert found() == []
    bridge("link", "set", "dev", "nic1", "isolated", "on")
    [one] = found()
    assert "are isolated" in one.says
    assert mended(one) == []


def test_a_port_to_which_nothing_is_flooded(whole: None) -> None:
    bridge("link", "set", "dev", "nic1", "bcast_flood", "off")
    [one] = found()
    assert one.stops
    assert mended(one) == []


def test_a_bridge_that_is_down(whole: None) -> None:
    ip("link", "set", "br0", "down")
    [one] = found()
    assert one.at == ("bridge", "kvm1", "br0")
    assert mended(one) == []


class ByCommand(LocalTransport):
    """As if it were another host: asked by commands."""

    local = False


def test_links_by_which_nothing_passes(whole: None) -> None:
    ip("link", "set", "nic1-peer", "down")
    ip("link", "set", "nic2", "down")
    for fallen in ("nic1", "nic2-peer"):  # the kernel tells of it a moment later
        assert eventually(lambda link=fallen: "NO-CARRIER" in ip("-br", "link", "show", link))
    told = [read_links("kvm1", way(local_host()), 5) for way in (LocalTransport, ByCommand)]
    by_netlink, by_command = map(down_of, told)
    assert by_netlink == by_command
    assert by_netlink["nic2"] == "is down"
    assert by_netlink["nic1"].startswith("has no carrier")
    assert "nic0" not in by_netlink
    assert hardware_of(told[0]) == hardware_of(told[1])
    assert hardware_of(told[0])["nic0"] == ip("-br", "link", "show", "nic0").split()[2]
