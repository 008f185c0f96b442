"""The packets that are traced through a bridge."""

from __future__ import annotations

from vnetsh.model import Hop, Route
from vnetsh_ovs.tracing import _packets

MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02")
HOP = Hop("bridge", "lan", "kvm1", vlan=10, enters="p1", leaves="t", remote="192.0.2.2")


def traced(route: Route) -> list[tuple[str, str, str, str]]:
    return [(one.enters, one.remote, one.macs[1], one.fields) for one in _packets(HOP, route)]


def test_there_and_back_to_one_and_to_all() -> None:
    everyone = "ff:ff:ff:ff:ff:ff"
    assert traced(Route((HOP,), MACS, ("10.0.0.1", "10.0.0.2"))) == [
        ("p1", "192.0.2.2", MACS[1], "icmp,nw_src=10.0.0.1,nw_dst=10.0.0.2"),
        ("p1", "192.0.2.2", everyone, "arp,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.2"),
        ("t", "", MACS[0], "icmp,nw_src=10.0.0.2,nw_dst=10.0.0.1"),
        ("t", "", everyone, "arp,arp_op=1,arp_spa=10.0.0.2,arp_tpa=10.0.0.1"),
    ]


def test_whose_address_is_not_known() -> None:
    assert traced(Route((HOP,), ("", ""))) == [
        ("p1", "192.0.2.2", "ff:ff:ff:ff:ff:ff", "arp,arp_op=1"),
        ("t", "", "ff:ff:ff:ff:ff:ff", "arp,arp_op=1"),
    ]


def test_packets_of_tunnels() -> None:
    route = Route((HOP,), MACS, ("2001:db8::1", "2001:db8::2"), carries="geneve")
    assert traced(route) == [
        ("p1", "192.0.2.2", MACS[1], "udp6,udp_dst=6081,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2"),
        ("t", "", MACS[0], "udp6,udp_dst=6081,ipv6_src=2001:db8::2,ipv6_dst=2001:db8::1"),
    ]
