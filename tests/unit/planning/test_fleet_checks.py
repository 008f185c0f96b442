"""What is checked within a script is checked against all that the hosts hold, too; and whom a change cuts off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vnetsh.diagnostics import Diagnostic, Source
from vnetsh.engine.failures import HostsDown, PlanRefused
from vnetsh.journal import runs
from vnetsh.model import ActionKind, Change, Fleet, Host, Impact, LinkFacts, Resource
from vnetsh.planning.fleet_checks import one_switch_takes_vxlan, uplinks_are_there
from vnetsh.session import Session
from vnetsh.testing.fleet import bridge, nic, port, tunnel, vm
from vnetsh_demo.backend import DemoBackend

HOST = {f"kvm{n}": f"192.0.2.{n}" for n in (1, 2, 3)}


def put(session: Session, *resources: Resource) -> None:
    backend = session.plugins.backends["demo"]
    assert isinstance(backend, DemoBackend)
    for one in resources:
        backend.host(one.place).resources[one.kind, one.name] = replace(one, backend="demo")


def joined(name: str, on: str, one: str, other: str, **more: int) -> list[Resource]:
    return [tunnel(name, on, HOST[other], one, **more), tunnel(name, on, HOST[one], other, **more)]


def found(session: Session, text: str) -> list[Diagnostic]:
    try:
        session.prepare(Source("x", text))
    except PlanRefused as refused:
        return list(refused.problems)
    return []


@pytest.fixture
def fleet(demo: Session) -> Session:
    """Bridge `b` on all hosts, a tunnel from kvm1 to kvm2 and one from kvm2 to kvm3; a vm on each of the three."""
    hosts = {name: place.address for name, place in demo.hosts.items()}
    HOST.update(hosts)
    put(demo, *(bridge("b", host) for host in HOST), bridge("c", "kvm1"), bridge("c", "kvm2"))
    put(demo, *joined("t12", "b", "kvm1", "kvm2"), *joined("t23", "b", "kvm2", "kvm3"))
    put(demo, bridge("d", "kvm1"), bridge("d", "kvm2"))
    put(demo, *(end.with_attributes(type="vxlan", key=0) for end in joined("vx", "d", "kvm1", "kvm2")))
    for host in HOST:
        name = f"v{host[-1]}"
        mac = f"52:54:00:00:00:0{host[-1]}"
        put(
            demo,
            vm(name, host, state="running", memory=2**26, vcpus=1),
            nic(f"{name}_p", "b", name, host, mac=mac),
        )
    return demo


@pytest.mark.parametrize(
    ("text", "code", "mark", "says"),
    [
        ("tunnel x kvm1<->kvm2 on b key 7", "E211", "x", "tunnel t12"),
        ("tunnel x kvm1<->kvm3 on b", "E211", "x", "tunnel t12, tunnel t23"),
        ("tunnel x kvm1<->kvm2 on c", "E209", "x", "like `t12` of bridge `b`"),
        (
            "tunnel y kvm1<->kvm2 on c type vxlan",
            "E209",
            "y",
            "with no key",
        ),
        (
            "vm n on kvm3 port b mac 52:54:00:00:00:01",
            "E210",
            "52:54:00:00:00:01",
            "port `v1_p` of vm `v1` on kvm1",
        ),
        ("vm v2 port b name v2_p mac 52:54:00:00:00:03", "E210", "52:54:00:00:00:03", "port `v3_p`"),
        ("bridge e on kvm1 uplink eth7", "E222", "eth7", "host `kvm1` has no NIC `eth7`"),
        ("bridge e on kvm1 uplink c", "E203", "c", "by bridge c"),
        ("bridge e on kvm1 uplink t12", "E203", "t12", "by tunnel t12"),
        ("bridge e on kvm1 uplink v1_p", "E203", "v1_p", "by a port of vm v1"),
        ("bridge f on kvm1, kvm2 uplink eth1; bridge e on kvm1 uplink eht1", "E222", "eht1", "no NIC `eht1`"),
    ],
)
def test_refused(fleet: Session, text: str, code: str, mark: str, says: str) -> None:
    problems = found(fleet, text)
    assert [problem.code for problem in problems] == [code], problems
    [problem] = problems
    assert says in problem.message
    assert problem.span is not None
    assert text[problem.span.start : problem.span.end] == mark


@pytest.mark.parametrize(
    "text",
    [
        "tunnel x kvm1<->kvm2 on c key 7",
        "tunnel t12 kvm1<->kvm2 on b",
        "delete tunnel t12; tunnel x kvm1<->kvm3 on b",
        "vm v1 port b name v1_p mac 52:54:00:00:00:01",
        "delete vm v1; vm n on kvm3 port b mac 52:54:00:00:00:01",
        "bridge e on kvm1 uplink eth1",
    ],
)
def test_no_problem(fleet: Session, text: str) -> None:
    assert found(fleet, text) == []


def test_patch_ports_and_a_tunnel_make_a_loop(fleet: Session) -> None:
    put(fleet, port("p", "b", "kvm1", peer="q"), port("q", "c", "kvm1", peer="p"))
    put(fleet, port("p", "b", "kvm2", peer="q"), port("q", "c", "kvm2", peer="p"))
    [problem] = found(fleet, "tunnel x kvm1<->kvm2 on c key 7")
    assert problem.code == "E211"
    assert "patch ports p and q of kvm1" in problem.message


def test_two_patch_ports_of_one_bridge_make_a_loop(fleet: Session) -> None:
    [problem] = found(fleet, "bridge b on kvm1 { port p type patch peer q; port q type patch peer p }")
    assert problem.code == "E211"
    assert problem.message.endswith("it leads from bridge `b` on kvm1 back to that")


RING = "tunnel t13 kvm1<->kvm3 on b key 7"


def trees(*hosts: str) -> str:
    return "; ".join(f"bridge b on {host} stp yes" for host in hosts)


def test_a_spanning_tree_on_all_its_bridges_makes_a_ring_safe(fleet: Session) -> None:
    [problem] = found(fleet, RING)
    assert problem.code == "E211"
    assert [one.code for one in found(fleet, f"{trees('kvm1', 'kvm2')}; {RING}")] == ["E211"]
    assert not found(fleet, f"{trees(*HOST)}; {RING}")
    assert fleet.apply(fleet.prepare(Source("x", f"{trees(*HOST)}; {RING}"))).ok
    assert not found(fleet, "bridge b on kvm1 priority 4096")
    for host in HOST:
        [problem] = found(fleet, f"bridge b on {host} stp none")
        assert problem.message.startswith("without its spanning tree bridge `b` closes a loop: ")
    assert not found(fleet, "delete tunnel t13; bridge b on kvm2 stp none")


def test_whether_it_does_over_a_network_outside_nobody_knows(fleet: Session) -> None:
    put(fleet, bridge("b", "kvm1", uplink="eth1", stp="yes"), bridge("b", "kvm2", uplink="eth1", stp="yes"))
    put(fleet, bridge("e", "kvm1", uplink="eth2"), bridge("e", "kvm2", uplink="eth2"))
    for text in ("tunnel x kvm1<->kvm2 on e key 7", "bridge b on kvm3 stp yes uplink eth1"):
        changes = fleet.prepare(Source("x", text)).plan.changes
        assert any("perhaps a loop" in one.how for one in changes), text


def test_a_host_takes_packets_of_vxlan_by_one_switch_only() -> None:
    def ends(*by: str, **more: int) -> Fleet:
        made = [tunnel(f"t{n}", "b", HOST["kvm2"], by=one, type="vxlan", key=n) for n, one in enumerate(by)]
        made[0] = made[0].with_attributes(**more)
        return Fleet({}, {one.key: one for one in made})

    def said(after: Fleet) -> list[str]:
        new = Change(ActionKind.ADD, None, after.resources["tunnel", "kvm1", "t1"])
        return [problem.code for problem in one_switch_takes_vxlan([new], Fleet({}), after)]

    assert said(ends("linux", "ovs")) == said(ends("ovs", "linux")) == ["E498"]
    assert said(ends("ovs", "ovs")) == said(ends("linux", "linux")) == []
    assert said(ends("linux", "ovs", **{"udp-port": 8472})) == []


def test_a_mesh_of_linux_bridges_looks_for_nobody(demo: Session) -> None:
    for backend, bfd in (("linux", None), ("ovs", "yes")):
        mesh = f"mesh {backend} kvm[1-3] on m{backend} type vxlan key 7"
        text = f"bridge m{backend} on kvm1, kvm2 backend {backend}; {mesh}"
        changes = demo.prepare(Source("x", text)).plan.changes
        assert {one.resource.get("bfd") for one in changes if one.resource.kind == "tunnel"} == {bfd}
        [implied] = [one.resource for one in changes if one.resource.kind == "bridge" and one.place == "kvm3"]
        assert implied.get("backend") == ("linux" if backend == "linux" else None)
        assert demo.apply(demo.prepare(Source("x", f"bridge m{backend} on kvm1, kvm2 backend {backend}"))).ok
        changes = demo.prepare(Source("x", f"bridge m{backend} on kvm1, kvm2 mtu 1400; {mesh}")).plan.changes
        assert {one.resource.get("bfd") for one in changes if one.resource.kind == "tunnel"} == {bfd}


def test_uplinks_of_one_name_make_a_loop_perhaps(fleet: Session) -> None:
    [one, _] = fleet.prepare(Source("x", "tunnel x kvm1<->kvm2 on vswitch01 key 9")).plan.changes
    assert one.impact is Impact.BRIEF
    assert "perhaps a loop" in one.how


MEETINGS = {
    "start copy": "port `copy_p` of vm `copy` on kvm2 would meet port `v1_p` of vm `v1` on kvm1",
    "stop v1; start copy": "",
    "start apart": "",
    "start apart; tunnel y kvm1<->kvm3 on c key 5": "port `apart_p` of vm `apart` on kvm3",
    "start apart; vm apart port b name apart_p": "port `apart_p` of vm `apart` on kvm3 would meet",
    "stop v1; start copy; start v1": "port `v1_p` of vm `v1` on kvm1 would meet port `copy_p` of vm `copy` on kvm2",
}


@pytest.mark.parametrize("text", MEETINGS)
def test_two_nics_of_one_mac_do_not_come_to_meet(fleet: Session, text: str) -> None:
    """A copy of v1 in its network, and one on a bridge that nothing joins: both are off."""
    off_now = {"state": "stopped", "memory": 2**26, "vcpus": 1}
    mac = "52:54:00:00:00:01"
    put(fleet, vm("copy", "kvm2", **off_now), nic("copy_p", "b", "copy", "kvm2", mac=mac.upper()))
    put(
        fleet,
        bridge("c", "kvm3"),
        vm("apart", "kvm3", **off_now),
        nic("apart_p", "c", "apart", "kvm3", mac=mac),
    )
    put(fleet, vm("both", "kvm1"), nic("both_p", "c", "both", "kvm1", mac=mac))
    problems = found(fleet, text)
    assert [problem.code for problem in problems] == (["E210"] if MEETINGS[text] else [])
    assert all(MEETINGS[text] in problem.message for problem in problems)


IMPACTS = {
    "delete tunnel t12": (Impact.BRIEF, "cuts v1 off from v2 and v3"),
    "delete vm v3; delete tunnel t23": (Impact.RESTART, ""),
    "stop v1; delete tunnel t12": (Impact.RESTART, ""),
    "vm v1 port b name v1_p vlan 7": (Impact.BRIEF, "v1 loses v2 and v3"),
    "vm v1 port c name v1_p": (Impact.BRIEF, "v1 loses v2 and v3"),
    "migrate v1 to kvm3": (Impact.LIVE, "live, peer to peer"),
    "delete tunnel t23; migrate v1 to kvm3": (Impact.BRIEF, "v1 loses v2"),
    "tunnel t12 kvm1<->kvm2 on c": (Impact.BRIEF, "cuts v1 off from v2 and v3"),
    "bridge b on kvm1, kvm3 uplink eth1; delete tunnel t12": (Impact.BRIEF, ""),
}


@pytest.mark.parametrize("text", IMPACTS)
def test_impact_says_whom_a_change_cuts_off(fleet: Session, text: str) -> None:
    impact, how = IMPACTS[text]
    plan = fleet.prepare(Source("x", text)).plan
    assert plan.impact is impact
    assert how in plan.changes[-1].how


def test_the_undo_of_a_change_says_so_as_well(fleet: Session) -> None:
    fleet.apply(fleet.prepare(Source("x", "delete tunnel t12")))
    fleet.apply(fleet.prepare(Source("x", "tunnel x kvm1<->kvm3 on b")))
    plan = fleet.take_back(next(iter(runs(fleet.runs)))).plan
    assert "cuts v1 off from v2 and v3" in plan.changes[0].how
    assert plan.impact is Impact.BRIEF


def off(session: Session, *hosts: str) -> None:
    backend = session.plugins.backends["demo"]
    assert isinstance(backend, DemoBackend)
    for host in hosts:
        backend.host(host).powered = False


@pytest.mark.parametrize(
    "text",
    [
        "stop v1",
        "vm v1 memory 128M",
        "migrate v1 to kvm2",
        "delete vm v1",
        "delete tunnel t12 on kvm1, kvm2",
        "tunnel x kvm1<->kvm2 on c key 7",
        "bridge g on kvm1 uplink eth1",
    ],
)
def test_a_host_that_is_not_needed_may_be_silent_and_that_is_said(fleet: Session, text: str) -> None:
    off(fleet, "kvm3")
    prepared = fleet.prepare(Source("x", text))
    assert prepared.plan.changes
    assert [note.partition(":")[0] for note in prepared.unseen] == ["what kvm3 holds was not checked"]
    assert fleet.apply(prepared).ok


@pytest.mark.parametrize(
    "text",
    ["vm new on kvm1", "delete tunnel t12", "migrate v1 to kvm3", "bridge g on kvm3", "delete bridge c"],
)
def test_a_host_that_is_needed_must_answer(fleet: Session, text: str) -> None:
    off(fleet, "kvm3")
    with pytest.raises(HostsDown):
        fleet.prepare(Source("x", text))


def test_who_changes_nothing_of_others_is_not_kept_by_them(fleet: Session) -> None:
    off(fleet, "kvm2", "kvm3")
    assert fleet.prepare(Source("x", "bridge g on kvm1")).unseen == ()


def test_a_drift_is_what_differs_and_never_a_refusal(fleet: Session) -> None:
    put(fleet, port("p", "c", "kvm1", type="internal"))
    text = (
        "bridge c on kvm1 backend linux { port p type system }\n"
        "tunnel t12 kvm1<->kvm2 on b type vxlan key 9\n"
        "vm v1 port gone name v1_p\n"
        "vm lost memory 1G"
    )
    prepared = fleet.drift(Source("x", text))
    differing = {(c.resource.name, name) for c in prepared.plan.changes for name in c.differing()}
    assert {("c", "backend"), ("p", "type"), ("t12", "type"), ("t12", "key"), ("v1_p", "bridge")} <= differing
    assert sorted(problem.code for problem in prepared.differences) == ["E301", "E302"]


@pytest.mark.parametrize(("whole", "codes"), [(True, ["E222"]), (False, [])])
def test_an_uplink_is_missing_only_where_all_links_are_seen(whole: bool, codes: list[str]) -> None:
    wanted = bridge("b", by="ovs", uplink="nic0")
    facts = {("kvm1", "ovs"): LinkFacts(mtus={"eth1": 1500}, whole=whole)}
    before = Fleet({"kvm1": Host("kvm1", "192.0.2.1")}, {}, facts)
    change = Change(ActionKind.ADD, None, wanted)
    problems = list(uplinks_are_there([change], before, before.after([change])))
    assert [problem.code for problem in problems] == codes
    assert all("`eth1`" in problem.help for problem in problems)


def test_a_host_has_addresses_at_its_own_devices_alone(fleet: Session) -> None:
    put(fleet, port("p", "c", "kvm1", type="internal"), port("q", "c", "kvm1", type="system"))
    for said, codes in {"p": [], "q": ["E513"], "r type internal": [], "r": ["E513"]}.items():
        problems = found(fleet, f"bridge c on kvm1 port {said} address 10.5.0.1/24")
        assert [problem.code for problem in problems] == codes
