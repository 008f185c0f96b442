"""A vm that a cluster keeps up is changed by that alone: what is planned, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from vnetsh.diagnostics import Diagnostic, Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.model import ActionKind, Change, Fleet, Host, Impact, Place, Resource
from vnetsh.placement.picture import Picture
from vnetsh.planning.undoing import assessed
from vnetsh.registry import Plugins
from vnetsh.session import Session
from vnetsh_pacemaker.backend import PacemakerBackend
from vnetsh_pacemaker.facts import ClusterFacts
from vnetsh_pacemaker.sort import NAME, NO_QUORUM

UNDER = (
    "bridge br0 on kvm[1-3]; fence kvm[1-3] by fence_lab; vm web01 on kvm1 port br0; vm web02 on kvm2 port br0; "
    "ha web01 migrate"
)
HOSTS = ("kvm1", "kvm2", "kvm3")


def fleet(vm: Resource, kept: Resource, facts: ClusterFacts | None = None) -> Fleet:
    places: Mapping[str, Place] = {
        **{name: Host(name) for name in (*HOSTS, "kvm4")},
        "ha1": Place("ha1", sort="pacemaker", noun="cluster", hosts=HOSTS),
    }
    told = facts or ClusterFacts(nodes=dict.fromkeys(HOSTS, "online"))
    return Fleet(places, {one.key: one for one in (vm, kept)}, {("ha1", NAME): told})


VM = Resource("vm", "web01", "kvm1", {"state": "running"}, backend="libvirt")
KEPT = Resource("ha", "web01", "ha1", {"migrate": True}, backend=NAME, marked=True)


def move(to: str) -> Change:
    return Change(ActionKind.MOVE, VM, Resource("vm", "web01", to, VM.attributes, backend="libvirt"))


@pytest.fixture
def demo(plugins: Plugins) -> Iterator[Session]:
    with Session(plugins, plugins.worlds["demo"].hosts("3")) as session:
        assert session.apply(session.prepare(Source("under", UNDER))).ok
        yield session


@pytest.mark.parametrize(
    "sentence",
    [
        "suspend web01",
        "save web01",
        "delete vm web01",
        "vm web01 memory 1G",
        "vm web01 port br0 vlan 5",
    ],
)
def test_what_would_go_behind_its_back_is_refused(demo: Session, sentence: str) -> None:
    with pytest.raises(PlanRefused) as refused:
        demo.prepare(Source("test", sentence))
    assert [problem.code for problem in refused.value.problems] == ["E593"]


def test_a_backup_of_it_is_made_and_no_restore_goes_behind_its_back(demo: Session) -> None:
    under = "pool safe on kvm1 path /srv/safe; vm web03 on kvm1 disk data size 1G; ha web03"
    assert demo.apply(demo.prepare(Source("under", under))).ok
    assert demo.apply(demo.prepare(Source("backup", "backup web03 to safe"))).ok
    assert demo.apply(demo.prepare(Source("stop", "stop web03"))).ok
    with pytest.raises(PlanRefused) as refused:
        demo.prepare(Source("test", "restore web03 from 1"))
    assert [problem.code for problem in refused.value.problems] == ["E593"]
    assert demo.prepare(Source("test", "restore web03 from 1 as web04")).plan.changes
    for remedy in ("delete ha web03", "restore web03 from 1", "start web03", "ha web03"):
        assert demo.apply(demo.prepare(Source("remedy", remedy))).ok


def test_others_are_changed_as_ever_and_it_is_moved(demo: Session) -> None:
    assert demo.apply(demo.prepare(Source("test", "stop web02; migrate web01 to kvm2"))).ok
    assert demo.look("vm")[0].get("managed-by") == "ha1"
    assert not demo.prepare(Source("again", UNDER)).plan.changes


def test_a_drained_host_is_in_standby_and_undrained_in_none(demo: Session) -> None:
    assert demo.apply(demo.prepare(Source("test", "drain kvm1"))).ok
    kvm1 = next(one for one in demo.look("member") if one.name == "kvm1")
    assert kvm1.get("standby")
    [web01] = [vm for vm in demo.look("vm") if vm.name == "web01"]
    assert web01.place != "kvm1"
    assert not demo.prepare(Source("again", "drain kvm1")).plan.changes
    assert demo.apply(demo.prepare(Source("test", "undrain kvm1"))).ok
    assert not any(one.get("standby") for one in demo.look("member"))
    assert not demo.prepare(Source("again", UNDER)).plan.changes


def test_what_is_in_standby_by_others_is_theirs_to_end() -> None:
    theirs = Resource("member", "kvm1", "ha1", {"standby": True}, backend=NAME)
    there = replace(fleet(VM, KEPT), resources={theirs.key: theirs})
    assert Picture(there).closed("kvm1") == "it is in standby"
    assert not Picture(there).closed("kvm2")


def switched(before: str, after: str) -> Change:
    vm = VM.with_attributes(state=before)
    return Change(ActionKind.CHANGE, vm, vm.with_attributes(state=after))


@pytest.mark.parametrize(
    ("before", "after", "impact"),
    [("running", "stopped", Impact.RESTART), ("stopped", "running", Impact.NONE)],
)
def test_the_cluster_stops_and_starts_it(before: str, after: str, impact: Impact) -> None:
    there = fleet(VM.with_attributes(state=before), KEPT)
    instead = PacemakerBackend().governed(switched(before, after), there)
    assert isinstance(instead, Change)
    assert instead.backend == NAME
    assert PacemakerBackend().assess(instead, there).impact is impact
    assert "pcs resource" in " ".join(str(one) for one in PacemakerBackend().commands(instead, there, there))


def test_what_comes_after_it_is_stopped_with_it() -> None:
    order = Resource("order", "web01 then db01", "ha1", {"first": "web01", "then": "db01"}, backend=NAME)
    there = fleet(VM, KEPT)
    there = replace(there, resources={**there.resources, order.key: order})
    instead = PacemakerBackend().governed(switched("running", "stopped"), there)
    assert isinstance(instead, Change)
    assert PacemakerBackend().assess(instead, there).hits == ("web01", "db01")


def test_its_guest_boots_anew_without_the_cluster() -> None:
    reboot = Change(ActionKind.CHANGE, VM, VM, wishes={"reboot": True})
    assert PacemakerBackend().governed(reboot, fleet(VM, KEPT)) is None


def test_it_remembers_where_it_was_drained_from() -> None:
    drained = move("kvm2")
    assert drained.after
    drained = replace(drained, after=drained.after.with_attributes(drained=("kvm1", "kvm2")))
    instead = PacemakerBackend().governed(drained, fleet(VM, KEPT))
    assert isinstance(instead, Change)
    kept = KEPT.with_attributes(drained=("kvm1", "kvm2"))
    assert PacemakerBackend().completed(VM, fleet(VM, kept)).get("drained") == ("kvm1", "kvm2")
    commands = PacemakerBackend().commands(instead, fleet(VM, KEPT), fleet(VM, kept))
    assert commands[-1].argv[-1] == "vnetsh-drained=kvm1 kvm2"


def test_standby_takes_along_what_is_there() -> None:
    member = Resource("member", "kvm1", "ha1", {"state": "online"}, backend=NAME)
    vip = Resource("vip", "192.0.2.50", "ha1", {"at": ("kvm1",)}, backend=NAME)
    order = Resource(
        "order", "192.0.2.50 then web01", "ha1", {"first": "192.0.2.50", "then": "web01"}, backend=NAME
    )
    change = Change(ActionKind.CHANGE, member, member.with_attributes(standby=True, drained=True))
    there = fleet(replace(VM, place="kvm2"), KEPT)
    for more, impact in (((), Impact.NONE), ((vip,), Impact.BRIEF), ((vip, order), Impact.RESTART)):
        here = replace(there, resources={**there.resources, **{one.key: one for one in (member, *more)}})
        assert PacemakerBackend().assess(change, here).impact is impact
    [command] = PacemakerBackend().commands(change, there, there)
    assert command.argv[:4] == ("pcs", "node", "standby", "kvm1")


def test_the_cluster_moves_it() -> None:
    backend = PacemakerBackend()
    instead = backend.governed(move("kvm2"), fleet(VM, KEPT))
    assert isinstance(instead, Change)
    assert (instead.backend, instead.wishes) == (NAME, {"cluster": "ha1"})
    assert backend.assess(instead, fleet(VM, KEPT)).impact is Impact.LIVE
    stopped = Resource("ha", "web01", "ha1", {}, backend=NAME)
    assert backend.assess(instead, fleet(VM, stopped)).impact is Impact.RESTART
    back = backend.governed(instead.inverse(), fleet(VM, KEPT))
    assert isinstance(back, Change)
    assert back.backend == NAME, "and back, too"


@pytest.mark.parametrize(
    ("to", "facts", "says"),
    [
        ("kvm4", None, "is not of cluster `ha1`"),
        ("kvm2", ClusterFacts(quorate=False), "has no quorum"),
        ("kvm2", ClusterFacts(nodes={"kvm1": "online", "kvm2": "standby"}), "it is standby"),
    ],
)
def test_where_the_cluster_cannot_move_it(to: str, facts: ClusterFacts | None, says: str) -> None:
    there = fleet(VM, KEPT, facts)
    instead = PacemakerBackend().governed(move(to), there)
    assert isinstance(instead, Change)
    problem = PacemakerBackend().assess(instead, there).problem
    assert problem
    assert says in problem.message


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (ClusterFacts(unmanaged=frozenset({"web01"})), "E605"),
        (ClusterFacts(halted=("is in maintenance mode", "`pcs`")), "E605"),
        (ClusterFacts(barred={("web01", "kvm2"): "location-web01"}), "E596"),
        (ClusterFacts(bound={"web01": "cli-prefer-web01"}), "E596"),
    ],
)
def test_what_others_told_the_cluster_is_heeded(told: ClusterFacts, code: str) -> None:
    there = fleet(VM, KEPT, replace(told, nodes=dict.fromkeys(HOSTS, "online")))
    instead = PacemakerBackend().governed(move("kvm2"), there)
    assert isinstance(instead, Change), "it is the cluster's all the same, not libvirt's"
    problem = PacemakerBackend().assess(instead, there).problem
    assert problem
    assert problem.code == code
    coming = Change(ActionKind.ADD, None, KEPT)
    assert bool(PacemakerBackend().assess(coming, there).problem) == bool(told.halted)


def test_a_host_that_is_none_of_the_clusters_is_named() -> None:
    told = ClusterFacts(nodes=dict.fromkeys(("hv1", "kvm2", "kvm3"), "online"))
    problem = PacemakerBackend().assess(Change(ActionKind.ADD, None, KEPT), fleet(VM, KEPT, told)).problem
    assert problem
    assert problem.message == "kvm1: cluster `ha1` has no host of that name, but hv1"


def test_what_is_being_given_back_is_as_any_other() -> None:
    told = ClusterFacts(nodes=dict.fromkeys(HOSTS, "online"), leaving=frozenset({"web01"}))
    assert PacemakerBackend().governed(move("kvm2"), fleet(VM, KEPT, told)) is None


def test_without_quorum_nothing_is_changed() -> None:
    there = fleet(VM, KEPT, ClusterFacts(quorate=False))
    problem = PacemakerBackend().assess(Change(ActionKind.REMOVE, KEPT, None), there).problem
    assert problem
    assert problem.code == NO_QUORUM


@pytest.mark.parametrize(
    ("values", "impact"),
    [
        ({"restart": 5}, Impact.LIVE),
        ({"prefer": "kvm2"}, Impact.LIVE),
        ({"transport": "tcp"}, Impact.RESTART),
    ],
)
def test_what_a_change_of_its_agent_costs(values: Mapping[str, str | int], impact: Impact) -> None:
    change = Change(ActionKind.CHANGE, KEPT, KEPT.with_attributes(**values))
    assert PacemakerBackend().assess(change, fleet(VM, KEPT)).impact is impact


def test_what_was_to_be_taken_back_and_is_so_already_is_its_clusters_all_the_same(plugins: Plugins) -> None:
    """A stop that was cut off before it began: its vm runs, under the cluster, and has no definition with libvirt."""
    stop = PacemakerBackend().governed(switched("running", "stopped"), fleet(VM, KEPT))
    assert isinstance(stop, Change)
    problems: list[Diagnostic] = []
    [back], _ = assessed(
        [stop.inverse()], fleet(VM, KEPT), {NAME: PacemakerBackend()}, plugins.vocabulary, problems
    )
    assert (back.backend, back.wishes, back.how) == (NAME, {"cluster": "ha1"}, "already so")
    assert not problems
