"""How large packets may be: the arithmetic of tunnels, and what is seen on a fleet."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from vnetsh.model import Facts, Fleet, Host, LinkFacts, Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.nouns.mtu import End, foresee, misfit, overhead, path_of

HOSTS = {name: Host(name, f"192.0.2.{name[-1]}") for name in ("kvm1", "kvm2")}


@pytest.mark.parametrize(
    ("kind", "keyed", "ipv6", "bytes"),
    [
        ("gre", False, False, 38),
        ("gre", True, False, 42),
        ("vxlan", False, False, 50),
        ("vxlan", True, False, 50),
        ("geneve", True, False, 58),
        ("gre", False, True, 58),
        ("gre", True, True, 62),
        ("vxlan", True, True, 70),
        ("geneve", True, True, 78),
    ],
)
def test_what_a_tunnel_takes(kind: str, keyed: bool, ipv6: bool, bytes: int) -> None:
    assert overhead(kind, keyed=keyed, ipv6=ipv6) == bytes
    assert overhead(kind, keyed=keyed, ipv6=ipv6, encrypted=True) == bytes + 37


def tunnel(host: str, there: str, **attributes: str | int) -> Resource:
    values = {"bridge": "br0", "type": "gre", "remote": HOSTS[there].address, **attributes}
    return Resource("tunnel", "gre12", host, values, None, "ovs")


def bridge(host: str, name: str = "br0", **attributes: str | int | None) -> Resource:
    return Resource("bridge", name, host, attributes, None, "ovs")


@pytest.mark.parametrize(
    ("mtus", "underlays", "fits"),
    [
        ((None, None), (1500, 1500), True),
        ((1500, 1500), (None, None), True),
        ((1462, 1462), (1500, 1500), True),
        ((1463, 1463), (1500, 1500), False),
        ((1463, None), (1500, None), False),
        ((None, 1463), (1500, None), False),
        ((8962, 8962), (9000, 9000), True),
        ((8962, 8962), (9000, 1500), False),
        ((1400, 1401), (None, None), False),
        ((1400, None), (None, None), True),
    ],
)
def test_a_path(mtus: tuple[int | None, ...], underlays: tuple[int | None, ...], fits: bool) -> None:
    ends = [
        End(f"kvm{n}", "br0", mtu, below) for n, (mtu, below) in enumerate(zip(mtus, underlays, strict=True))
    ]
    there, back = (misfit(path_of(tunnel("kvm1", "kvm2"), way), None) for way in (ends, ends[::-1]))
    assert (there is None) == fits
    assert there == back, "told alike from both ends"


def test_where_nothing_is_left_another_type_is_the_remedy() -> None:
    found = misfit(path_of(tunnel("kvm1", "kvm2"), [End("kvm1", "br0", 600, 600)]), None)
    assert found
    assert "take another tunnel type" in found.help
    assert "638" in found.help


FactsByPlace = Mapping[tuple[str, str], Facts]


def fleet(
    *resources: Resource, facts: FactsByPlace | None = None, hosts: Mapping[str, Host] = HOSTS
) -> Fleet:
    return Fleet(hosts, {r.key: r for r in resources}, facts or {})


def seen(**mtus: int) -> FactsByPlace:
    return {(host, "ovs"): LinkFacts(underlay_link="eth0", mtus={"eth0": mtu}) for host, mtu in mtus.items()}


def made(resource: Resource) -> Change:
    return Change(ActionKind.ADD, None, resource)


BOTH = (tunnel("kvm1", "kvm2"), tunnel("kvm2", "kvm1"))


def test_a_new_tunnel_says_its_room() -> None:
    on = (*BOTH, bridge("kvm1"), bridge("kvm2"))
    change = made(BOTH[0])
    assert (
        foresee(change, fleet(*on, facts=seen(kvm1=1500, kvm2=1480))).how == "room for packets of 1442 bytes"
    )
    for nothing in (seen(kvm1=1500), seen(kvm1=9000, kvm2=9000), {}):
        assert foresee(change, fleet(*on, facts=nothing)).how == ""
    told = (*BOTH, bridge("kvm1", mtu=1400), bridge("kvm2"))
    assert foresee(change, fleet(*told, facts=seen(kvm1=1500, kvm2=1500))).how == ""
    assert foresee(Change(ActionKind.REMOVE, BOTH[0], None), fleet(*on)) == foresee(
        made(bridge("kvm1")), fleet()
    )


def test_what_was_not_seen_counts_as_usual_and_a_host_not_looked_at_as_nothing() -> None:
    on = (*BOTH, bridge("kvm1", mtu=8000), bridge("kvm2", mtu=8000))
    asked = {("kvm2", "ovs"): Facts()}
    assert foresee(made(BOTH[0]), fleet(*on, facts=seen(kvm1=9000))).problem is None
    assert foresee(made(BOTH[0]), fleet(*on, facts={**seen(kvm1=9000), **asked})).problem
    hosts = {**HOSTS, "kvm2": Host("kvm2", "192.0.2.2", attributes={"mtu": 9000})}
    assert foresee(made(BOTH[0]), fleet(*on, facts={**seen(kvm1=9000), **asked}, hosts=hosts)).problem is None


def test_only_what_a_change_alters_is_looked_at() -> None:
    """What does not fit already is no reason to refuse something else."""
    on = (*BOTH, bridge("kvm1", mtu=1500), bridge("kvm2", mtu=1500))
    facts = seen(kvm1=1500, kvm2=1500)

    def problem(before: Resource | None, after: Resource) -> bool:
        action = ActionKind.CHANGE if before else ActionKind.ADD
        return foresee(Change(action, before, after), fleet(*on, after, facts=facts)).problem is not None

    br0 = bridge("kvm1", mtu=1500)
    assert not problem(br0, br0.with_attributes(uplink="eth1"))
    assert not problem(None, bridge("kvm1", "br1", mtu=9000))
    assert problem(br0, br0.with_attributes(mtu=1501))
    assert problem(bridge("kvm1"), br0)
    assert problem(BOTH[0], BOTH[0].with_attributes(key=1))
    assert not problem(BOTH[0], BOTH[0])


def test_a_bridge_that_has_the_underlay_address_is_the_underlay() -> None:
    below = bridge("kvm1", "br-up", mtu=1400)
    facts = {("kvm1", "ovs"): LinkFacts(underlay_link="br-up", mtus={"br-up": 1500})}
    on = fleet(*BOTH, bridge("kvm1", mtu=1462), below, facts=facts)
    found = foresee(Change(ActionKind.CHANGE, bridge("kvm1", "br-up"), below), on).problem
    assert found
    assert "room for 1362" in found.message


def test_an_end_without_the_other_is_a_path_of_its_own() -> None:
    far = tunnel("kvm1", "kvm2", remote="198.51.100.9")
    facts = seen(kvm1=1500)
    assert foresee(made(far), fleet(far, bridge("kvm1"), facts=facts)).how == ""
    assert foresee(made(far), fleet(far, bridge("kvm1", mtu=1500), facts=facts)).problem


@pytest.mark.parametrize(
    ("before", "after", "addresses", "lost"),
    [
        ({}, {"mtu": 1279}, ["192.0.2.1/24", "2001:db8::1/64"], True),
        ({}, {"mtu": 1280}, ["2001:db8::1/64"], False),
        ({}, {"mtu": 1000}, ["192.0.2.1/24"], False),
        ({"mtu": 1000}, {"mtu": None}, ["2001:db8::1/64"], False),
        ({"mtu": 1000}, {"mtu": 1000, "uplink": "eth0"}, ["2001:db8::1/64"], False),
    ],
)
def test_ipv6_needs_1280(
    before: dict[str, int], after: dict[str, int], addresses: list[str], lost: bool
) -> None:
    change = Change(ActionKind.CHANGE, bridge("kvm1", **before), bridge("kvm1", **after))
    facts = {("kvm1", "ovs"): LinkFacts(addresses={"br0": addresses})}
    assert (foresee(change, fleet(facts=facts)).problem is not None) == lost


@pytest.mark.parametrize(("mtu", "fits"), [(1500, True), (1501, False), (None, True)])
def test_a_bridge_takes_what_its_uplink_carries(mtu: int | None, fits: bool) -> None:
    facts = {("kvm1", "ovs"): LinkFacts(mtus={"eth0": 1500})}
    change = Change(ActionKind.CHANGE, bridge("kvm1", uplink="eth0"), bridge("kvm1", uplink="eth0", mtu=mtu))
    assert (foresee(change, fleet(facts=facts)).problem is None) == fits
    there = bridge("kvm1", mtu=9000)
    other = Change(ActionKind.CHANGE, there, there.with_attributes(uplink="eth0"))
    assert foresee(other, fleet(facts=facts)).problem is None, "only a said MTU is judged"
