"""Blocks that have to be confirmed, on hosts in memory: confirmed, refused by an expectation, asked about, too late."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.engine.report import Outcome, Report
from vnetsh.registry import Plugins, load_plugins
from vnetsh.script.confirmed import OPTION
from vnetsh.session import Session

BEFORE = "bridge keep on kvm1 port k1 type internal vlan 5"
BLOCK = """
bridge new on kvm1, kvm2 port n1 type internal
bridge keep on kvm1 port k1 vlan 6
delete bridge gone on kvm2
"""


@pytest.fixture
def session() -> Iterator[Session]:
    plugins = load_plugins()
    with Session(plugins, plugins.worlds["demo"].hosts("2")) as found:
        done(found, f"{BEFORE}\nbridge gone on kvm2")
        yield found


def done(session: Session, script: str) -> Report:
    return session.apply(session.prepare(Source("<test>", script), lock=True))


def state(session: Session) -> list[object]:
    found = session.observe().resources.values()
    return sorted((r.kind, r.place, r.name, sorted(map(str, r.attributes.items()))) for r in found)


def test_what_is_as_expected_stands_and_is_undone_like_anything(session: Session) -> None:
    before = state(session)
    report = done(session, f"confirm within 20s {{ {BLOCK} expect port n1 bridge new }}")
    assert report.ok
    assert report.count(Outcome.DONE) == 6
    assert {name for _, _, name, _ in state(session)} >= {"new", "n1"}  # type: ignore[misc]
    again = session.prepare(Source("<test>", f"confirm within 20s {{ {BLOCK} }}"))
    assert not again.plan.changes
    assert undone(session).ok
    assert state(session) == before


def undone(session: Session) -> Report:
    from vnetsh import journal

    return session.apply(session.take_back(next(iter(journal.runs(session.runs)))))


def test_what_is_not_as_expected_goes_back_and_what_came_before_the_block_stands(session: Session) -> None:
    before = state(session)
    script = (
        f"bridge first on kvm1\nconfirm {{ {BLOCK} expect port n1 on kvm1 bridge keep }}\nbridge last on kvm1"
    )
    report = done(session, script)
    assert report.failures[0].code == "E475"
    assert "made before the block stands" in report.failures[0].help
    assert report.warnings == ("kvm1, kvm2 went back to what they were before the block",)
    assert report.count(Outcome.UNDONE) == 6
    assert [one for one in state(session) if one not in before] == [
        one for one in state(session) if one[2] == "first"  # type: ignore[index]
    ]  # fmt: skip
    assert undone(session).ok
    assert state(session) == before


def test_undo_on_failure_takes_back_what_came_before_as_well(session: Session) -> None:
    before = state(session)
    session.undo_on_failure = True
    assert not done(
        session, f"bridge first on kvm1\nconfirm {{ {BLOCK} expect port n1 on kvm1 bridge keep }}"
    ).ok
    assert state(session) == before


def test_a_change_that_fails_has_all_hosts_go_back(session: Session) -> None:
    before = state(session)
    session.plugins.backends["demo"].host("kvm2").fail_next("no room", after=1)  # type: ignore[attr-defined]
    report = done(session, f"confirm {{ {BLOCK} }}")
    assert report.failures[0].message == "no room"
    assert state(session) == before


def test_a_person_is_asked_where_nothing_is_expected(session: Session) -> None:
    before, asked = state(session), []

    def agree(run: int, left: float, broken_off: object) -> bool:
        asked.append((run, left))
        return len(asked) > 1

    session.agree = agree
    report = done(session, f"confirm within 20s {{ {BLOCK} }}")
    assert [(failure.code, failure.message) for failure in report.failures] == [
        ("E538", "nobody confirmed it")
    ]
    assert state(session) == before
    assert asked[0][0] == report.run
    assert 15 < asked[0][1] <= 20
    assert done(session, f"confirm within 20s {{ {BLOCK} }}").ok
    assert done(
        session, "confirm { bridge other on kvm1; expect vm x on kvm1 }".replace("vm x", "port k1")
    ).ok
    assert len(asked) == 2, "nobody is asked where something was expected"


def test_when_the_time_is_over_hosts_have_gone_back_by_themselves(session: Session) -> None:
    before = state(session)

    def late(run: int, left: float, broken_off: object) -> bool:
        time.sleep(left + 0.3)
        assert state(session) == before
        return True

    session.agree = late
    report = done(session, f"confirm within 2s {{ {BLOCK} }}")
    assert [failure.code for failure in report.failures] == ["E538", "E538"][: len(report.failures)]
    assert not report.ok
    assert state(session) == before


def test_where_one_host_went_back_what_others_confirmed_is_taken_back(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vnetsh.hosts.going_back import MemoryGuard, Standing

    before = state(session)
    confirm = MemoryGuard.confirm

    def too_late(guard: MemoryGuard) -> Standing:
        return guard.back() if guard._place == "kvm2" else confirm(guard)

    monkeypatch.setattr(MemoryGuard, "confirm", too_late)
    report = done(session, f"bridge first on kvm1; confirm {{ {BLOCK} tunnel t1 kvm1<->kvm2 on new }}")
    assert [(one.code, one.message) for one in report.failures] == [
        ("E538", "confirmed on kvm1, and not on kvm2")
    ]
    assert [one for one in state(session) if one[2] != "first"] == before  # type: ignore[index]
    assert not report.leftovers
    assert undone(session).ok
    assert state(session) == before


def test_a_host_that_goes_back_and_is_not_at_its_end_is_said_to(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vnetsh.hosts.going_back import GOING, MemoryGuard, Standing

    back = MemoryGuard.back

    def hung(guard: MemoryGuard) -> Standing:
        found = back(guard)
        return Standing(GOING, said=("it hangs",)) if guard._place == "kvm2" else found

    monkeypatch.setattr(MemoryGuard, "back", hung)
    report = done(session, f"confirm within 20s {{ {BLOCK} expect port n1 on kvm1 bridge keep }}")
    assert report.leftovers == ("kvm2 is going back, and not at its end yet: it hangs",)
    assert report.warnings == ("kvm1 went back to what it was before the block",)
    assert report.count(Outcome.LEFT) == 3


def test_what_stands_is_confirmed_also_where_its_guard_has_not_tidied_up(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vnetsh.hosts.going_back import MemoryGuard, Standing

    confirm = MemoryGuard.confirm
    monkeypatch.setattr(
        MemoryGuard, "confirm", lambda guard: Standing(confirm(guard).state, said=("it hangs",))
    )
    report = done(session, "confirm within 20s { bridge new on kvm1 }")
    assert report.ok
    assert report.warnings == ("kvm1 stands; what its guard has left there goes later: it hangs",)


def test_two_blocks_and_a_loop_of_them_have_timers_of_their_own(session: Session) -> None:
    script = "for i in 1..2 { confirm within 20s { bridge b$i on kvm$i; expect port k1 bridge keep } }"
    prepared = session.prepare(Source("<test>", script), lock=True)
    assert session.apply(prepared).ok
    assert {"b1", "b2"} <= {name for _, _, name, _ in state(session)}  # type: ignore[misc]


@pytest.mark.parametrize(
    "sentence",
    [
        "vm x on kvm1",
        "stop web force",
        "migrate web to kvm2",
        "flow f on kvm1 bridge keep match arp actions drop",
    ],
)
def test_what_no_host_takes_back_alone_is_refused(session: Session, sentence: str) -> None:
    from vnetsh.engine.failures import PlanRefused

    done(session, "vm web on kvm1 port keep")
    with pytest.raises(PlanRefused) as refused:
        session.prepare(Source("<test>", f"confirm {{ {sentence} }}"))
    found = [problem for problem in refused.value.problems if problem.code == "E535"]
    assert found
    assert found[0].span


def test_a_plugin_s_backend_that_says_nothing_is_refused(session: Session) -> None:
    plugins: Plugins = session.plugins
    from vnetsh.backend import Backend
    from vnetsh.model import Change, Fleet

    backend = plugins.backends["demo"]
    change = session.prepare(Source("<test>", "bridge b on kvm1")).plan.changes[0]
    assert isinstance(change, Change)
    assert "leaves no way back" in Backend.alone(backend, change, Fleet(session.inventory))


def test_a_whole_script_has_to_be_confirmed_by_an_option(session: Session) -> None:
    source = Source("<test>", f"let v 6; {BLOCK.replace('vlan 6', 'vlan $v')} expect port n1 bridge keep")
    before = state(session)
    prepared = session.prepare(source, lock=True, confirm_within="20s")
    assert prepared.script.text.startswith("confirm within 20s {\n    bridge new on kvm1, kvm2")
    assert prepared.script.variables["v"], "what `let` says stays known behind it"
    report = session.apply(prepared)
    assert report.warnings == ("kvm1, kvm2 went back to what they were before the block",)
    assert state(session) == before


@pytest.mark.parametrize(
    ("within", "script", "code", "at"),
    [
        ("20 s", "bridge b on kvm1", "E104", (OPTION, 1, 16)),
        ("", "bridge b on kvm1", "E104", (OPTION, 1, 16)),
        ("2h", "bridge b on kvm1", "E539", (OPTION, 1, 16)),
        ("20s", "expect port k1 bridge keep", "E537", (OPTION, 1, 1)),
        ("20s", "# nothing", "E537", (OPTION, 1, 1)),
        ("20s", "bridge b on kvm1\nconfirm { bridge c on kvm1 }", "E536", ("<test>", 2, 1)),
        ("20s", "bridge b on kvm1\nvm x on kvm1", "E535", ("<test>", 2, 4)),
    ],
)
def test_what_cannot_be_in_a_block_cannot_be_in_such_a_script(
    session: Session, within: str, script: str, code: str, at: object
) -> None:
    from vnetsh.engine.failures import PlanRefused

    with pytest.raises((ProblemsFound, PlanRefused)) as refused:
        session.prepare(Source("<test>", script), confirm_within=within)
    (problem,) = refused.value.problems
    span = problem.span
    assert span
    assert problem.code == code
    assert (span.source.name, *span.source.position(span.start)) == at
    assert (OPTION in problem.help) is (code in ("E535", "E536"))


def test_a_script_by_the_option_includes_and_declares_hosts_as_any(session: Session, tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner.vnet", tmp_path / "outer.vnet"
    inner.write_text("host other\nbridge b2 on other")
    outer.write_text('bridge b1 on kvm1\ninclude "inner.vnet"')
    source = Source(str(outer), outer.read_text())
    prepared = session.prepare(source, confirm_within="20s")
    again = session.prepare(
        Source("<run 1>", prepared.script.text)
    )  # as who finishes a run that was cut off reads it
    for planned in (prepared.plan, again.plan):
        assert [(change.resource.name, change.place) for change in planned.changes] == [
            ("b1", "kvm1"),
            ("b2", "other"),
        ]
        assert [one.segment.bounds for one in planned.segments] == [True, False, True]
