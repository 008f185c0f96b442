"""A third party's backend whose work is a job: its progress is told, it can be broken off, and then nothing is left."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import apply

from vnetsh.diagnostics import Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.engine.report import Outcome, Report
from vnetsh.errors import HostUnreachable
from vnetsh.journal import Journal
from vnetsh.model import ActionKind, Change, Host, Resource
from vnetsh.registry import Plugins
from vnetsh.session import Session
from vnetsh.testing.conformance import BackendConformance, Sample, Subject
from vnetsh.testing.fleet import HOST, LocalContext, local_host

PIECES = 300


@pytest.fixture
def loaded(thirdparty: Callable[..., Plugins]) -> Plugins:
    return thirdparty("vnetsh_replica")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "an image"
    path.write_bytes(bytes(range(256)) * 256 * PIECES)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "replicas"
    path.mkdir()
    return path


@pytest.fixture
def session(loaded: Plugins, folder: Path) -> Iterator[Session]:
    with Session(
        loaded, {"kvm1": Host("kvm1", attributes={"local": True, "replicas": str(folder)})}
    ) as session:
        yield session


def run(session: Session, script: str) -> Report:
    return session.apply(session.prepare(Source("<test>", script)))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_its_progress_is_told(session: Session, image: Path, folder: Path) -> None:
    told: list[tuple[str, str, float]] = []
    session.progress = lambda place, text, fraction: told.append((place, text, fraction or 0.0))
    script = f'replica golden on kvm1 of "{image}"'
    assert run(session, script).ok
    assert (folder / "golden").read_bytes() == image.read_bytes()
    copying = [fraction for place, text, fraction in told if (place, text) == ("kvm1", "copying")]
    assert copying == sorted(copying)
    assert any(0 < fraction < 1 for fraction in copying)
    assert copying[-1] <= 1
    assert session.prepare(Source("<test>", script)).plan.changes == ()


@pytest.mark.parametrize("script", ['replica golden on kvm1 of "{}"', 'replica r[1-2] on kvm1 of "{}"'])
def test_it_is_broken_off_and_taken_back(session: Session, image: Path, folder: Path, script: str) -> None:
    def interrupt(place: str, text: str, fraction: float | None) -> None:
        if fraction and not interrupted:
            interrupted.append(fraction)
            signal.raise_signal(signal.SIGINT)

    interrupted: list[float] = []
    apply(session, f'replica other on kvm1 of "{folder}/../an image"')
    before = names(folder)
    session.progress = interrupt
    report = run(session, script.format(image))
    assert interrupted
    assert interrupted[0] < 1
    assert (report.interrupted, report.exit_code) == (True, 130)
    assert {outcome for _, outcome in report.outcomes} == {Outcome.FAILED}
    assert not report.leftovers
    assert names(folder) == before


def test_a_file_that_others_made_is_not_written_over(session: Session, image: Path, folder: Path) -> None:
    (folder / "golden").write_text("somebody's")
    report = run(session, f'replica golden on kvm1 of "{image}"')
    assert "golden is there already" in report.failures[0].message
    assert (folder / "golden").read_text() == "somebody's"


def test_a_job_that_fails_on_its_way_leaves_nothing(session: Session, image: Path, folder: Path) -> None:
    def lose_it(place: str, text: str, fraction: float | None) -> None:
        if fraction and image.exists():
            image.unlink()

    session.progress = lose_it
    report = run(session, f'replica golden on kvm1 of "{image}"')
    assert "No such file" in report.failures[0].message
    assert names(folder) == []


def test_a_refusal_says_what_nobody_can_settle_now(
    session: Session, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "XDG_STATE_HOME", str(tmp_path / "state")
    )  # no other test finds what is left half-made
    apply(session, f'replica golden on kvm1 of "{image}"')
    book = Journal("cut.vnet", "", session.runs)
    half = Resource("replica", "half", HOST, {"of": str(image)}, backend="replica")
    book.intend(session.inventory["kvm1"], "replica", [Change(ActionKind.ADD, None, half)], 1)
    book.leave()

    def busy(*arguments: object) -> None:
        raise HostUnreachable("kvm1: it makes no progress")

    connection = type(session.connections.living(session.inventory["kvm1"], "replica"))
    monkeypatch.setattr(connection, "settle", busy)
    with pytest.raises(PlanRefused) as refused:
        session.prepare(Source("<test>", 'replica golden on kvm1 of "/another"'))
    (said, _) = refused.value.notes
    assert said.endswith(
        "left `add replica half on kvm1` half-made, and it stays so: kvm1: it makes no progress"
    )


class TestReplica(BackendConformance):
    @pytest.fixture
    def subject(self, loaded: Plugins, folder: Path, tmp_path: Path) -> Iterator[Subject]:
        small = tmp_path / "small"
        small.write_text("a small image")
        golden = Resource("replica", "golden", HOST, {"of": str(small)})
        lost = Resource("replica", "lost", HOST, {"of": "/no/such/file"})
        backend = loaded.backends["replica"]
        with LocalContext(backend) as context:
            yield Subject(
                backend,
                local_host(replicas=str(folder)),
                context,
                [Sample("replica", [golden])],
                [Sample("no such file", [lost]), Sample("one of two", [golden, lost])],
                lambda: names(folder),
            )
