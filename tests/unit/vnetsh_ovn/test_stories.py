"""A packet's way in our words: where it begins, which sentence let it pass or stopped it, and what mends that."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from vnetsh.model import Finding, Packet, Resource, listed
from vnetsh_ovn.rows import ACL, NAT, ROUTER, ROUTER_PORT, SWITCH, SWITCH_PORT, Index
from vnetsh_ovn.tracing.beginning import Beginning, Beginnings
from vnetsh_ovn.tracing.behind import Behind
from vnetsh_ovn.tracing.story import Story, Teller
from vnetsh_ovn.tracing.trace_text import Stage, Trace
from vnetsh_ovsdb.layout import Layout

REFERS = {
    ROUTER: {"ports": ROUTER_PORT, "nat": NAT, "load_balancer": "Load_Balancer"},
    SWITCH: {"ports": SWITCH_PORT},
}
WEB, DB, R1, PUBLIC = (
    "5b1e7ec4-7305-4985-a9f8-8672d75c237b",
    "68765343-ab8b-44f2-8f7f-ee81eca01eda",
    "cbc1b8d5-827d-42d1-9674-6d9f806f5bda",
    "56187ae1-745a-4dbe-a7ef-cdad2d8239f5",
)
"""The UUIDs that these have in the traces."""


def nic(vm: str, network: str, address: str, mac: str) -> Resource:
    said = {"network": network, "address": (address,), "vm": vm, "interface": f"id-{vm}", "mac": mac}
    return Resource("attachment", f"{vm}_port1", "region1", said, backend="ovn")


def thing(kind: str, name: str, **said: Any) -> Resource:
    return Resource(kind, name, "region1", said, backend="ovn", marked=True)


WEB1 = nic("web1", "acme/web", "10.0.1.11", "02:00:00:00:01:11")
DB1 = nic("db1", "acme/db", "10.0.2.11", "02:00:00:00:02:11")
BLUE = nic("blue1", "blue/web", "10.0.1.11", "02:00:00:00:03:11")
THINGS = [
    WEB1,
    DB1,
    BLUE,
    thing("network", "acme/web", subnet=("10.0.1.0/24",)),
    thing("network", "acme/db", subnet=("10.0.2.0/24",)),
    thing("network", "blue/web", subnet=("10.0.1.0/24",)),
    thing("network", "public", subnet=("10.77.0.0/24",), gateway=("10.77.0.1",), external=True),
    thing("router", "acme/r1", networks=("acme/db", "acme/web"), uplink="public"),
    thing("group", "acme/webs", members=("web1",)),
    thing("group", "acme/dbs", members=("db1",)),
    thing(
        "allow", "acme/webs -> acme/dbs tcp", protocol="tcp", ports=(80,),
        source=("group:acme/webs",), target=("group:acme/dbs",),
    ),
    thing("eip", "10.77.0.111", to="web1", router="acme/r1", inside="10.0.1.11"),
]  # fmt: skip


def acl(key: str, **said: Any) -> dict[str, Any]:
    ids = ["map", [["vnetsh-key", key], ["vnetsh", "1"]] if key else []]
    return {
        "external_ids": ids,
        "direction": "to-lport",
        "priority": 1,
        "match": "ip",
        "action": "drop",
        **said,
    }


def cloud() -> Index:
    def all_of(*uuids: str) -> list[object]:
        return ["set", [["uuid", uuid] for uuid in uuids]]

    def leg(network: str) -> dict[str, Any]:
        options = ["map", [["router-port", f"acme/r1:{network}"]]]
        return {"name": f"{network}:acme/r1", "type": "router", "options": options, "addresses": "router"}

    def port(one: Resource) -> dict[str, Any]:
        [address] = listed(one.get("address"))
        return {"name": one.text("interface"), "type": "", "addresses": f"{one.text('mac')} {address}"}

    tables: dict[str, dict[str, Any]] = defaultdict(dict)
    tables[SWITCH] = {
        WEB: {"name": "acme/web", "ports": all_of("w", "wr")},
        DB: {"name": "acme/db", "ports": all_of("d", "dr")},
        "blue": {"name": "blue/web", "ports": all_of("b")},
        PUBLIC: {"name": "public", "ports": all_of("pr", "po")},
    }
    tables[SWITCH_PORT] = {
        "w": port(WEB1), "wr": leg("acme/web"), "d": port(DB1), "dr": leg("acme/db"), "b": port(BLUE),
        "pr": leg("public"), "po": {"name": "public:outside", "type": "localnet", "addresses": "unknown"},
    }  # fmt: skip
    tables[ROUTER][R1] = {"name": "acme/r1", "ports": all_of("rw", "rd", "rp"), "nat": all_of("e", "s")}
    tables[ROUTER_PORT] = {
        "rw": {"name": "acme/r1:acme/web", "mac": "02:00:00:00:01:01", "networks": "10.0.1.1/24"},
        "rd": {"name": "acme/r1:acme/db", "mac": "02:00:00:00:02:01", "networks": "10.0.2.1/24"},
        "rp": {"name": "acme/r1:public", "mac": "02:00:00:00:77:01", "networks": "10.77.0.101/24"},
    }
    tables[NAT] = {
        "e": {
            "type": "dnat_and_snat", "external_ip": "10.77.0.111", "logical_ip": "10.0.1.11",
            "external_mac": "02:00:00:00:77:11", "external_ids": ["map", [["vnetsh-key", "eip 10.77.0.111"]]],
        },
        "s": {"type": "snat", "external_ip": "10.77.0.101", "logical_ip": "10.0.2.0/24"},
    }  # fmt: skip
    tables[ACL] = {
        "aaaa1111-0": acl("group acme/dbs closed"),
        "aaaa2222-0": acl("network acme/web closed"),
        "aaaa3333-0": acl("deny web1 -> acme/dbs all"),
        "aaaa4444-0": acl("", name="theirs"),
        "aaaa5555-0": acl("allow acme/webs -> acme/dbs tcp"),
    }
    return Index(Layout("", {}, {}, {}, {}, defaultdict(dict, REFERS)), tables, "")


def begun(packet: Packet) -> Beginning | Finding | None:
    return Beginnings(cloud(), THINGS, "region1").of(packet)


def behind(packet: Packet) -> Behind:
    return Behind(cloud(), THINGS, "region1", packet)


@pytest.mark.parametrize(
    ("hint", "packet", "at", "mends"),
    [
        ("aaaa1111", Packet(WEB1, DB1, protocol="tcp", port=22), "acme/dbs", "allow acme/webs -> acme/dbs tcp 22, 80"),
        ("aaaa1111", Packet(BLUE, DB1, protocol="udp", port=53), "acme/dbs", "allow blue1 -> acme/dbs udp 53"),
        ("aaaa1111", Packet(WEB1, DB1), "acme/dbs", "allow acme/webs -> acme/dbs icmp"),
        ("aaaa2222", Packet(BLUE, WEB1), "acme/web", "allow blue1 -> web1 icmp"),
        (
            "aaaa2222", Packet(None, WEB1, ("10.77.0.9", ""), "tcp", 443), "acme/web",
            "allow public -> web1 tcp 443",
        ),
        ("aaaa2222", Packet(None, WEB1, ("203.0.113.9", "")), "acme/web", "allow any -> web1 icmp"),
        (
            "aaaa3333", Packet(WEB1, DB1), "web1 -> acme/dbs all", "delete deny web1 -> acme/dbs all",
        ),
    ],
)  # fmt: skip
def test_what_stops_it_is_named_and_mended_by_a_sentence(
    hint: str, packet: Packet, at: str, mends: str
) -> None:
    found = behind(packet).dropped(hint)
    assert found
    assert (found.at[2], found.sentence) == (at, mends)


def test_what_others_made_is_said_and_not_mended() -> None:
    found = behind(Packet(WEB1, DB1)).dropped("aaaa4444")
    assert found
    assert found.at == ("deny", "region1", "acl:theirs")
    assert not found.sentence
    assert "to-lport 1 ip drop" in found.says
    assert behind(Packet(WEB1, DB1)).dropped("ffff0000") is None


@pytest.mark.parametrize(
    ("packet", "macs", "addresses", "inport"),
    [
        (Packet(WEB1, DB1), (WEB1.text("mac"), "02:00:00:00:01:01"), ("10.0.1.11", "10.0.2.11"), "id-web1"),
        (
            Packet(WEB1, None, ("", "10.0.1.1")), (WEB1.text("mac"), "02:00:00:00:01:01"),
            ("10.0.1.11", "10.0.1.1"), "id-web1",
        ),
        (
            Packet(None, WEB1, ("10.77.0.9", ""), "tcp", 80), ("02:00:00:00:00:01", "02:00:00:00:77:11"),
            ("10.77.0.9", "10.77.0.111"), "public:outside",
        ),
        (
            Packet(None, None, ("10.77.0.9", "10.77.0.101")), ("02:00:00:00:00:01", "02:00:00:00:77:01"),
            ("10.77.0.9", "10.77.0.101"), "public:outside",
        ),
    ],
)  # fmt: skip
def test_where_it_begins(
    packet: Packet, macs: tuple[str, str], addresses: tuple[str, str], inport: str
) -> None:
    found = begun(packet)
    assert isinstance(found, Beginning)
    assert (found.macs, found.addresses, found.inport) == (macs, addresses, inport)
    assert f'inport == "{inport}"' in found.flow(packet)


@pytest.mark.parametrize(
    ("packet", "at", "says"),
    [
        (Packet(BLUE, WEB1), "blue/web", "another network, acme/web"),
        (Packet(BLUE, DB1), "blue/web", "no router joins it"),
        (Packet(WEB1, None, ("", "10.0.1.99")), "acme/web", "nobody on it has 10.0.1.99"),
        (Packet(None, DB1, ("10.77.0.9", "")), "acme/db", "no address outside"),
    ],
)
def test_why_it_does_not_begin(packet: Packet, at: str, says: str) -> None:
    found = begun(packet)
    assert isinstance(found, Finding)
    assert found.at[2] == at
    assert says in found.says


def test_of_what_no_network_has_nobody_tells() -> None:
    assert begun(Packet(None, None, ("10.77.0.9", "10.77.0.250"))) is None


def story(trace: str, packet: Packet, backend: str = "", **hints: str) -> Story:
    events = Trace((Path(__file__).parent / f"traces/{trace}.txt").read_text()).events
    stages = [one for one in events if isinstance(one, Stage)]
    known = {[one for one in stages if one.name == name][-1].uuid: hint for name, hint in hints.items()}
    beginning = begun(packet)
    assert isinstance(beginning, Beginning)
    return Teller(behind(packet), known, backend).told(events, beginning)


def test_who_is_outside_is_asked_for_under_the_routers_address() -> None:
    told = story("unknown", Packet(DB1, None, ("", "10.77.0.250")))
    assert told.outside == "public"
    assert told.gateways == ["cr-acme/r1:public"]
    assert "it goes on as 10.77.0.101" in [one.says for one in told.hops]


def test_a_drop_says_where_and_on_whose_chassis() -> None:
    told = story("dropped", Packet(WEB1, DB1, protocol="tcp", port=22), ls_out_acl="aaaa1111")
    assert told.stop
    assert told.stop.at == ("group", "region1", "acme/dbs")
    assert told.door, "its pipeline is that of the target's port"
    assert [one.says for one in told.hops] == ["network acme/web", "router acme/r1", "network acme/db"]


def test_what_a_router_balances_of_its_own_networks_is_known_by_its_gateway() -> None:
    packet = Packet(DB1, None, ("", "10.77.0.101"), "tcp", 8080)
    told = story("forward", packet, "10.0.1.12:80")
    assert told.inward == "cr-acme/r1:public"
    assert told.translated == {"dst"}
    assert told.inward in told.gateways, "whether it is there or elsewhere decides what comes back"
    outside = story("eip", Packet(None, None, ("10.77.0.9", "10.77.0.111"), "tcp", 80))
    assert not outside.inward
