"""Where a way stops, and what mends it: one healthy fleet, and one thing after another wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import pytest

from vnetsh.diagnostics import Diagnostic, Source, Span
from vnetsh.errors import HostUnreachable
from vnetsh.model import Finding, Fleet, Host, LinkFacts, Resource, Route
from vnetsh.nouns.why import WHY
from vnetsh.nouns.why_answered import Found, find, thing
from vnetsh.nouns.why_ends import meant_by
from vnetsh.nouns.why_mending import sentence
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase, Said
from vnetsh.testing.fleet import bridge, nic, port, tunnel, vm

HOSTS = ("kvm1", "kvm2", "kvm3", "kvm4")
ADDRESS = {host: f"192.0.2.{number}" for number, host in enumerate(HOSTS, 1)}
AT = Span(Source("<test>", ""), 0, 0)

Change = Callable[[Fleet], Fleet]


def _mesh_end(here: str, there: str) -> Resource:
    name = "_".join(("m", *sorted((here, there))))
    more = {"key": 42, "mesh": "m", "isolated": "yes", "bfd": "yes", "state": "up"}
    return tunnel(name, "lan", ADDRESS[there], here, by="ovs", type="vxlan", **more)


def healthy() -> Fleet:
    """Four hosts: a mesh on `lan`, a tunnel `t` on `two`, an uplink of `out`; a vm and ports on each."""
    found: list[Resource] = []
    for number, host in enumerate(HOSTS, 1):
        found += [bridge(name, host, by="ovs") for name in ("lan", "two")]
        found += [
            bridge(name, host, by="ovs", uplink=nic) for name, nic in (("under", "eth0"), ("out", "eth1"))
        ]
        found += [_mesh_end(host, there) for there in HOSTS if there != host]
        found += [
            vm(f"v{number}", host, by="libvirt"),
            nic(f"v{number}n", "lan", f"v{number}", host, vlan=10),
        ]
        found += [port(f"p{number}", "lan", host, type="internal", vlan=10)]
        found += [
            port(f"{name}{number}", on, host, type="internal") for name, on in (("q", "lan"), ("o", "out"))
        ]
        found += [port(f"w{number}", "two", host, type="internal")]
    for here, there in (("kvm1", "kvm2"), ("kvm2", "kvm1")):
        found.append(tunnel("t", "two", ADDRESS[there], here, by="ovs", key=7))
    links = ("eth0", "eth1", "lan", "two", "under", "out")
    facts = {
        (host, "ovs"): LinkFacts(
            addresses={"under": (f"{ADDRESS[host]}/24",)}, links=dict.fromkeys(links, ""), underlay_link="eth0",
            mtus={"under": 1600, "eth0": 1600}, hardware={f"p{n}": f"02:00:00:00:00:0{n}"},
        )
        for n, host in enumerate(HOSTS, 1)
    }  # fmt: skip
    places = {host: Host(host, ADDRESS[host]) for host in HOSTS}
    return Fleet(places, {one.key: one for one in found}, facts)


def changed(kind: str, host: str, name: str, **attributes: object) -> Change:
    def change(fleet: Fleet) -> Fleet:
        one = fleet.resources[kind, host, name]
        said = {**one.attributes, **attributes}
        kept = {key: value for key, value in said.items() if value is not None}
        return replace(fleet, resources={**fleet.resources, one.key: replace(one, attributes=kept)})

    return change


def gone(*keys: tuple[str, str, str]) -> Change:
    return lambda fleet: replace(
        fleet, resources={key: one for key, one in fleet.resources.items() if key not in keys}
    )


def down(host: str, link: str, why: str = "is down") -> Change:
    def change(fleet: Fleet) -> Fleet:
        facts = fleet.facts_of(host, "ovs", LinkFacts)
        return replace(fleet, facts={**fleet.facts, (host, "ovs"): replace(facts, down={link: why})})

    return change


def added(*resources: Resource) -> Change:
    return lambda fleet: replace(fleet, resources={**fleet.resources, **{one.key: one for one in resources}})


def silent(host: str) -> Change:
    def change(fleet: Fleet) -> Fleet:
        left = {key: one for key, one in fleet.resources.items() if one.place != host}
        facts = {at: one for at, one in fleet.facts.items() if at[0] != host}
        return replace(
            fleet, resources=left, facts=facts, unreachable={host: HostUnreachable(f"{host} is away")}
        )

    return change


def phrase(way: str) -> Phrase:
    ends = tuple(way.split(" -> "))
    return Phrase(WHY, way, AT, {}, {}, (), AT, Said(ends, AT, (AT, AT)))


class Asked:
    """Places that tell what a test says."""

    def __init__(self, *told: Finding) -> None:
        self.told = told
        self.routes: list[Route] = []

    def trace(self, route: Route, fleet: Fleet) -> Sequence[Finding]:
        self.routes.append(route)
        return self.told


def asked(way: str, fleet: Fleet, *told: Finding) -> Found:
    problems: list[Diagnostic] = []
    ends = meant_by(phrase(way), fleet, problems.append)
    assert ends, problems
    return find(ends, fleet, cast(Asking, Asked(*told)))


WAYS = (
    "v1 -> v2", "p1 -> v4", "p3 -> p1", "q2 -> q4", "o1 -> o3", "w1 -> w2", "kvm1 -> kvm4", "v1 -> p1",
    "192.0.2.1 -> 192.0.2.3", "kvm2/under -> kvm3", "port:v1n -> vm:v3",
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_healthy_way_arrives(way: str) -> None:
    found = asked(way, healthy())
    assert found.stop is None, found.stop
    assert not found.notes


MESH = "mesh m kvm1, kvm2, kvm3, kvm4 on lan type vxlan key 42"
TUNNEL = "tunnel t kvm1<->kvm2 on two type gre key 7"

TABLE: dict[str, tuple[str, Change, str, str, str]] = {
    "a vm that is off": (
        "v1 -> v2",
        changed("vm", "kvm2", "v2", state="stopped"),
        "vm v2 on kvm2",
        "stopped",
        "start v2",
    ),
    "a vm that is paused": (
        "v1 -> v2",
        changed("vm", "kvm1", "v1", state="paused"),
        "vm v1 on kvm1",
        "paused",
        "resume v1",
    ),
    "a port in another VLAN": (
        "p1 -> p2",
        changed("port", "kvm2", "p2", vlan=20),
        "port p2 on kvm2",
        "it is in VLAN 20",
        "bridge lan on kvm2 port p2 type internal vlan 10",
    ),
    "the other one in another VLAN": (
        "p1 -> p2",
        changed("port", "kvm1", "p1", vlan=20),
        "port p1 on kvm1",
        "it is in VLAN 20",
        "bridge lan on kvm1 port p1 type internal vlan 10",
    ),
    "a port that lost its VLAN": (
        "p1 -> p2",
        changed("port", "kvm2", "p2", vlan=None),
        "port p2 on kvm2",
        "untagged",
        "bridge lan on kvm2 port p2 type internal vlan 10",
    ),
    "a NIC in a VLAN too many": (
        "q1 -> q2",
        changed("port", "kvm2", "q2", vlan=99),
        "port q2 on kvm2",
        "VLAN 99",
        "bridge lan on kvm2 port q2 type internal vlan none",
    ),
    "a vm's NIC in another VLAN": (
        "v3 -> v1",
        changed("port", "kvm1", "v1n", vlan=11),
        "port v1n on kvm1",
        "VLAN 11",
        "vm v1 port lan name v1n vlan 10",
    ),
    "a trunk that lacks it": (
        "p1 -> p2",
        changed("port", "kvm2", "p2", vlan=None, trunk=(5, 6)),
        "port p2 on kvm2",
        "carries VLANs 5, 6",
        "bridge lan on kvm2 port p2 type internal trunk 5, 6, 10",
    ),
    "isolated at both ends": (
        "p1 -> p2",
        changed("port", "kvm2", "p2", isolated="yes"),
        "port p2 on kvm2",
        "isolated",
        "bridge lan on kvm2 port p2 type internal isolated none",
    ),
    "a tunnel's end is missing": (
        "w1 -> w2",
        gone(("tunnel", "kvm2", "t")),
        "tunnel t on kvm2",
        "no end on kvm2",
        TUNNEL,
    ),
    "the near end is missing": (
        "w1 -> w2",
        gone(("tunnel", "kvm1", "t")),
        "tunnel t on kvm1",
        "no end on kvm1",
        "tunnel t kvm2<->kvm1 on two type gre key 7",
    ),
    "another key": (
        "w1 -> w2",
        changed("tunnel", "kvm2", "t", key=8),
        "tunnel t on kvm2",
        "its key is 8",
        TUNNEL,
    ),
    "another type": (
        "w2 -> w1",
        changed("tunnel", "kvm2", "t", type="geneve"),
        "tunnel t on kvm2",
        "its type is geneve",
        TUNNEL,
    ),
    "it leads to nobody": (
        "w1 -> w2",
        changed("tunnel", "kvm2", "t", remote="192.0.2.99"),
        "tunnel t on kvm2",
        "leads to 192.0.2.99",
        TUNNEL,
    ),
    "it leads to another host": (
        "w1 -> w2",
        changed("tunnel", "kvm2", "t", remote=ADDRESS["kvm3"]),
        "tunnel t on kvm2",
        "leads to 192.0.2.3",
        TUNNEL,
    ),
    "it is on another bridge": (
        "w1 -> w2",
        changed("tunnel", "kvm2", "t", bridge="lan"),
        "tunnel t on kvm2",
        "on bridge lan",
        TUNNEL,
    ),
    "it is gone at both ends": (
        "w1 -> w2",
        gone(("tunnel", "kvm1", "t"), ("tunnel", "kvm2", "t")),
        "bridge two on kvm2",
        "nothing joins it",
        "tunnel two_kvm1_kvm2 kvm1<->kvm2 on two key 43",
    ),
    "a mesh's tunnel has another key at one end": (
        "p1 -> p3",
        changed("tunnel", "kvm1", "m_kvm1_kvm3", key=41),
        "tunnel m_kvm1_kvm3 on kvm1",
        "its key is 41",
        MESH,
    ),
    "a mesh lacks an end": (
        "p1 -> p3",
        gone(("tunnel", "kvm3", "m_kvm1_kvm3")),
        "tunnel m_kvm1_kvm3 on kvm3",
        "no end on kvm3",
        MESH,
    ),
    "a mesh lacks a tunnel": (
        "v1 -> v3",
        gone(("tunnel", "kvm3", "m_kvm1_kvm3"), ("tunnel", "kvm1", "m_kvm1_kvm3")),
        "mesh m on kvm3",
        "no tunnel between kvm1 and kvm3",
        MESH,
    ),
    "an end of a mesh leads to a third host": (
        "p1 -> p3",
        changed("tunnel", "kvm1", "m_kvm1_kvm3", remote=ADDRESS["kvm4"]),
        "tunnel m_kvm1_kvm3 on kvm1",
        "leads to 192.0.2.4",
        MESH,
    ),
    "nobody is heard at the other end": (
        "p1 -> p3",
        changed("tunnel", "kvm3", "m_kvm1_kvm3", state="down"),
        "tunnel m_kvm1_kvm3 on kvm3",
        "hears nothing",
        "",
    ),
    "an uplink is missing": (
        "o1 -> o2",
        changed("bridge", "kvm2", "out", uplink=None),
        "bridge out on kvm2",
        "it has no uplink",
        "bridge out on kvm2 uplink eth1",
    ),
    "an uplink is missing, and another cable is there": (
        "o1 -> o2",
        lambda fleet: added(port("bond0", "out", "kvm2", type="bond"))(
            changed("bridge", "kvm2", "out", uplink=None)(fleet)
        ),
        "bridge out on kvm2",
        "nothing joins it",
        "tunnel out_kvm1_kvm2 kvm1<->kvm2 on out key 43",
    ),
    "the underlay's uplink is missing": (
        "w1 -> w2",
        changed("bridge", "kvm1", "under", uplink=None),
        "bridge under on kvm1",
        "it has no uplink",
        "bridge under on kvm1 uplink eth0",
    ),
    "a NIC of the underlay is down": ("p1 -> p2", down("kvm2", "eth0"), "uplink eth0 on kvm2", "is down", ""),
    "a NIC of the underlay has no cable": (
        "p1 -> p2",
        lambda fleet: changed("tunnel", "kvm1", "m_kvm1_kvm2", state="down")(
            down("kvm2", "eth0", "has no carrier")(fleet)
        ),
        "uplink eth0 on kvm2",
        "has no carrier",
        "",
    ),
    "an uplink is down": ("o1 -> o2", down("kvm1", "eth1"), "uplink eth1 on kvm1", "is down", ""),
    "a port is down": ("p1 -> p2", down("kvm2", "p2"), "port p2 on kvm2", "is down", ""),
    "a NIC whose link is down": (
        "v1 -> v2",
        changed("port", "kvm2", "v2n", link="down"),
        "port v2n on kvm2",
        "sees no cable",
        "vm v2 port lan name v2n link up",
    ),
    "a port in error": (
        "p1 -> p2",
        changed("port", "kvm2", "p2", error="no such device"),
        "port p2 on kvm2",
        "no such",
        "",
    ),
    "a tunnel in error": (
        "w1 -> w2",
        changed("tunnel", "kvm1", "t", error="File exists"),
        "tunnel t on kvm1",
        "File exists",
        "",
    ),
    "a port of another bridge": (
        "w1 -> w2",
        changed("port", "kvm2", "w2", bridge="out"),
        "port w2 on kvm2",
        "on bridge out, not on two",
        "delete port w2 on kvm2; bridge two on kvm2 port w2 type internal",
    ),
    "a vm without a NIC": (
        "v1 -> v2",
        gone(("port", "kvm2", "v2n")),
        "vm v2 on kvm2",
        "no NIC",
        "vm v2 port BRIDGE",
    ),
    "a host that does not answer": ("p1 -> kvm4", silent("kvm4"), "host kvm4", "", ""),
    "a missing end, while another host does not answer": (
        "p1 -> p2",
        lambda fleet: silent("kvm3")(gone(("tunnel", "kvm2", "m_kvm1_kvm2"))(fleet)),
        "tunnel m_kvm1_kvm2 on kvm2",
        "no end on kvm2",
        MESH,
    ),
    "a hub that does not answer": (
        "w1 -> w3",
        lambda fleet: silent("kvm2")(
            added(tunnel("u", "two", ADDRESS["kvm2"], "kvm3", by="ovs", key=7))(fleet)
        ),
        "host kvm2",
        "does not answer",
        "",
    ),
    "patch ports of which one leads elsewhere": (
        "w3 -> o3",
        added(
            port("a", "two", "kvm3", type="patch", peer="b"), port("b", "out", "kvm3", type="patch", peer="x")
        ),
        "port b on kvm3",
        "leads to x",
        "bridge out on kvm3 port b type patch peer a",
    ),
    "a patch port alone": (
        "w3 -> o3",
        added(port("a", "two", "kvm3", type="patch", peer="b")),
        "port b on kvm3",
        "not there",
        "bridge out on kvm3 port b type patch peer a",
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_where_it_stops_and_what_mends_it(name: str) -> None:
    way, change, where, says, mends = TABLE[name]
    fleet = change(healthy())
    found = asked(way, fleet)
    assert found.stop
    assert thing(found.stop.at) == where
    assert says in found.stop.says
    assert sentence(found.stop, fleet) == mends


def test_who_is_in_the_wrong_VLAN_those_of_its_subnet_tell() -> None:
    ports = [port(f"z{n}", "lan", f"kvm{n}", type="internal", vlan=30) for n in (1, 2, 3)]
    fleet = changed("port", "kvm2", "z2", vlan=None)(added(*ports)(healthy()))
    found = asked("z2 -> z1", fleet).stop
    assert found
    assert found.at == ("port", "kvm1", "z1")  # there are more without a VLAN
    facts = {
        (host, "ovs"): replace(
            fleet.facts_of(host, "ovs", LinkFacts), addresses={f"z{n}": (f"10.0.0.{n}/24",)}
        )
        for n, host in enumerate(HOSTS, 1)
    }
    found = asked("z2 -> z1", replace(fleet, facts=facts)).stop
    assert found
    assert found.at == ("port", "kvm2", "z2")


def test_a_small_underlay_is_noted_and_stops_nothing() -> None:
    fleet = healthy()
    facts = replace(fleet.facts_of("kvm2", "ovs", LinkFacts), mtus={"under": 1300, "eth0": 1300})
    found = asked("p1 -> p2", replace(fleet, facts={**fleet.facts, ("kvm2", "ovs"): facts}))
    assert found.stop is None
    [note] = found.notes
    assert note.at == ("link", "kvm2", "eth0")
    assert "more than 1250 bytes" in note.says
    assert note.command == "ip link set eth0 mtu 1550"


def test_what_a_host_tells_is_taken_where_it_is_nearer() -> None:
    fleet, drop = healthy(), Finding(("bridge", "kvm2", "lan"), "a flow drops it")
    assert asked("p1 -> p2", fleet, drop).stop == drop
    assert asked("p1 -> p2", down("kvm2", "p2")(fleet), drop).stop == drop  # it is before the port
    found = asked("p1 -> p2", down("kvm1", "p1")(fleet), drop).stop
    assert found
    assert found.at == ("port", "kvm1", "p1")
    moved = Finding(("port", "kvm2", "v2n"), "its tap is elsewhere", {"bridge": "lan"})
    stop = asked("v1 -> v2", changed("port", "kvm2", "v2n", bridge="out")(fleet), moved).stop
    assert stop == moved
    away = Finding(("host", "kvm2", "kvm2"), "its switch does not answer")
    assert asked("p1 -> p2", down("kvm2", "p2")(fleet), drop, away).stop == away
    deaf = changed("tunnel", "kvm2", "m_kvm1_kvm2", state="down")(fleet)
    assert asked("p1 -> p2", deaf, drop).stop == drop  # of that the silence is a symptom
    note = Finding(("host", "kvm2", "kvm2"), "not asked", stops=False)
    assert asked("p1 -> p2", fleet, note).stop is None


def test_what_hosts_are_asked() -> None:
    fleet, asking = healthy(), Asked()
    ends = meant_by(phrase("p1 -> p2"), fleet, lambda problem: None)
    assert ends
    find(ends, fleet, cast(Asking, asking))
    way, below = asking.routes
    assert [hop.kind for hop in way.hops] == ["port", "bridge", "tunnel", "bridge", "port"]
    assert way.macs == ("02:00:00:00:00:01", "02:00:00:00:00:02")
    assert [(hop.enters, hop.leaves, hop.remote, hop.origin, hop.vlan) for hop in way.hops if hop.kind == "bridge"] == [
        ("p1", "m_kvm1_kvm2", ADDRESS["kvm2"], "", 10), ("m_kvm1_kvm2", "p2", "", ADDRESS["kvm1"], 10),
    ]  # fmt: skip
    assert below.carries == "vxlan"
    assert [(hop.place, hop.enters, hop.leaves) for hop in below.hops if hop.kind == "bridge" and hop.enters] == [
        ("kvm1", "under", "eth0"), ("kvm2", "eth0", "under"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("way", "code"),
    [
        ("p1 -> nobody", "E304"), ("p1 -> p1", "E232"), ("v1 -> vm:v1", "E232"), ("p1 -> 192.0.2.77", "E502"),
        ("p1 -> port:v2", "E304"), ("p1 -> kvm2/nothing", "E304"), ("x -> p1", "E220"),
    ],
)  # fmt: skip
def test_ends_that_are_not_clear(way: str, code: str) -> None:
    fleet, problems = added(port("x", "lan", "kvm1"), port("x", "lan", "kvm2"))(healthy()), list[Diagnostic]()
    assert meant_by(phrase(way), fleet, problems.append) is None
    assert [problem.code for problem in problems] == [code]
