"""The demo's world, its faults and refusals; and that the conformance suite can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from vnetsh.backend import ApplyFailed, Assessment
from vnetsh.errors import HostUnreachable, UsageError, VerificationFailed
from vnetsh.model import Fleet, LinkFacts, Resource, hosts_in
from vnetsh.model.change import Change, Impact
from vnetsh.testing.conformance import BackendConformance, Sample, Subject
from vnetsh.testing.fleet import (
    LocalContext,
    add,
    bridge,
    change,
    fleet_of,
    local_host,
    move,
    nic,
    no_progress,
    port,
    remove,
    tunnel,
    vm,
)
from vnetsh_demo import demo_hosts
from vnetsh_demo.backend import DemoBackend
from vnetsh_demo.host import DemoHost

KVM1, KVM2 = local_host("kvm1", world="demo"), local_host("kvm2", world="demo")
GIB = 2**30


@pytest.fixture
def backend() -> DemoBackend:
    return DemoBackend()


@pytest.fixture
def context(backend: DemoBackend) -> Iterator[LocalContext]:
    with LocalContext(backend) as context:
        yield context


def run(context: LocalContext, *changes: Change) -> None:
    connection = context.connection(KVM1, "demo")
    connection.apply(changes, no_progress)
    connection.verify(changes, no_progress)


@pytest.mark.parametrize(("argument", "count"), [("", 3), ("1", 1), ("254", 254)])
def test_hosts(argument: str, count: int) -> None:
    hosts = hosts_in(demo_hosts(argument))
    assert len(hosts) == count
    assert hosts[f"kvm{count}"].address == f"192.0.2.{count}"
    assert {host.world for host in hosts.values()} == {"demo"}


@pytest.mark.parametrize("argument", ["0", "255", "-1", "x", "²"])
def test_no_such_number_of_hosts(argument: str) -> None:
    with pytest.raises(UsageError):
        demo_hosts(argument)


def test_a_host_begins_with_its_uplink_bridge(context: LocalContext) -> None:
    (only,) = context.observe(KVM1).resources.values()
    assert (only.name, only.get("uplink"), only.marked) == ("vswitch01", "eth0", False)


def test_every_backend_has_hosts_of_its_own(backend: DemoBackend, context: LocalContext) -> None:
    run(context, add(bridge("br0")))
    assert DemoBackend().host("kvm1").resources != backend.host("kvm1").resources


def test_a_host_that_is_switched_off(backend: DemoBackend, context: LocalContext) -> None:
    connection = context.connection(KVM1, "demo")
    backend.host("kvm1").powered = False
    for call in (
        lambda: connection.observe(no_progress),
        lambda: run(context, add(bridge("br0"))),
        lambda: connection.verify([], no_progress),
        lambda: backend.connect(KVM1, context),
    ):
        with pytest.raises(HostUnreachable):
            call()
    backend.host("kvm1").powered = True
    connection.observe(no_progress)


def test_a_fault_breaks_off_once(backend: DemoBackend, context: LocalContext) -> None:
    changes = [add(bridge(f"br{n}")) for n in range(3)]
    backend.host("kvm1").fail_next("No space left on device", after=2)
    with pytest.raises(ApplyFailed, match="No space left on device") as failed:
        run(context, *changes)
    assert failed.value.change is changes[2]
    assert failed.value.done == tuple(changes[:2])
    run(context, *[c.inverse() for c in failed.value.done])
    run(context, *changes)


def test_a_device_that_does_not_exist_is_seen_when_verified(context: LocalContext) -> None:
    for wanted in ([bridge("br0", uplink="nosuch0")], [bridge("br1"), port("nosuch1", "br1")]):
        with pytest.raises(VerificationFailed, match="could not open network device nosuch"):
            run(context, *map(add, wanted))


def test_a_vm_moves_with_its_ports_and_back(context: LocalContext) -> None:
    run(context, add(vm("web1")), add(nic("web1_port1", "vswitch01", "web1", vlan=7)))
    before = context.observe(KVM1, KVM2)
    moved = move(before.named("vm", "web1")[0], "kvm2")
    run(context, moved)
    after = context.observe(KVM1, KVM2)
    assert [r.place for kind in ("vm", "port") for r in after.of_kind(kind)] == ["kvm2", "kvm2"]
    assert after.resources == before.after([moved]).resources
    back = moved.inverse()
    context.connection(KVM2, "demo").apply([back], no_progress)
    assert context.observe(KVM1, KVM2).resources == before.resources


def test_a_refused_move_leaves_both_hosts_as_they_were(context: LocalContext) -> None:
    run(context, add(bridge("only1")), add(vm("web1")), add(nic("n1", "only1", "web1")))
    before = context.observe(KVM1, KVM2)
    with pytest.raises(ApplyFailed, match="kvm2: there is no bridge named only1"):
        run(context, move(before.named("vm", "web1")[0], "kvm2"))
    assert context.observe(KVM1, KVM2).resources == before.resources


def test_memory_is_bounded(context: LocalContext) -> None:
    with pytest.raises(ApplyFailed, match="Cannot allocate memory") as failed:
        run(context, *[add(vm(f"web{n}", memory=6 * GIB)) for n in range(3)])
    assert len(failed.value.done) == 2
    assert context.observe(KVM1).facts_of("kvm1", "demo", LinkFacts).free_memory == 4 * GIB


WEB1 = vm("web1", by="demo")
BR0 = bridge("br0", by="demo", backend="ovs")
LINUX = bridge("lin0", by="demo", backend="linux")
GRE1 = tunnel("gre1", "br0", "192.0.2.2", by="demo")
N1 = nic("n1", "br0", "web1", by="demo")
IDLE = vm("idle", by="demo", state="stopped")
FLEET = fleet_of(
    WEB1, BR0, LINUX, GRE1, N1, IDLE, nic("n2", "lin0", "idle"), bridge("up0", uplink="eth1"),
    bridge("br0", "kvm2"), bridge("n9", "kvm2"), hosts=[KVM1, KVM2],
)  # fmt: skip


def assess(change: Change, fleet: Fleet = FLEET) -> Assessment:
    return DemoBackend().assess(change, fleet)


@pytest.mark.parametrize(
    ("changed", "impact", "how"),
    [
        (add(bridge("new")), Impact.NONE, ""),
        (add(nic("n5", "br0", "web1")), Impact.LIVE, "hot-plugged"),
        (add(nic("n5", "br0", "idle")), Impact.NONE, ""),
        (add(nic("n5", "br0", "new")), Impact.NONE, ""),
        (remove(N1), Impact.LIVE, "unplugged"),
        (replace(remove(N1), because="part of vm web1"), Impact.NONE, ""),
        (change(N1, vlan=10), Impact.BRIEF, "updated live"),
        (change(GRE1, key=7), Impact.BRIEF, ""),
        (remove(GRE1), Impact.NONE, ""),
        (change(BR0, uplink="eth2"), Impact.BRIEF, ""),
        (change(WEB1, memory=GIB), Impact.NONE, "takes effect at the next start"),
        (change(WEB1, state="stopped"), Impact.RESTART, "shut down"),
        (change(IDLE, state="running"), Impact.NONE, "started"),
        (remove(WEB1), Impact.RESTART, "stopped and undefined; its disk is kept"),
        (remove(IDLE), Impact.NONE, "undefined; its disk is kept"),
        (move(WEB1, "kvm2"), Impact.LIVE, "live, peer to peer"),
    ],
)
def test_costs(changed: Change, impact: Impact, how: str) -> None:
    found = assess(changed)
    assert (found.problem, found.impact, found.how) == (None, impact, how)
    assert impact is Impact.NONE or "web1" in found.hits


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (remove(BR0), "E401"),
        (add(bridge("new", uplink="eth1")), "E402"),
        (add(bridge("gre1")), "E405"),
        (add(tunnel("n1", "br0", "192.0.2.2")), "E405"),
        (add(tunnel("t", "br0", "192.0.2.2", type="vxlan", key=2**24)), "E404"),
        (add(tunnel("t", "lin0", "192.0.2.2", type="geneve")), "E421"),
        (add(port("p", "lin0", type="internal")), "E422"),
        (add(vm("new", disk="nothing.qcow2")), "E443"),
        (add(nic("gre1", "br0", "web1")), "E441"),
        (move(IDLE, "kvm2"), "E442"),
        (add(vm("new", memory=2**40)), "E444"),
        (add(bridge("new", backend="vde")), "E108"),
    ],
)
def test_refusals(changed: Change, code: str) -> None:
    problem = assess(changed).problem
    assert problem
    assert problem.code == code
    assert problem.help


def test_a_port_name_that_is_taken_at_the_destination() -> None:
    taken = fleet_of(
        WEB1, nic("n9", "br0", "web1"), bridge("br0"), bridge("br0", "kvm2"), bridge("n9", "kvm2")
    )
    problem = assess(move(WEB1, "kvm2"), taken).problem
    assert problem
    assert problem.code == "E441"
    assert "bridge n9 on kvm2" in problem.message


class Unmarked(DemoHost):
    """Forgets the mark."""

    def _put(self, wanted: Resource, old: Resource | None) -> None:
        super()._put(replace(wanted, marked=False), old)


class Keeping(DemoHost):
    """Removes nothing."""

    def remove(self, kind: str, name: str) -> None:
        return


class Stubborn(DemoHost):
    """Takes a change and does not make it."""

    def change(self, wanted: Resource) -> None:
        return


class Credulous(DemoHost):
    """Believes that every device exists."""

    def unrealised(self, resource: Resource) -> str:
        return ""


class Overwriting(DemoHost):
    """An add replaces what is there."""

    def add(self, wanted: Resource) -> None:
        there = (wanted.kind, wanted.name) in self.resources
        self._put(wanted.with_attributes(backend="linux" if there else "ovs"), None)


class Altering(DemoHost):
    """What is removed and restored comes back different."""

    def add(self, wanted: Resource) -> None:
        super().add(wanted.with_attributes(uplink="eth1") if self.resources.get(("gone", "")) else wanted)

    def remove(self, kind: str, name: str) -> None:
        super().remove(kind, name)
        self.resources["gone", ""] = Resource("bridge", "gone", self.name, {}, backend="demo")


SUITE = BackendConformance


@pytest.mark.parametrize(
    ("host", "caught_by"),
    [
        (Unmarked, SUITE.test_shows_what_it_made),
        (Keeping, SUITE.test_taking_an_addition_back_leaves_nothing),
        (Keeping, SUITE.test_removing_what_is_gone_is_fine),
        (Altering, SUITE.test_taking_a_removal_back_restores_it_whole),
        (Stubborn, SUITE.test_changes_and_takes_back),
        (Overwriting, SUITE.test_adding_twice_corrupts_nothing),
        (Credulous, SUITE.test_a_failure_leaves_nothing),
    ],
)
def test_the_conformance_suite_catches(
    host: type[DemoHost],
    caught_by: Callable[[BackendConformance, Subject], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    samples = [Sample("bridge", [bridge("br0")], changes=[{"uplink": "eth1"}])]
    impossible = [Sample("no device", [bridge("br0", uplink="nosuch0")])]

    def conforms() -> None:
        backend = DemoBackend()
        with LocalContext(backend) as context:
            caught_by(SUITE(), Subject(backend, KVM1, context, samples, impossible))

    conforms()
    monkeypatch.setattr("vnetsh_demo.backend.DemoHost", host)
    with pytest.raises((AssertionError, VerificationFailed)):
        conforms()
