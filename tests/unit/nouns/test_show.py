"""What `show` finds: conditions, columns and order, on hosts in memory."""

from __future__ import annotations

import pytest
from conftest import apply

from vnetsh import journal
from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.errors import UsageError
from vnetsh.schema import Answer
from vnetsh.session import Session
from vnetsh_demo.backend import DemoBackend
from vnetsh_demo.host import DemoHost

SCRIPT = """
bridge vs1 on kvm1, kvm2
vm web1 on kvm1 memory 2G vcpus 2 port vs1 name p1 vlan 10
vm web2 on kvm1 memory 512M port vs1 name p2 trunk 20, 30-32
vm web10 on kvm2 memory 1G port vs1 name p10
stop web2
"""


@pytest.fixture
def fleet(demo: Session) -> Session:
    apply(demo, SCRIPT)
    return demo


def told(session: Session, sentence: str) -> Answer:
    answers: list[Answer] = []
    session.apply(session.prepare(Source("<t>", sentence)), answers.append)
    (answer,) = answers
    return answer


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("ports where vlan 10", ["p1"]),
        ("ports where vlan none and not type internal and bridge vs1", ["p10", "p2"]),
        ("ports on kvm1 where not vlan 10 and vm web*", ["p2"]),
        ("ports where trunk 31", ["p2"]),
        ("ports where trunk 20, 30", ["p2"]),
        ("ports where trunk 40", []),
        ("vms where memory > 512M and memory < 2G", ["web10"]),
        ("vms where memory >= 1G", ["web1", "web10"]),
        ("vms where memory above 1G", ["web1"]),
        ("vms where vcpus below 2 and state running", ["web10"]),
        ("vms where host kvm2", ["web10"]),
        ("vms where name web1*", ["web1", "web10"]),
        ('vms where name "web1"', ["web1"]),
        ("vms sort by memory", ["web2", "web10", "web1"]),
        ("vms sort by memory descending", ["web1", "web10", "web2"]),
        ("vms sort by name", ["web1", "web2", "web10"]),
        ("vms sort by name where state running", ["web1", "web10"]),
        ("vms sort by host sort by memory", ["web2", "web1", "web10"]),
        ("vms web1, web2 where state running", ["web1"]),
        ("ports where vlan 10 on kvm2", []),
    ],
)
def test_conditions_and_order(said: str, names: list[str], fleet: Session) -> None:
    ((_, found),) = told(fleet, f"show {said}").found.items()
    assert [one.name for one in found if one.get("type") != "system"] == names


def test_columns(fleet: Session) -> None:
    answer = told(fleet, "show vms columns memory, name")
    assert answer.columns == ("memory", "name")


@pytest.mark.parametrize("kinds", ["vms ports", "vms, ports"])
def test_several_kinds_are_one_answer(kinds: str, fleet: Session) -> None:
    answer = told(fleet, f"show {kinds} where host kvm2 columns name, vlan")
    assert {kind: [one.name for one in found] for kind, found in answer.found.items()} == {
        "vm": ["web10"],
        "port": ["p10"],
    }


@pytest.mark.parametrize(
    ("said", "problem", "place", "help"),
    [
        ("vms where stat running", "E103", "stat", "did you mean `state`?"),
        ("vms where memory fast", "E104", "fast", "a number and a unit"),
        ("vms where memory > many", "E104", "many", "a number and a unit"),
        ("vms where state > running", "E543", ">", "`state VALUE`"),
        ("vms where", "E105", "where", "for example"),
        ("vms where not", "E105", "where not", "for example"),
        ("vms where memory 1G vcpus 2", "E103", "vcpus", "`and vcpus …`"),
        ("vms and memory 1G", "E103", "and", "`where`"),
        ("vms columns nam", "E104", "nam", "did you mean `name`?"),
        ("vms sort memory", "E103", "memory", "`by`"),
        ("vms sort by memry", "E104", "memry", "did you mean `memory`?"),
        ("vms ports where vlan 10", "E103", "vlan", "`not`"),
        ("vms, prots", "E542", "prots", "did you mean `ports`?"),
    ],
)
def test_problems(said: str, problem: str, place: str, help: str, demo: Session) -> None:
    source = Source("<t>", f"show {said}")
    with pytest.raises(ProblemsFound) as found:
        demo.check(source)
    (one,) = found.value.problems
    assert one.span
    assert (one.code, source.text[one.span.start : one.span.end]) == (problem, place)
    assert help in (one.help or "")


def host(session: Session, name: str) -> DemoHost:
    backend = session.backends["demo"]
    assert isinstance(backend, DemoBackend)
    return backend.host(name)


def names(session: Session, sentence: str) -> list[tuple[str, str]]:
    ((_, found),) = told(session, sentence).found.items()
    return [(one.name, one.place) for one in found]


