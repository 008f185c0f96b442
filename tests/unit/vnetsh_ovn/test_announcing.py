"""Addresses outside are announced where their vm is now, when its move has ended: by which port, by which frame."""

from __future__ import annotations

import struct
from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest

from vnetsh.hosts.frames import garp, unsolicited_na
from vnetsh.model import ActionKind, Change, Resource
from vnetsh_ovn.announcing import Announcement, announcements
from vnetsh_ovn.rows import NAT, ROUTER, ROUTER_PORT, SWITCH, SWITCH_PORT, Index
from vnetsh_ovsdb.layout import Layout

MAC, ADDRESS = "02:47:98:07:14:c9", "203.0.113.20"
REFERS = {ROUTER: {"ports": ROUTER_PORT, "nat": NAT}, SWITCH: {"ports": SWITCH_PORT}}


def cloud(vlan: int | None, address: str = ADDRESS) -> Index:
    def all_of(*uuids: str) -> list[object]:
        return ["set", [["uuid", uuid] for uuid in uuids]]

    tables: dict[str, dict[str, Any]] = defaultdict(dict)
    tables[ROUTER]["r"] = {"name": "acme/r1", "ports": all_of("p"), "nat": all_of("n", "s")}
    tables[ROUTER_PORT]["p"] = {"name": "acme/r1:public"}
    tables[NAT] = {
        "n": {
            "type": "dnat_and_snat",
            "external_ip": address,
            "external_mac": MAC,
            "logical_port": "nic-of-web01",
            "logical_ip": "10.0.1.11",
        },
        "s": {"type": "snat", "external_ip": "203.0.113.2", "logical_ip": "10.0.1.0/24"},
    }
    tables[SWITCH]["s"] = {"name": "public", "ports": all_of("e", "o")}
    tables[SWITCH_PORT] = {
        "e": {"name": "public:r1", "type": "router", "options": ["map", [["router-port", "acme/r1:public"]]]},
        "o": {"name": "public:outside", "type": "localnet", "tag": ["set", []] if vlan is None else vlan},
    }
    return Index(Layout("", {}, {}, {}, {}, defaultdict(dict, REFERS)), tables, "")


def change(before: tuple[str, ...], after: tuple[str, ...]) -> Change:
    there = Resource("attachment", "p1", "region1", {"interface": "nic-of-web01", "at": before})
    return Change(ActionKind.CHANGE, there, there.with_attributes(at=after))


@pytest.mark.parametrize("vlan", [None, 7])
def test_it_is_announced_at_the_end_of_a_move_and_of_its_undoing(vlan: int | None) -> None:
    wanted = Announcement("kvm2", "public:outside", garp(MAC, ADDRESS, vlan))
    assert announcements([change(("kvm1", "kvm2"), ("kvm2",))], cloud(vlan)) == [wanted]
    begun = change(("kvm1",), ("kvm1", "kvm2"))
    assert not announcements([begun], cloud(vlan)), "the vm is not there yet"
    assert announcements([begun.inverse()], cloud(vlan)) == [wanted._replace(host="kvm1")]


def test_an_address_of_ipv6_is_announced_by_an_advertisement() -> None:
    wanted = Announcement("kvm2", "public:outside", unsolicited_na(MAC, "2001:db8::20"))
    assert announcements([change(("kvm1", "kvm2"), ("kvm2",))], cloud(None, "2001:db8::20")) == [wanted]


def test_what_is_no_move_announces_nothing() -> None:
    made = change(("kvm1",), ("kvm2",))
    assert not announcements([replace(made, action=ActionKind.ADD, before=None)], cloud(None))


def test_the_frame() -> None:
    plain, tagged = garp(MAC, ADDRESS, None), garp(MAC, ADDRESS, 7)
    assert plain.hex() == (
        "ffffffffffff0247980714c9" + "0806" + "0001080006040001" + "0247980714c9cb007114"
        "000000000000cb007114" + "00" * 18
    )
    assert tagged == plain[:12] + bytes.fromhex("81000007") + plain[12:]


def test_the_frame_of_ipv6() -> None:
    """As the kernel of Linux makes it (`ndisc_send_na`), but for its length: there is no padding."""
    plain, tagged = unsolicited_na(MAC, "2001:db8::20"), unsolicited_na(MAC, "2001:db8::20", 7)
    where = "20010db8000000000000000000000020"
    assert plain.hex() == (
        "3333000000010247980714c9" + "86dd" + "60000000" + "0020" + "3a" + "ff"
        f"{where}ff020000000000000000000000000001" + "8800" + plain[56:58].hex() + "20000000"
        f"{where}0201" + "0247980714c9"
    )
    words = struct.unpack("!36H", plain[22:54] + struct.pack("!II", 32, 58) + plain[54:])
    assert sum(words) % 0xFFFF == 0, "the checksum makes the whole 0 (RFC 1071)"
    assert tagged == plain[:12] + bytes.fromhex("81000007") + plain[12:]
