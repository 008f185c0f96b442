"""Plans that are made by their hash: what was offered, once, on the hosts as they were, below the limit."""

from __future__ import annotations

from pathlib import Path

import pytest

from vnetsh import journal
from vnetsh.by_hash import ByHash, Refused
from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.errors import UsageError
from vnetsh.model.change import Impact
from vnetsh.session import Session

VM = "vm web1 on kvm1; start web1; snapshot web1 as before"


def offering(session: Session, most: Impact = Impact.DESTROY, *, asks: bool = True) -> ByHash:
    return ByHash(session, most, asks=asks, name="<page>")


def make(session: Session, text: str) -> None:
    assert session.apply(session.prepare(Source("<test>", text), lock=True)).ok


def refused(offers: ByHash, hash: str, answer: str = "") -> str:
    with pytest.raises(Refused) as found:
        offers.apply(hash, answer)
    return found.value.code


def test_what_was_offered_is_made_once_and_taken_back(demo: Session) -> None:
    offers = offering(demo)
    offer = offers.plan("bridge br7 on kvm1")
    assert (offer.allowed, offer.question) == (True, None)
    assert not demo.observe().get("bridge", "kvm1", "br7")
    begun: list[int] = []
    report = offers.apply(offer.hash, begun=begun.append)
    assert report.ok
    assert begun == [report.run]
    assert demo.observe().get("bridge", "kvm1", "br7")
    assert refused(offers, offer.hash) == "E621"
    assert offers.plan("bridge br7 on kvm1").prepared.plan.changes == ()
    back = offers.plan_undo(str(report.run))
    assert offers.apply(back.hash).ok
    assert not demo.observe().get("bridge", "kvm1", "br7")
    with pytest.raises(UsageError, match="taken back"):
        offers.plan_undo(str(report.run))


def test_a_plan_that_is_no_longer_true_is_not_made(demo: Session) -> None:
    offers = offering(demo)
    offer = offers.plan("bridge br7 on kvm1")
    make(demo, "bridge br8 on kvm2")  # elsewhere
    other = offers.plan("bridge br9 on kvm2")
    make(demo, "bridge br8 on kvm2 mtu 1400")  # beside it
    assert refused(offers, other.hash) == "E621"
    assert refused(offers, other.hash) == "E621"  # it is not offered any more
    assert not demo.observe().get("bridge", "kvm2", "br9")
    assert offers.apply(offer.hash).ok
    undo = offers.plan_undo()
    make(demo, "bridge br7 on kvm1 mtu 1400")
    with pytest.raises(Exception, match="changed"):  # its plan is refused, as that of `undo` is
        offers.apply(undo.hash)


@pytest.mark.parametrize(("text", "cost"), [("stop web1", "restart"), ("revert web1 to before", "destroy")])
def test_nothing_is_made_above_the_limit(demo: Session, text: str, cost: str) -> None:
    make(demo, VM)
    offers = offering(demo, Impact.BRIEF)
    offer = offers.plan(text)
    assert str(offer.prepared.plan.impact) == cost
    assert not offer.allowed
    assert refused(offers, offer.hash, "yes") == "E622"
    assert refused(offers, offer.hash, "web1") == "E622"


def test_what_costs_more_is_asked_for(demo: Session) -> None:
    make(demo, VM)
    offers = offering(demo)
    offer = offers.plan("revert web1 to before")
    assert offer.question
    for answer in ("", "yes", "web", "web1 "):
        assert refused(offers, offer.hash, answer) == "E623"
    unasked = offering(demo, asks=False)
    assert refused(unasked, offer.hash) == "E621"  # another face's
    assert len([*journal.runs(demo.runs)]) == 1
    assert offer.question.answer == "web1"
    assert offers.apply(offer.hash, "web1").ok


@pytest.mark.parametrize(
    "text",
    [
        'include "FILE"',
        "host kvm9 address 192.0.2.9",
        "host kvm1 local",
        "vm web1 on kvm1 disk a.qcow2 cloudinit user-data FILE",
        "vm web1 on kvm1 disk a.qcow2 { cloudinit user-data FILE }",
        "vm web1 on kvm1\nshow vms",
        "cancel 1",
        "capture on web1 to FILE",
        "watch vms",
        "for i in 1..2 { include FILE }",
    ],
)
def test_a_text_reaches_for_nothing_of_this_machine(demo: Session, tmp_path: Path, text: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("bridge br7 on kvm1 password-of-somebody\n")
    with pytest.raises(ProblemsFound) as found:
        offering(demo).plan(text.replace("FILE", str(secret)))
    assert "password" not in str([problem.as_json() for problem in found.value.problems])
    assert [*journal.runs(demo.runs)] == []


def test_what_is_expected_is_asked_when_it_is_made(demo: Session) -> None:
    make(demo, VM)
    offers, told = offering(demo), list[str]()
    offer = offers.plan("expect vm web1 on kvm1")
    assert offers.apply(offer.hash, tell=lambda answer: told.append(answer.text)).ok
    assert told
    mixed = offers.plan("bridge br7 on kvm1; expect vm web1 on kvm2")
    assert not offers.apply(mixed.hash).ok


def test_the_oldest_offers_go(demo: Session) -> None:
    offers = offering(demo)
    first = offers.plan("bridge br0 on kvm3")
    for number in range(1, 65):
        offers.plan(f"bridge br{number} on kvm3")
    assert refused(offers, first.hash) == "E621"
