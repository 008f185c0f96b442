"""What is done on a host, in its order; what is read off it; the record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vnetsh.errors import BackendRefused
from vnetsh.hosts.boot.keeping import AtStart
from vnetsh.model import Resource
from vnetsh.testing.fleet import HOST, add, change, remove
from vnetsh_hostnet import record
from vnetsh_hostnet.files import dhcp_file, dhcp_text, nat_file, nat_text
from vnetsh_hostnet.observing import observation, shown
from vnetsh_hostnet.record import FILE, Record
from vnetsh_hostnet.seen import Seen, parsed
from vnetsh_hostnet.steps import steps


def ours(kind: str, name: str, parent: tuple[str, str] | None = None, **attributes: object) -> Resource:
    return Resource(kind, name, HOST, attributes, parent, "host", marked=True, owner="lan.vnet")  # type: ignore[arg-type]


ADDRESS = ours(
    "address", "lan0", ("bridge", "lan0"), bridge="lan0", addresses=("192.168.1.1/24", "fd00::1/64")
)
DHCP = ours(
    "dhcp", "lan0", bridge="lan0", range=("192.168.1.10-192.168.1.99", "fd00::10-fd00::99"), lease=300_000
)
STATIC = ours("static", "52:54:00:00:00:01", ("dhcp", "lan0"), dhcp="lan0", address="192.168.1.50")
NAT = ours("nat", "lan0", bridge="lan0", networks=("192.168.1.0/24",))
ROUTE = ours("route", "10.9.0.0/16", via="192.168.1.2", dev="lan0", address="lan0")
ALL = (ADDRESS, ROUTE, NAT, DHCP, STATIC)
EMPTY = Seen(addresses={"lan0": [], "eth0": ["10.0.0.1/24"]}, up=frozenset({"eth0"}), forward="0")


def whole() -> Seen:
    """A host that has all of it."""
    found = Record({(one.kind, one.name): one for one in ALL}, up=("lan0",), forward="0")
    return replace(
        EMPTY,
        record=found,
        addresses={"lan0": ["192.168.1.1/24", "fd00::1/64", "192.168.7.1/24"]},
        up=frozenset({"lan0", "eth0"}),
        routes=frozenset({("10.9.0.0/16", "192.168.1.2", "lan0"), ("0.0.0.0/0", "10.0.0.254", "eth0")}),
        forward="1",
        tables={"ip vnetsh_lan0": ["masquerade"]},
        files={dhcp_file("lan0"): dhcp_text(DHCP, found), nat_file("lan0"): nat_text(NAT)},
        serving=frozenset({"lan0"}),
    )


def lines(seen: Seen, *changes: object) -> list[str]:
    """The commands, each with its program and what it is about."""
    return [
        " ".join(step.argv[4:] if step.argv[0] == "sh" else step.argv)
        for step in steps(seen, changes)  # type: ignore[arg-type]
    ]


OUT = {nat_file("lan0"): nat_text(NAT.with_attributes(out="eth9"))}


def test_the_record_comes_before_what_is_made_and_after_what_goes() -> None:
    made = lines(EMPTY, *map(add, ALL))
    assert made == [
        FILE,
        "ip link set lan0 up",
        "ip address replace 192.168.1.1/24 dev lan0",
        "ip -6 address replace fd00::1/64 dev lan0 nodad",
        "ip route add 10.9.0.0/16 via 192.168.1.2 dev lan0 proto static",
        "sysctl -q -w net.ipv4.ip_forward=1",
        nat_file("lan0"),
        f"nft -f {nat_file('lan0')}",
        dhcp_file("lan0"),
        f"dnsmasq --conf-file={dhcp_file('lan0')}",
    ]
    gone = lines(whole(), *map(remove, reversed(ALL)))
    assert gone[-1] == FILE
    assert gone[0].startswith("/run/vnetsh-dhcp-lan0.pid")
    assert "ip link set lan0 down" not in gone  # another address is there
    assert gone.index("nft delete table ip vnetsh_lan0") < gone.index("sysctl -q -w net.ipv4.ip_forward=0")
    assert "ip address delete 192.168.7.1/24 dev lan0" not in gone  # that is others'


def test_what_is_so_is_left_alone() -> None:
    seen = whole()
    assert lines(seen, *map(add, ALL)) == []
    assert not any(one.get("error") for one in observation(seen).resources)


def test_forwarding_stays_while_others_need_it() -> None:
    seen = replace(whole(), tables={**whole().tables, "ip libvirt_network": ["masquerade"]})
    assert not any("ip_forward" in line for line in lines(seen, remove(NAT)))
    other = ours("nat", "lan1", networks=("192.168.9.0/24",))
    entries = {**whole().record.entries, ("nat", "lan1"): other}
    seen = replace(whole(), record=replace(whole().record, entries=entries))
    assert not any("ip_forward" in line for line in lines(seen, remove(NAT)))


def test_the_second_address_of_a_network_is_given_again_when_the_first_goes() -> None:
    two = replace(
        ADDRESS, attributes={**ADDRESS.attributes, "addresses": ("192.168.1.1/24", "192.168.1.2/24")}
    )
    entries = {("address", "lan0"): two}
    seen = replace(
        EMPTY,
        record=Record(entries),
        addresses={"lan0": ["192.168.1.1/24", "192.168.1.2/24"]},
        up=frozenset({"lan0"}),
    )
    assert lines(seen, change(two, addresses=("192.168.1.2/24",))) == [
        "ip address delete 192.168.1.1/24 dev lan0",
        FILE,
        "ip address replace 192.168.1.2/24 dev lan0",
    ]


def test_a_change_that_was_cut_off_is_taken_back_whole() -> None:
    """The record has what was before, the device what was to come already."""
    wider = ADDRESS.with_attributes(addresses=("192.168.1.1/24", "fd00::1/64", "192.168.8.1/24"))
    begun = replace(whole(), addresses={"lan0": ["192.168.1.1/24", "fd00::1/64", "192.168.8.1/24"]})
    back = change(ADDRESS, addresses=wider.get("addresses")).inverse()
    assert lines(begun, back) == ["ip address delete 192.168.8.1/24 dev lan0"]


@pytest.mark.parametrize(
    ("one", "lost", "words"),
    [
        (ADDRESS, {"addresses": {}}, "there is no lan0"),
        (ADDRESS, {"addresses": {"lan0": ["fd00::1/64"]}}, "lan0 does not have 192.168.1.1/24"),
        (ADDRESS, {"up": frozenset()}, "lan0 is down"),
        (ROUTE, {"routes": frozenset()}, "kvm1 does not have it"),
        (DHCP, {"serving": frozenset()}, "its dnsmasq does not run"),
        (DHCP, {"files": {}}, "/etc/vnetsh/dhcp-lan0.conf was changed"),
        (NAT, {"tables": {}}, "its rules are not in force"),
        (NAT, {"forward": "0"}, "kvm1 forwards nothing"),
        (NAT.with_attributes(out="eth9"), {"files": OUT}, "eth9 has no IPv4 address"),
    ],
)
def test_what_is_no_longer_so_is_said(one: Resource, lost: dict[str, object], words: str) -> None:
    assert shown(one, replace(whole(), **lost)).get("error") == words  # type: ignore[arg-type]


def test_a_record_is_read_as_it_was_written() -> None:
    found = whole().record
    assert record.read(record.text_of(found), HOST) == found
    assert record.text_of(Record()) == ""
    with pytest.raises(BackendRefused, match=r"services\.json is not as vnetsh writes it"):
        record.read("{", HOST)


SAID = f"""%% record
%% addresses
[{{"ifname":"lan0","flags":["UP"],"addr_info":[{{"local":"192.168.1.1","prefixlen":24}}]}},{{}}]
%% routes
[{{"dst":"default","gateway":"10.0.0.254","dev":"eth0"}},{{"dst":"10.0.0.7","gateway":"10.0.0.1","dev":"eth0"}}]
%% routes6
[{{"dst":"fd01::/64","gateway":"fd00::9","dev":"lan0"}}]
%% forward
1
%% come
192.0.2.9 4711 10.0.0.1 22
%% has nft
%% listening
UNCONN 0 0 0.0.0.0%virbr0:67 0.0.0.0:* users:(("dnsmasq",pid=9,fd=3))
UNCONN 0 0 [::]%lan0:547 [::]:*
UNCONN 0 0 0.0.0.0:67 0.0.0.0:*
%% tables
table ip filter {{
        type filter hook forward priority filter; policy drop;
table ip vnetsh_lan0 {{
        masquerade
%% process /run/vnetsh-dhcp-lan0.pid
dnsmasq --conf-file={dhcp_file("lan0")}
%% process /run/vnetsh-dhcp-lan1.pid
sshd --conf-file=/etc/other
"""


def test_what_a_host_says_is_read() -> None:
    seen = parsed(HOST, SAID, AtStart())
    assert seen.addresses == {"lan0": ["192.168.1.1/24"]}
    assert seen.routes == {
        ("0.0.0.0/0", "10.0.0.254", "eth0"),
        ("10.0.0.7/32", "10.0.0.1", "eth0"),
        ("fd01::/64", "fd00::9", "lan0"),
    }
    assert seen.come_by == ("192.0.2.9", "10.0.0.1")
    assert seen.serving == {"lan0"}
    facts = observation(seen).facts
    assert facts.serving == ("*", "virbr0")  # type: ignore[attr-defined]
    assert facts.dropping == ("ip filter",)  # type: ignore[attr-defined]
    assert facts.programs == ("nft",)  # type: ignore[attr-defined]
    assert parsed(
        HOST, SAID.replace("192.0.2.9 4711 10.0.0.1", "UNKNOWN 65535 UNKNOWN"), AtStart()
    ).come_by == ("", "")


def test_ipv6_is_lent_without_a_way_out() -> None:
    text = dhcp_text(DHCP, whole().record)
    assert "dhcp-range=fd00::10,fd00::99,64,300\n" in text
    assert "ra-param=lan0,0,0\n" in text
    assert "dhcp-host=52:54:00:00:00:01,192.168.1.50\n" in text
    assert "port=0\n" in text


def test_a_device_that_has_come_to_other_addresses_stays_on() -> None:
    seen = replace(EMPTY, record=Record({("address", "lan0"): ADDRESS}, up=("lan0",)), up=frozenset({"lan0"}))
    off = "ip link set lan0 down"
    for others, goes_off in ((), True), (("fe80::1/64",), True), (("10.77.0.1/24",), False):
        there = replace(seen, addresses={"lan0": [*ADDRESS.attributes["addresses"], *others]})
        assert (off in lines(there, remove(ADDRESS))) == goes_off
