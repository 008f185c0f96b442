"""What `show` finds: conditions, columns and order, on hosts in memory."""

from __future__ import annotations

import pytest
from conftest import apply

from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.schema import Answer
from vnetsh.session import Session

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
