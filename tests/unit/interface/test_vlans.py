"""The VLANs in use that the shell offers: those of the bridge and the host that a line names come first."""

from __future__ import annotations

import pytest

from vnetsh.interface.shell.vlans import Vlans
from vnetsh.language.completion import candidates
from vnetsh.model import Fleet, Host, Resource
from vnetsh.registry import Plugins

HOSTS = {name: Host(name) for name in ("kvm1", "kvm2")}
PORTS = [
    Resource("port", "p1", "kvm1", {"bridge": "lan", "vlan": 10}),
    Resource("port", "p2", "kvm2", {"bridge": "lan", "vlan": 10, "trunk": (20, 100)}),
    Resource("port", "p3", "kvm2", {"bridge": "dmz", "vlan": 10}),
    Resource("port", "p4", "kvm2", {"bridge": "dmz", "vlan": 30}),
    Resource("port", "all", "kvm1", {"bridge": "lan"}),
    Resource("port", "wide", "kvm1", {"bridge": "lan", "trunk": tuple(range(1, 4095))}),
]
FLEET = Fleet(HOSTS, {port.key: port for port in PORTS})

ON_LAN = {"10": "2 ports on lan", "20": "1 port on lan", "100": "1 port on lan", "30": "1 port elsewhere"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vm a port lan vlan ", ON_LAN),
        ("vm a port dmz vlan 5 port lan trunk ", ON_LAN),
        ("vm a port lan trunk 10, ", ON_LAN),
        ("bridge lan on kvm1, kvm2 {\n  port p9 vlan ", ON_LAN),
        ("bridge dmz on kvm2; vm a port lan vlan ", ON_LAN),
        (
            "bridge lan on kvm1 port p9 vlan ",
            {
                "10": "1 port on lan",
                "20": "1 port elsewhere",
                "30": "1 port elsewhere",
                "100": "1 port elsewhere",
            },
        ),
        (
            "show ports on kvm2 where vlan ",
            {
                "10": "2 ports on kvm2",
                "20": "1 port on kvm2",
                "30": "1 port on kvm2",
                "100": "1 port on kvm2",
            },
        ),
        ("show ports where not vlan ", {"10": "3 ports", "20": "1 port", "30": "1 port", "100": "1 port"}),
        (
            "bridge new on kvm3 port p9 vlan ",
            {"10": "3 ports", "20": "1 port", "30": "1 port", "100": "1 port"},
        ),
        ("vm a port lan name vlan1 ", {}),
    ],
)
def test_vlans_in_use_are_told_with_their_ports(text: str, expected: dict[str, str]) -> None:
    assert Vlans.of(FLEET).offered(text, HOSTS) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vm a port lan vlan 1", {"10", "100"}),
        ("vm a port lan trunk 10, 2", {"20"}),
        ("show ports where vlan ", {"10", "20", "100", "30", "<", "<=", ">", ">=", "above", "below", "none"}),
        ("expect port p1 vlan 3", {"30"}),
    ],
)
def test_they_are_offered_where_a_vlan_is_said(text: str, expected: set[str], plugins: Plugins) -> None:
    names = {"vlan": Vlans.of(FLEET).offered(text, HOSTS)}
    assert {one.text for one in candidates(text, plugins.vocabulary, names)} == expected
