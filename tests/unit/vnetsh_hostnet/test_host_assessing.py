"""What is in the way of a host's own addresses and services, and what they cost."""

from __future__ import annotations

import pytest

from vnetsh.model import Facts, Fleet, LinkFacts, Resource
from vnetsh.model.change import Change, Impact
from vnetsh.testing.fleet import HOST, add, change, fleet_of, remove
from vnetsh_hostnet.backend import HostBackend
from vnetsh_hostnet.observing import HostFacts

BACKEND = HostBackend()
WELL = HostFacts(programs=("dnsmasq", "nft"), forward="0")


def ours(kind: str, name: str, **attributes: object) -> Resource:
    return Resource(kind, name, HOST, attributes, backend="host", marked=True)  # type: ignore[arg-type]


ADDRESS = ours("address", "lan0", bridge="lan0", addresses=("192.168.1.1/24",))
DHCP = ours("dhcp", "lan0", bridge="lan0", range=("192.168.1.10-192.168.1.99",), lease=3_600_000)
NAT = ours("nat", "lan0", bridge="lan0", networks=("192.168.1.0/24",))
ROUTE = ours("route", "10.9.0.0/16", via="192.168.1.2", dev="lan0", address="lan0")


def fleet(facts: HostFacts = WELL, *there: Resource, **more: Facts) -> Fleet:
    links = LinkFacts(addresses={"lan0": ["192.168.1.1/24"]})
    others = {(HOST, name): told for name, told in more.items()}
    return fleet_of(*(there or (ADDRESS,)), facts={(HOST, "host"): facts, (HOST, "linux"): links, **others})


@pytest.mark.parametrize(
    ("made", "facts", "code", "help"),
    [
        (add(NAT.with_attributes(out="eth9")), WELL, "E519", "or leave `out` out"),
        (add(DHCP), HostFacts(programs=("nft",)), "E518", "`apt-get install dnsmasq-base` on kvm1"),
        (add(NAT), HostFacts(programs=("dnsmasq",)), "E518", "`apt-get install nftables` on kvm1"),
        (add(DHCP), HostFacts(programs=("dnsmasq",), serving=("lan0",)), "E517", "ss -lunp"),
        (add(ROUTE), HostFacts(others_routes=(("10.9.0.0/16", "10.0.0.1", "eth0"),)), "E516", "by hand"),
        (add(ROUTE), HostFacts(come_by=("10.9.3.4", "10.0.0.1")), "E516", "console"),
        (remove(ADDRESS), HostFacts(come_by=("192.168.1.9", "192.168.1.1")), "E519", "console"),
        (
            remove(ADDRESS),
            HostFacts(others_routes=(("10.8.0.0/16", "192.168.1.7", "lan0"),)),
            "E519",
            "`ip route delete 10.8.0.0/16 via 192.168.1.7`",
        ),
    ],
)
def test_what_is_in_the_way(made: Change, facts: HostFacts, code: str, help: str) -> None:
    problem = BACKEND.assess(made, fleet(facts)).problem
    assert problem
    assert problem.code == code
    assert help in problem.help


def test_libvirts_networks_are_left_to_it() -> None:
    owner = Facts(reserved={"lan0": "libvirt's network `default`"})
    problem = BACKEND.assess(add(ADDRESS), fleet(libvirt=owner)).problem
    assert problem
    assert problem.code == "E514"
    assert not BACKEND.assess(remove(ADDRESS), fleet(libvirt=owner)).problem


def test_what_it_costs() -> None:
    assert BACKEND.assess(add(NAT), fleet()).how == "the host forwards packets from now on"
    dropping = HostFacts(programs=("nft",), forward="1", dropping=("ip filter",))
    assert "table ip filter drops" in BACKEND.assess(add(NAT), fleet(dropping)).how
    assert BACKEND.assess(add(DHCP), fleet()).impact is Impact.NONE
    everywhere = HostFacts(programs=("dnsmasq",), serving=("*",))
    assert "all of its devices" in BACKEND.assess(add(DHCP), fleet(everywhere)).how
    assert BACKEND.assess(remove(NAT), fleet()).impact is Impact.BRIEF
    masquerading = HostFacts(masquerading=("ip docker",))
    assert "goes on forwarding" in BACKEND.assess(remove(NAT), fleet(masquerading, ADDRESS, NAT)).how


@pytest.mark.parametrize("needing", [DHCP, NAT, ROUTE])
def test_addresses_that_something_needs_stay(needing: Resource) -> None:
    before = fleet(WELL, ADDRESS, needing)
    for going in (remove(ADDRESS), change(ADDRESS, addresses=("192.168.2.1/24",))):
        problem = BACKEND.foresee(going, before.after([going])).problem
        assert problem
        assert problem.code == "E519"
        assert BACKEND.foresee(going, before.after([going, remove(needing)])).problem is None
    wider = change(ADDRESS, addresses=("192.168.1.1/24", "192.168.2.1/24"))
    assert BACKEND.foresee(wider, before.after([wider])).problem is None
