"""Addresses that are where vms are, or where they are not; and hosts whose drain a lost quorum cut off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
from ha_cibs import HOSTS, NAMES, PLACE, TEXT, add, ha, patched, text_of, there, vip

from vnetsh.backend import Context
from vnetsh.diagnostics import Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.errors import VerificationFailed
from vnetsh.model import ActionKind, Change, Impact, Place, Resource
from vnetsh.registry import Plugins
from vnetsh.session import Session
from vnetsh_pacemaker import status
from vnetsh_pacemaker.cib import read
from vnetsh_pacemaker.connection import PacemakerConnection
from vnetsh_pacemaker.governing import assess, needing
from vnetsh_pacemaker.members import Look

VIP = ("vip", "192.0.2.50")
UNDER = (
    "bridge br0 on kvm[1-3]; fence kvm[1-3] by fence_lab; vm web01 on kvm1 port br0; ha web01 migrate; "
    "vip 192.0.2.50 on br0 together web01; vip 192.0.2.51 on br0"
)


@pytest.fixture
def demo(plugins: Plugins) -> Iterator[Session]:
    with Session(plugins, plugins.worlds["demo"].hosts("3")) as session:
        assert session.apply(session.prepare(Source("under", UNDER))).ok
        yield session


def test_a_vip_is_where_a_vm_is_and_not_where_another_vip_is() -> None:
    made = patched(read(TEXT), add(ha()), add(vip(together=("web01",), apart=("192.0.2.77",))))
    seen = there(made)
    assert (seen[VIP].get("together"), seen[VIP].get("apart")) == (("web01",), ("192.0.2.77",))
    assert seen["ha", "web01"].get("together") is None, "the vm's own sentence knows nothing of it"
    assert seen["vip", "192.0.2.77"].get("apart") is None, "nor do others'"
    restarted = seen["ha", "web01"].with_attributes(restart=3)
    kept = patched(made, Change(ActionKind.CHANGE, seen["ha", "web01"], restarted))
    assert there(kept)[VIP].get("together") == ("web01",)
    parted = seen[VIP].with_attributes(together=None)
    assert there(patched(kept, Change(ActionKind.CHANGE, seen[VIP], parted)))[VIP].get("apart") == (
        "192.0.2.77",
    )
    gone = patched(made, Change(ActionKind.REMOVE, seen[VIP], None))
    assert "vnetsh-together" not in text_of(gone)
    back = patched(gone, Change(ActionKind.REMOVE, seen[VIP], None).inverse())
    assert there(back)[VIP].get("together") == ("web01",)


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("vip 192.0.2.50 on br0 apart web01", "apart from `web01`, and together with it"),
        ("vip 192.0.2.51 on br0 together 192.0.2.51", "together with itself"),
        ("vip 192.0.2.51 on br0 apart nobody", "keeps up no vm and no address of that name"),
        ("delete ha web01", "is named by `vip 192.0.2.50`"),
    ],
)
def test_what_a_vip_cannot_be_beside(demo: Session, sentence: str, says: str) -> None:
    with pytest.raises(PlanRefused) as refused:
        demo.prepare(Source("s", sentence))
    assert says in refused.value.problems[0].message


def test_a_vip_goes_where_its_vm_goes(demo: Session) -> None:
    assert not demo.prepare(Source("again", UNDER)).plan.changes
    vm = next(one for one in demo.look("vm") if one.name == "web01")
    fleet = demo.observe()
    moved = Change(ActionKind.MOVE, vm, Resource("vm", "web01", "kvm2", vm.attributes, backend="libvirt"))
    told = assess(moved, fleet)
    assert (told.impact, told.how) == (Impact.BRIEF, "by cluster ha1; 192.0.2.50 follows")
    assert needing("web01", "ha1", fleet) == ["192.0.2.50"]
    assert demo.apply(demo.prepare(Source("s", "vip 192.0.2.50 on br0 together none apart web01"))).ok
    assert demo.apply(demo.prepare(Source("s", "vip 192.0.2.50 on br0 apart none; delete ha web01"))).ok


def member(**values: bool) -> Resource:
    return Resource("member", "kvm2", PLACE, {"runs": ("web01",), **values}, backend="pacemaker")


def test_a_mark_of_a_drain_that_was_cut_off_goes_though_vms_run_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running = {"web01": status.Running(("kvm2",))}
    look = Look("kvm1", patched(read(TEXT), add(ha())), status.Status({"kvm2": "online"}, running))
    one = PacemakerConnection(
        Place(PLACE, sort="pacemaker", noun="cluster", hosts=HOSTS), cast(Context, None)
    )
    monkeypatch.setattr(one.members, "look", lambda: look)
    monkeypatch.setattr(one.members, "settle_down", lambda seconds: None)
    monkeypatch.setattr(one, "names", lambda look: NAMES)
    one.verify([Change(ActionKind.CHANGE, member(drained=True), member())], print)
    with pytest.raises(VerificationFailed):
        one.verify([Change(ActionKind.CHANGE, member(), member(standby=True))], print)


def test_what_comes_first_runs_before_the_cluster_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a vm that runs would be stopped until that does."""
    one = PacemakerConnection(
        Place(PLACE, sort="pacemaker", noun="cluster", hosts=HOSTS), cast(Context, None)
    )
    look = Look("kvm1", read(TEXT), status.Status())
    done: list[str] = []
    monkeypatch.setattr(one.members, "look", lambda: look)
    monkeypatch.setattr(one.members, "settle_down", lambda seconds: done.append("settled"))
    monkeypatch.setattr(one, "_commit", lambda changes: done.append(changes[0].resource.kind))
    first = Resource("order", "192.0.2.50 then web01", PLACE, {"first": "192.0.2.50", "then": "web01"})
    one.apply([add(first), add(vip())], lambda text: None)
    assert done == ["vip", "settled", "order"]
