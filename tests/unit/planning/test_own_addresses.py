"""A plan never takes from a host the addresses that it has, nor the way to the one by which it is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from vnetsh.model import Change, Fleet, Host, LinkFacts, Resource
from vnetsh.planning.fleet_checks import (
    hosts_keep_their_addresses,
    hosts_stay_on_the_network,
    tunnels_end_at_their_hosts,
)
from vnetsh.planning.loops import closing
from vnetsh.planning.losses import with_losses
from vnetsh.testing.fleet import add, bridge, change, port, remove, tunnel

OWN = "192.0.2.1/24"
LAN = bridge("lan", by="ovs", uplink="eth0")
MGMT = port("mgmt", "lan", by="ovs", type="internal")
FAKE = bridge("fake", by="ovs", parent="lan", vlan=7)
ETH1 = port("eth1", "lan", by="ovs", type="system")


def fleet(addresses: Mapping[str, Sequence[str]], *resources: Resource, moves: bool = True) -> Fleet:
    facts = {("kvm1", "ovs"): LinkFacts(addresses=addresses, moves_addresses=moves)}
    return Fleet({"kvm1": Host("kvm1", "192.0.2.1")}, {r.key: r for r in resources}, facts)


def codes(before: Fleet, *changes: Change) -> list[str]:
    after = before.after(changes)
    checks = (hosts_keep_their_addresses, hosts_stay_on_the_network)
    return [problem.code for check in checks for problem in check(changes, before, after)]


@pytest.mark.parametrize(
    ("addresses", "moves", "changes", "found"),
    [
        ({"mgmt": [OWN]}, True, [remove(MGMT)], ["E223"]),
        ({"mgmt": ["198.51.100.1/24"]}, True, [remove(MGMT)], ["E223"]),
        ({}, True, [remove(MGMT)], []),
        ({"fake": [OWN]}, True, [remove(FAKE)], ["E223"]),
        ({"lan": [OWN]}, True, [remove(LAN)], []),  # it moves to eth0
        ({"lan": [OWN]}, False, [remove(LAN)], ["E223"]),
        ({"lan": [OWN]}, True, [change(LAN, uplink=None)], []),
        ({"lan": [OWN]}, False, [change(LAN, uplink=None)], []),  # eth1 is left
        ({"lan": [OWN]}, False, [change(LAN, uplink=None), remove(ETH1)], ["E224"]),
        ({"mgmt": [OWN]}, True, [change(LAN, uplink=None), remove(ETH1)], ["E224"]),
        ({"fake": [OWN]}, True, [change(LAN, uplink=None), remove(ETH1)], ["E224"]),
        ({"mgmt": [OWN]}, True, [change(LAN, uplink="eth2")], []),
        ({"mgmt": ["198.51.100.1/24"]}, True, [change(LAN, uplink=None), remove(ETH1)], []),
        ({"mgmt": [OWN]}, True, [change(MGMT, vlan=5)], ["E224"]),
        ({"mgmt": ["198.51.100.1/24"]}, True, [change(MGMT, vlan=5)], []),
        ({"eth0": [OWN]}, True, [change(LAN, uplink=None)], []),
        ({"eth3": [OWN]}, True, [change(LAN, uplink=None), remove(ETH1), remove(MGMT)], []),
    ],
)
def test_what_takes_a_hosts_own_addresses_is_refused(
    addresses: Mapping[str, Sequence[str]], moves: bool, changes: Sequence[Change], found: list[str]
) -> None:
    assert codes(fleet(addresses, LAN, MGMT, FAKE, ETH1, moves=moves), *changes) == found


def test_a_host_is_one_of_those_who_talk() -> None:
    before = fleet({"mgmt": ["198.51.100.1/24"]}, LAN, MGMT)
    [[changed]] = with_losses([[change(MGMT, vlan=5)]], before, before.after([change(MGMT, vlan=5)]))
    assert changed.how.endswith("cuts kvm1 at 198.51.100.1 off from what is behind eth0 of kvm1")
    assert changed.hits == ("kvm1 at 198.51.100.1",)


def test_a_tunnel_does_not_end_at_another_host() -> None:
    end = tunnel("t", "b", "192.0.2.2", "kvm1")
    for owner, found in {"kvm1": ["E225"], "kvm2": [], "kvm3": ["E225"]}.items():
        facts = {(owner, "ovs"): LinkFacts(addresses={"eth0": ["192.0.2.2/24"]})}
        hosts = {name: Host(name, f"192.0.2.{name[-1]}") for name in ("kvm1", "kvm2", "kvm3")}
        changes = [add(end)]
        before = Fleet(hosts, {}, facts)
        problems = list(tunnels_end_at_their_hosts(changes, before, before.after(changes)))
        assert [problem.code for problem in problems] == found


def test_a_port_that_becomes_the_uplink_is_no_loop() -> None:
    before = fleet({}, bridge("lan", by="ovs"), ETH1)
    changes = [change(bridge("lan", by="ovs"), uplink="eth1")]
    assert list(closing(changes, before, before.after(changes))) == []


def test_an_uplink_takes_the_addresses_along() -> None:
    before = fleet({"eth0": [OWN], "lan": ["198.51.100.1/24"]}, bridge("lan", by="ovs"))
    there = before.after([change(bridge("lan", by="ovs"), uplink="eth0")])
    assert there.addresses("kvm1") == {"lan": ["198.51.100.1/24", OWN]}


def test_a_bridge_whose_address_goes_is_still_there() -> None:
    given = replace(LAN, kind="address", attributes={"bridge": "lan", "addresses": ("10.5.0.1/24",)})
    before = fleet({"lan": [OWN, "10.5.0.1/24"]}, LAN, MGMT, ETH1, given)
    assert before.after([remove(given)]).addresses("kvm1") == {"lan": [OWN]}
    assert codes(before, remove(given)) == []
    assert "lan" not in before.after([remove(given), remove(LAN)]).addresses("kvm1")
