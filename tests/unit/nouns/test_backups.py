"""Backups as sentences mean them: a number each time, a name once; restored over a vm, or as another one."""

from __future__ import annotations

from conftest import apply

from vnetsh.diagnostics import Source
from vnetsh.model.backups import TRACKING
from vnetsh.model.change import ActionKind
from vnetsh.model.power import MANAGED
from vnetsh.session import Session
from vnetsh_demo.backend import DemoBackend

MADE = """pool fast on kvm1 path /srv/fast
vm web on kvm1 disk system from tiny.qcow2 port vswitch01
backup web to fast"""


def planned(demo: Session, script: str) -> list[str]:
    return [str(change) for change in demo.prepare(Source("<test>", script)).plan.changes]


def test_one_without_a_name_is_another_one_each_time(demo: Session) -> None:
    apply(demo, MADE)
    assert planned(demo, "backup web to fast\nbackup web to fast as 1\nbackup web to fast as monday") == [
        "add backup web/2 on kvm1",
        "add backup web/monday on kvm1",
    ]
    apply(demo, "backup web to fast\nbackup web to fast as 7")
    assert planned(demo, "backup web to fast") == ["add backup web/8 on kvm1"]


def test_a_restore_is_meant_each_time(demo: Session) -> None:
    apply(demo, f"{MADE}\nstop web\nrestore web from 1")
    (change,) = demo.prepare(Source("<test>", "restore web from 1")).plan.changes
    assert change.resource.get("restored") == ("1", "1")
    assert not change.traceless
    assert not change.inverse().traceless


def test_a_vm_that_is_gone_comes_back_with_its_parts(demo: Session) -> None:
    apply(demo, f"{MADE}\ndelete vm web")
    changes = demo.prepare(Source("<test>", "restore web from 1")).plan.changes
    assert {(change.action, change.resource.name) for change in changes} == {
        (ActionKind.ADD, name) for name in ("web", "web/system", "web_port1")
    }
    apply(demo, "restore web from 1\nstart web")
    assert planned(demo, "vm web on kvm1 port vswitch01") == []


def test_one_that_is_another_has_addresses_of_its_own(demo: Session) -> None:
    apply(demo, MADE)
    changes = demo.prepare(Source("<test>", "restore web from 1 as twin")).plan.changes
    port = next(change.resource for change in changes if change.resource.kind == "port")
    assert (port.name, port.get("mac")) == ("twin_port1", None)
    apply(demo, "restore web from 1 as twin")
    assert planned(demo, "restore web from 1 as twin") == []


def test_no_list_is_kept_of_a_vm_that_a_cluster_moves(demo: Session) -> None:
    apply(demo, MADE)

    def tracked() -> object:
        (change,) = demo.prepare(Source("<test>", "backup web to fast incremental")).plan.changes
        return change.wishes[TRACKING]

    assert tracked() is True
    backend = demo.plugins.backends["demo"]
    assert isinstance(backend, DemoBackend)
    host = backend.host("kvm1")
    host.resources["vm", "web"] = host.resources["vm", "web"].with_attributes(**{MANAGED: "ha1"})
    assert tracked() is False
