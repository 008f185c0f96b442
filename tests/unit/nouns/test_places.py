"""Objects that live at places that are no hosts: what is said of these places, shown, exported, and deleted there."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Sequence

import pytest
from conftest import apply, found

from vnetsh.backend import Assessment, Backend, Connection, Context, Observation, Progress
from vnetsh.diagnostics import Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.errors import UsageError
from vnetsh.export.exporting import export
from vnetsh.hookspecs import BackendRegistry, KindRegistry, hookimpl
from vnetsh.interface.tables import rows_of
from vnetsh.model import Change, Fleet, Place, Resource
from vnetsh.registry import load_plugins
from vnetsh.registry.entrypoints import EntryPoint
from vnetsh.schema import Answer, Attribute, Kind, Name
from vnetsh.session import Session

LAMP = Kind("lamp", sort="hall", attributes=(Attribute("in", Name(what="a hall", ref="hall"), "Where."),))
HALLS = "cluster north type hall on kvm1, kvm2\ncluster south type hall on kvm2\n"


class Halls(Backend):
    """Lamps in memory, by hall."""

    name = "halls"
    kinds = frozenset({"lamp"})
    preferred = True

    def __init__(self) -> None:
        self.lamps: dict[str, dict[str, Resource]] = {}

    def serves(self, place: Place) -> bool:
        return place.sort == "hall"

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        return Assessment()

    def connect(self, place: Place, context: Context) -> Connection:
        return Hall(self.lamps.setdefault(place.name, {}))


class Hall(Connection):
    def __init__(self, lamps: dict[str, Resource]) -> None:
        self.lamps = lamps

    def observe(self, progress: Progress) -> Observation:
        return Observation(tuple(self.lamps.values()))

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        for change in changes:
            self.lamps.pop(change.resource.name, None)
            if change.after:
                self.lamps[change.after.name] = change.after

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """All is in memory."""


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    def vnetsh_register_kinds(kinds: KindRegistry) -> None:
        kinds.add(LAMP)
        kinds.add_cluster_type("hall")

    def vnetsh_register_backends(backends: BackendRegistry) -> None:
        backends.add(Halls())

    module = types.ModuleType("halls")
    module.vnetsh_register_kinds = hookimpl(vnetsh_register_kinds)  # type: ignore[attr-defined]
    module.vnetsh_register_backends = hookimpl(vnetsh_register_backends)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "halls", module)
    plugins = load_plugins([EntryPoint("demo", "vnetsh_demo"), EntryPoint("halls", "halls")])
    hosts = {k: v for k, v in plugins.worlds["demo"].hosts("2").items() if k != "region1"}
    with Session(plugins, hosts) as bare:
        inventory = bare.check(Source("<hosts>", HALLS)).inventory
    with Session(plugins, inventory) as whole:
        apply(whole, "lamp a in north; lamp b in north; lamp a in south")
        yield whole


def told(session: Session, script: str) -> list[Answer]:
    answers: list[Answer] = []
    report = session.apply(session.prepare(Source("<test>", script)), answers.append)
    assert report.ok, report.failures
    return answers


def shown(session: Session, script: str) -> list[tuple[str, str]]:
    [answer] = told(session, script)
    return [(one.name, one.place) for some in answer.found.values() for one in some]


@pytest.mark.parametrize(
    ("script", "there"),
    [
        ("show lamps on north", [("a", "north"), ("b", "north")]),
        ("show lamps a", [("a", "north"), ("a", "south")]),
        ("show lamps b, nosuch on north, south", [("b", "north")]),
        ("cluster west type hall on kvm1; show lamps on west", []),
        ("cluster west type hall on kvm1; show clusters west", [("west", "west")]),
        ("host kvm9 address 192.0.2.9; show hosts kvm9", [("kvm9", "kvm9")]),
    ],
)
def test_show(session: Session, script: str, there: list[tuple[str, str]]) -> None:
    assert shown(session, script) == there


def test_what_is_deleted_at_one_place_stays_at_the_other(session: Session) -> None:
    apply(session, "delete lamp a on north")
    assert shown(session, "show lamps") == [("a", "south"), ("b", "north")]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("delete lamp a on nrth", "E220: unknown hall `nrth`"),
        ("show lamps on kvm1", "E220: unknown hall `kvm1`"),
        ("delete bridge b on north", "E102: unknown host `north`"),
    ],
)
def test_places_that_are_none_of_the_sort(session: Session, script: str, said: str) -> None:
    assert [f"{problem.code}: {problem.message}" for problem in found(session, script)] == [said]


def test_a_cluster_is_exported_with_the_hosts_that_lead_to_it(session: Session) -> None:
    page = export(session, ["clusters", "lamps"]).text
    assert HALLS in page
    assert not session.prepare(Source("<test>", page)).plan.changes
    [answer] = told(session, "show clusters north")
    _, [row] = rows_of(session.vocabulary.kinds["cluster"], answer.found["cluster"])
    assert row["on"] == ["kvm1", "kvm2"]


def test_what_speaks_of_a_place_does_not_call_it_a_host(session: Session) -> None:
    with pytest.raises(PlanRefused, match="cluster `west` is readonly: add lamp c on west is refused"):
        session.prepare(Source("<test>", "cluster west type hall on kvm1 readonly; lamp c in west"))
    with pytest.raises(UsageError, match="there is no lamp `c` at any place"):
        session.adopt("lamp", "c")


def test_names_of_places_are_all_different(session: Session) -> None:
    for script in ("host north", "cluster kvm1 type hall on kvm2"):
        [problem] = found(session, script)
        assert problem.code == "E201"
