"""A third party's noun that rides on a bridge of Open vSwitch, and is realised by a backend of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Run, apply

from vnetsh import journal
from vnetsh.diagnostics import Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.engine.prepared import Prepared
from vnetsh.export.exporting import export
from vnetsh.model import Host, Resource
from vnetsh.registry import Plugins
from vnetsh.session import Session
from vnetsh.testing.conformance import BackendConformance, Sample, Subject
from vnetsh.testing.fleet import HOST, LocalContext, bridge, local_host
from vnetsh.testing.scratch_ovs import ScratchOvs

SCRIPT = """
collector c1 bridge br0 on kvm1 number 7 targets 192.0.2.9:4739, 192.0.2.10:4739
bridge br0 on kvm1
"""


@pytest.fixture
def loaded(thirdparty: Callable[..., Plugins]) -> Plugins:
    return thirdparty("vnetsh_collector")


@pytest.fixture
def session(loaded: Plugins, ovs: ScratchOvs) -> Iterator[Session]:
    host = Host("kvm1", attributes={"local": True, **ovs.host_attributes})
    with Session(loaded, {"kvm1": host}) as session:
        yield session


def planned(session: Session, script: str) -> Prepared:
    return session.prepare(Source("<test>", script))


def in_stages(prepared: Prepared) -> list[list[str]]:
    return [
        [f"{change.backend}: {change}" for change in stage]
        for segment in prepared.plan.segments
        for stage in segment.stages
    ]


def collectors(ovs: ScratchOvs) -> tuple[str, ...]:
    """What the database has of them, past the backend; without UUIDs."""
    listed = ovs.vsctl("--columns=id,external_ids", "list", "Flow_Sample_Collector_Set")
    return (listed, ovs.vsctl("--columns=targets", "list", "IPFIX"), ovs.vsctl("list-br"))


def last_run() -> journal.Run:
    return next(journal.runs(journal.folder()))


def test_it_is_made_after_its_bridge_by_its_own_backend(session: Session, ovs: ScratchOvs) -> None:
    prepared = planned(session, SCRIPT)
    assert in_stages(prepared) == [
        ["ovs: add bridge br0 on kvm1"],
        ["collector: add collector c1 on kvm1"],
    ]
    assert session.apply(prepared).ok
    assert "192.0.2.10:4739" in collectors(ovs)[1]
    found = session.observe().get("collector", "kvm1", "c1")
    assert found
    assert found.marked
    assert found.get("number") == 7
    assert planned(session, SCRIPT).plan.changes == ()


def test_it_changes_and_the_change_is_taken_back(session: Session, ovs: ScratchOvs) -> None:
    apply(session, SCRIPT)
    before = collectors(ovs)
    apply(session, "collector c1 bridge br0 on kvm1 number 8 targets none")
    assert "192.0.2.10" not in collectors(ovs)[1]
    assert session.apply(session.take_back(last_run())).ok
    assert collectors(ovs) == before


def test_it_goes_with_its_bridge_and_comes_back_with_it(session: Session, ovs: ScratchOvs) -> None:
    apply(session, SCRIPT)
    before = collectors(ovs)
    prepared = planned(session, "delete bridge br0")
    assert in_stages(prepared) == [
        ["collector: remove collector c1 on kvm1"],
        ["ovs: remove bridge br0 on kvm1"],
    ]
    assert session.apply(prepared).ok
    assert collectors(ovs) == ("", "", "")
    back = session.take_back(last_run())
    assert in_stages(back) == [["ovs: add bridge br0 on kvm1"], ["collector: add collector c1 on kvm1"]]
    assert session.apply(back).ok
    assert collectors(ovs) == before


def test_what_is_exported_changes_nothing(session: Session, ovs: ScratchOvs) -> None:
    apply(session, SCRIPT)
    others = ["--", "--id=@b", "get", "bridge", "br0", "--", "create", "Flow_Sample_Collector_Set"]
    ovs.vsctl(*others, "id=9", "bridge=@b")
    text = export(session, ["bridges", "collectors"]).text
    assert "collector c1 bridge br0 on kvm1 number 7 targets 192.0.2.10:4739, 192.0.2.9:4739" in text
    assert "collector br0-9 bridge br0 on kvm1 number 9" in text
    assert not [line for line in text.splitlines() if line.startswith("#") and "libvirt" not in line]
    assert planned(session, text).plan.changes == ()


def test_what_cannot_be_is_refused_before_anything_is_touched(session: Session) -> None:
    with pytest.raises(PlanRefused, match="has no bridge `br9`"):
        planned(session, "collector c1 bridge br9 on kvm1 number 1")
    apply(session, SCRIPT)
    with pytest.raises(PlanRefused, match="collector `c1` of bridge `br0` has the number 7 already"):
        planned(session, "collector c2 bridge br0 on kvm1 number 7")
    with pytest.raises(PlanRefused, match="which cannot become `br1`"):
        planned(session, "bridge br1 on kvm1; collector c1 bridge br1 on kvm1 number 7")


def test_a_failure_takes_its_bridge_back(session: Session, ovs: ScratchOvs) -> None:
    """The bridge is gone when the collector's turn comes: what the first stage made goes again."""
    apply(session, "bridge br0 on kvm1")
    prepared = planned(session, "bridge br1 on kvm1; collector c1 bridge br0 on kvm1 number 7")
    ovs.vsctl("del-br", "br0")
    report = session.apply(prepared)
    assert not report.ok
    assert "no row" in report.failures[0].message
    assert ovs.vsctl("list-br") == ""