def test_images_are_what_disks_can_be_made_of(demo: Session) -> None:
    apply(demo, "vm web on kvm1 disk cirros.qcow2 disk data size 1G; vm db on kvm2 cdrom debian12.iso")
    assert ("cirros.qcow2", "kvm2") in names(demo, "show images")
    assert names(demo, "show images where used-by web") == [("cirros.qcow2", "kvm1")]
    assert names(demo, "show images on kvm2 where used-by db") == [("debian12.iso", "kvm2")]
    assert not names(demo, "show images where name web*"), "the disks of vms are none"
    with pytest.raises(PlanRefused):
        demo.prepare(Source("<t>", "delete image cirros.qcow2"))


def test_migrations_and_runs(demo: Session) -> None:
    apply(demo, "vm web on kvm1 port vswitch01; vm db on kvm1")
    apply(demo, "migrate web to kvm2 outage 5s")
    apply(demo, "migrate db to kvm3")
    ((_, moves),) = told(demo, "show migrations").found.items()
    assert [(m.name, m.get("vm"), m.get("from"), m.get("to"), m.get("state")) for m in moves] == [
        ("3", "db", "kvm1", "kvm3", "done"),
        ("2", "web", "kvm1", "kvm2", "done"),
    ]
    assert [one.get("gap") for one in moves] == [None, 0]
    assert all(isinstance(one.get("took"), int) for one in moves)
    assert [one.name for one in told(demo, "show migrations on kvm2").found["migration"]] == ["2"]
    assert [one.name for one in told(demo, "show migrations where vm db").found["migration"]] == ["3"]
    runs = told(demo, "show runs where hosts kvm3").found["run"]
    assert [(one.name, one.get("changes"), one.get("outcome")) for one in runs] == [("3", "1 move", "done")]
    apply_undo(demo, 3)
    moves = told(demo, "show migrations where vm db").found["migration"]
    assert [(one.name, one.get("to"), one.get("state")) for one in moves] == [
        ("4", "kvm1", "done"),
        ("3", "kvm3", "taken back by 4"),
    ]


def apply_undo(session: Session, number: int) -> None:
    run = next(run for run in journal.runs(session.runs) if run.number == number)
    assert session.apply(session.take_back(run)).ok


def test_a_name_that_nothing_has_is_said(demo: Session) -> None:
    apply(demo, "vm web on kvm1")
    with pytest.raises(UsageError, match="there is no vm `wbe`") as found:
        told(demo, "show vm wbe")
    assert found.value.help == "did you mean `web`? there is web"
    assert not names(demo, "show vms wbe"), "a list of none"


def test_a_host_that_does_not_answer_has_its_row(demo: Session) -> None:
    host(demo, "kvm2").powered = False
    rows = {one.name: one.attributes for one in told(demo, "show hosts").found["host"]}
    assert (rows["kvm1"]["reachable"], rows["kvm2"]["reachable"]) == ("yes", "no")
    assert rows["kvm2"]["error"] == "No route to host"
    assert [name for name, _ in names(demo, "show bridges")] == ["vswitch01"] * 2
    assert [*demo.left_out] == ["kvm2"]
    assert "✗ No route to host" in [branch.text for branch in told(demo, "tree").tree][1]


def test_a_tree_says_what_is_wrong(demo: Session) -> None:
    apply(demo, "bridge b on kvm1, kvm2; tunnel t kvm1<->kvm2 on b")
    host(demo, "kvm2").remove("tunnel", "t")
    (drawn,) = told(demo, "tree on kvm1").tree
    (tunnel,) = [one for bridge in drawn.branches for one in bridge.branches if "tunnel" in one.text]
    assert tunnel.wrong
    assert tunnel.text == "tunnel t → kvm2  gre  kvm2 has no such tunnel"
    with pytest.raises(UsageError, match="there is no tunnel `tt`"):
        told(demo, "tree tunnel tt")


def test_a_tree_has_each_bridge_once_however_often_it_is_joined(demo: Session) -> None:
    ports = {x: " ".join(f"port {x}{n} type patch peer {y}{n}" for n in (1, 2)) for x, y in ("xy", "yx")}
    apply(demo, "; ".join(f"bridge {name} on kvm1 stp yes {said}" for name, said in ports.items()))
    (drawn,) = told(demo, "tree bridge x on kvm1").tree
    joined = [one for one in drawn.branches if one.text.startswith("bridge ")]
    by = "the patch ports x1 and y1 of kvm1, the patch ports x2 and y2 of kvm1"
    assert [(one.text, one.about["by"]) for one in joined] == [(f"bridge y  ovs  on kvm1  by {by}", by)]
