"""What a vm boots from is what is observed: to say what is usual is no wish."""

from __future__ import annotations

import pytest
from conftest import apply

from vnetsh.diagnostics import Source
from vnetsh.session import Session


def boot(demo: Session) -> object:
    return demo.prepare(Source("<test>", "vm web vcpus 1")).fleet.named("vm", "web")[0].get("boot")


@pytest.mark.parametrize(
    "sentence",
    [
        "vm web on kvm1 boot network",
        "vm web on kvm1 disk tiny.qcow2 boot disk",
        "vm web on kvm1 disk system from tiny.qcow2 boot disk",
    ],
)
def test_what_is_usual_is_no_attribute(demo: Session, sentence: str) -> None:
    apply(demo, sentence)
    assert boot(demo) is None
    assert not demo.prepare(Source("<test>", sentence)).plan.changes


def test_what_is_usual_takes_away_what_was_said(demo: Session) -> None:
    apply(demo, "vm web on kvm1 disk tiny.qcow2 boot cdrom, disk")
    apply(demo, "vm web boot disk")
    assert boot(demo) is None
    apply(demo, "vm web boot network")
    assert boot(demo) == ("network",)