def test_drift_and_adopt(session: Session, ovs: ScratchOvs) -> None:
    apply(session, SCRIPT)
    ovs.vsctl("set", "IPFIX", ovs.vsctl("--bare", "--columns=_uuid", "list", "IPFIX").strip(), "targets=[]")
    (change,) = session.drift(Source("<test>", SCRIPT)).plan.changes
    assert change.differing()["targets"][0] is None
    others = ["--", "--id=@b", "get", "bridge", "br0", "--", "create", "Flow_Sample_Collector_Set"]
    ovs.vsctl(*others, "id=9", "bridge=@b")
    assert session.apply(session.adopt("collector", "br0-9", "lab.vnet")).ok
    adopted = session.observe().get("collector", "kvm1", "br0-9")
    assert adopted
    assert (adopted.marked, adopted.owner) == (True, "lab.vnet")


def test_by_the_command_line(site: Path, vnetsh: Run, ovs: ScratchOvs, tmp_path: Path) -> None:
    """Installed by pip: plan with the commands by hand, run, undo."""
    (tmp_path / "hosts.vnet").write_text(f"host kvm1 local ovsdb unix:{ovs.socket}\n")

    def run(*arguments: str) -> str:
        done = vnetsh(*arguments, PYTHONPATH=str(site))
        assert done.returncode == 0, done.stderr
        return done.stdout

    said = run("plan", "--explain", "-c", SCRIPT)
    assert "create Flow_Sample_Collector_Set bridge=@bridge0 id=7" in said
    run("-c", SCRIPT)
    assert "c1" in collectors(ovs)[0]
    run("undo", "--yes")
    assert collectors(ovs) == ("", "", "")


C1 = Resource("collector", "c1", HOST, {"bridge": "br0", "number": 7, "targets": ("192.0.2.9:4739",)})
BARE = Resource("collector", "c2", HOST, {"bridge": "br0", "number": 7})
BR0 = bridge("br0", by="ovs")


class TestCollector(BackendConformance):
    @pytest.fixture
    def subject(self, loaded: Plugins, ovs: ScratchOvs) -> Iterator[Subject]:
        backend = loaded.backends["collector"]
        changes = [{"number": 8}, {"targets": None}, {"targets": ("192.0.2.7:1", "192.0.2.8:2")}]
        samples = [
            Sample("collector", [C1], [BR0], changes),
            Sample("without targets", [BARE], [BR0], [{"targets": ("[2001:db8::1]:4739",)}]),
        ]
        impossible = [
            Sample("the number is taken", [BARE], [BR0, C1]),
            Sample("no such bridge", [C1]),
        ]
        with LocalContext(backend, loaded.backends["ovs"]) as context:
            yield Subject(
                backend,
                local_host(**ovs.host_attributes),
                context,
                samples,
                impossible,
                lambda: collectors(ovs),
            )
