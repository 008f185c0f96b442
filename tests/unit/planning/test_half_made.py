"""What of a step that was cut off stands, and what takes back the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from vnetsh.backend import Assessment, Backend, Connection, Context
from vnetsh.journal import Journal, Run, Step, again, cut_off
from vnetsh.model import ActionKind, Change, Fleet, Place, Resource, Thing
from vnetsh.planning import undoing
from vnetsh.planning.half_made import HalfMade, Seen, mends, seen_of, undecided, without_gone
from vnetsh.registry import Plugins
from vnetsh.testing.fleet import add, bridge, change, fleet_of, local_host, move, nic, port, remove, vm

WEB, BR = vm("web", by="some"), bridge("br0", by="some")
UNMARKED = replace(BR, marked=False)
UNTAGGED = port("p1", "br0", by="some")
TAGGED = UNTAGGED.with_attributes(vlan=7)


class Some(Backend):
    name, kinds = "some", frozenset({"vm", "bridge", "port"})

    def serves(self, place: Place) -> bool:
        return True

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        return Assessment(how="really")

    def connect(self, place: Place, context: Context) -> Connection:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("asked", "there", "seen"),
    [
        (add(WEB), [WEB], Seen.WHOLE),
        (add(WEB), [], Seen.NOTHING),
        (add(WEB), [WEB.with_attributes(state="stopped")], Seen.PARTLY),
        (add(WEB), [replace(WEB, marked=False)], Seen.PARTLY),
        (add(replace(WEB, owner="a.vnet")), [WEB], Seen.WHOLE),  # where nothing tells by whom it was made
        (add(replace(WEB, owner="a.vnet")), [replace(WEB, owner="b.vnet")], Seen.PARTLY),
        (remove(WEB), [], Seen.WHOLE),
        (remove(WEB), [WEB], Seen.NOTHING),
        (remove(WEB), [WEB.with_attributes(state="stopped")], Seen.PARTLY),
        (change(WEB, vcpus=2), [WEB.with_attributes(vcpus=2)], Seen.WHOLE),
        (change(WEB, vcpus=2), [WEB], Seen.NOTHING),
        (change(WEB, vcpus=2, memory=1), [WEB.with_attributes(vcpus=2)], Seen.PARTLY),
        (change(TAGGED, vlan=None), [TAGGED], Seen.NOTHING),
        (change(TAGGED, vlan=None), [UNTAGGED], Seen.WHOLE),
        (change(UNTAGGED, vlan=7), [UNTAGGED], Seen.NOTHING),
        (change(TAGGED, vlan=None, mtu=1400), [TAGGED.with_attributes(mtu=1400)], Seen.PARTLY),
        (replace(change(UNTAGGED, vlan=7).inverse(), undo=True), [TAGGED], Seen.NOTHING),
        (move(WEB, "kvm2"), [replace(WEB, place="kvm2")], Seen.WHOLE),
        (move(WEB, "kvm2"), [WEB], Seen.NOTHING),
        (move(WEB, "kvm2"), [WEB, replace(WEB, place="kvm2")], Seen.PARTLY),
        (move(WEB, "kvm2"), [], Seen.NOTHING),
        (change(WEB, vcpus=2), [], Seen.NOTHING),
    ],
    ids=lambda value: str(value) if isinstance(value, Change | Seen) else "",
)
def test_how_much_of_a_change_is_to_be_seen(
    asked: Change, there: list[Resource], seen: Seen, plugins: Plugins
) -> None:
    assert seen_of(asked, fleet_of(*there), plugins.vocabulary) is seen


def half(*changes: Change, back: bool = False) -> HalfMade:
    """A step of a run; what its changes made, it made itself."""
    made = [n for n, change in enumerate(changes) if change.made]
    return HalfMade(
        Run(
            12,
            Path("000012.open"),
            ({"what": "a.vnet", "back": back}, *({"made": 3, "change": n} for n in made)),
        ),
        Step(3, "kvm1", "some", changes, 1, tuple(range(len(changes)))),
    )


def mended(
    plugins: Plugins, told: Sequence[Change] | None, changes: Sequence[Change], *there: Resource
) -> tuple[tuple[int, ...], list[str], Fleet]:
    (mend,), fleet, problems = mends(
        [(half(*changes), told)], fleet_of(*there), plugins.vocabulary, {"some": Some()}
    )
    assert not problems
    return mend.standing, [f"{c}: {c.how}" for c in mend.changes], fleet


def test_what_stands_stays_and_what_is_not_there_is_forgotten(plugins: Plugins) -> None:
    standing, back, fleet = mended(plugins, None, [add(BR), add(WEB)], BR)
    assert (standing, back) == ((0,), [])
    assert BR.key in fleet.resources


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ([BR], "1 of 2 changes came about"),
        ([BR, WEB], "2 changes came about"),
        ([], "2 changes did not come about"),
    ],
)
def test_it_is_said_how_many_stand(there: list[Resource], said: str, plugins: Plugins) -> None:
    found, _, _ = mends(
        [(half(add(BR), add(WEB)), None)], fleet_of(*there), plugins.vocabulary, {"some": Some()}
    )
    assert found[0].words.endswith(said)


def test_nobody_knows_whether_a_vm_has_gone_back(plugins: Plugins) -> None:
    off = WEB.with_attributes(state="stopped")
    asked = Change(ActionKind.CHANGE, off, WEB, wishes={"revert": "before"})
    found, _, _ = mends([(half(asked), None)], fleet_of(WEB), plugins.vocabulary, {"some": Some()})
    assert "may have come about or not: nothing tells whether a vm has gone back" in found[0].words


def test_what_is_there_in_part_is_taken_back(plugins: Plugins) -> None:
    off = WEB.with_attributes(state="stopped")
    standing, back, fleet = mended(plugins, None, [add(BR), add(WEB)], BR, off)
    assert (standing, back) == ((0,), ["remove vm web on kvm1: really"])
    assert WEB.key not in fleet.resources


@pytest.mark.parametrize(("whole", "partly"), [(WEB, WEB.with_attributes(state="stopped")), (BR, UNMARKED)])
def test_what_was_made_with_it_goes_with_what_is_there_in_part(
    whole: Resource, partly: Resource, plugins: Plugins
) -> None:
    part = replace(port("p1", "br0", by="some"), parent=(whole.kind, whole.name))
    standing, back, fleet = mended(plugins, None, [add(whole), add(part)], partly, part)
    assert (standing, back) == ((), [f"{remove(part)}: really", f"{remove(whole)}: really"])
    assert not fleet.resources


def test_of_what_is_not_there_the_files_go(plugins: Plugins) -> None:
    made = replace(add(WEB), made=({"what": "/web.qcow2 on kvm1"}, {"what": "/web.qcow2 on kvm1", "id": "3"}))
    expected = ["remove vm web on kvm1: already so; removes /web.qcow2 on kvm1 if nobody uses it"]
    assert mended(plugins, None, [made])[:2] == ((), expected)
    assert mended(plugins, [], [made])[:2] == ((), expected)


def test_what_its_place_says_counts_for_more_than_what_is_seen(plugins: Plugins) -> None:
    moved = replace(WEB, place="kvm2")
    gone = move(WEB, "kvm2")
    assert mended(plugins, [gone], [gone], moved)[:2] == ((0,), [])
    back = "move vm web from kvm2 to kvm1: already so; what is left of it on kvm2 goes"
    standing, changes, fleet = mended(plugins, [], [gone], WEB, moved)
    assert (standing, changes, fleet.named("vm", "web")) == ((), [back], [WEB])


def test_what_stands_removes_what_it_had_still_to_remove(plugins: Plugins) -> None:
    gone = replace(move(WEB, "kvm2"), made=({"what": "/web.qcow2 on kvm1", "goes": "yes"},))
    standing, changes, _ = mended(plugins, [gone], [gone], replace(WEB, place="kvm2"))
    assert standing == (0,)
    assert changes == [
        "move vm web from kvm1 to kvm2: already so; removes /web.qcow2 on kvm1 if nobody uses it"
    ]


def test_what_stands_is_left_in_the_state_in_which_it_is_by_now(plugins: Plugins) -> None:
    gone = replace(move(WEB, "kvm2"), made=({"what": "/web.qcow2 on kvm1", "goes": "yes"},))
    gone = replace(
        gone,
        after=replace(WEB.with_attributes(state="running"), place="kvm2"),
        before=WEB.with_attributes(state="running"),
    )
    off = replace(WEB.with_attributes(state="stopped"), place="kvm2")
    (mend,), _, _ = mends([(half(gone), [gone])], fleet_of(off), plugins.vocabulary, {"some": Some()})
    assert [change.resource.get("state") for change in mend.changes] == ["stopped"]


def test_what_is_at_both_places_has_moved_when_these_say_so_and_is_one_from_then_on(plugins: Plugins) -> None:
    gone, there = move(WEB, "kvm2"), WEB.with_attributes(vcpus=2)
    standing, changes, fleet = mended(plugins, [gone], [gone], WEB, replace(there, place="kvm2"))
    assert standing == (0,)
    assert changes == ["move vm web from kvm1 to kvm2: already so; what is left of it on kvm1 goes"]
    assert fleet.named("vm", "web") == [replace(there, place="kvm2")]


def test_only_what_really_goes_is_said_to_go(plugins: Plugins) -> None:
    def on(host: str, path: str, **keys: str) -> Thing:
        return {"what": f"{path} on {host}", "host": host, **keys}

    kept, made = on("kvm1", "/web.raw", kept="/web.raw"), on("kvm2", "/web.raw", file="/web.raw")
    old = on("kvm1", "/web.qcow2", goes="/web.qcow2")
    again, instead = on("kvm2", "/old", file="/old"), on("kvm2", "/old", replaced="/old")
    gone = replace(move(WEB, "kvm2"), made=(kept, made, old, again, instead, {"what": "", "goes": "it"}))
    moved = replace(WEB, place="kvm2")
    forth = "move vm web from kvm1 to kvm2: already so; removes /web.qcow2 on kvm1 if nobody uses it"
    back = "move vm web from kvm2 to kvm1: already so; removes /web.raw on kvm2 if nobody uses it"
    assert mended(plugins, [gone], [gone], moved)[1] == [forth]
    assert mended(plugins, [], [gone], WEB)[1] == [back]


def test_of_what_others_removed_nothing_is_taken_back_and_no_run_is_kept_by_it(plugins: Plugins) -> None:
    made: Thing = {"what": "/web.raw on kvm2", "host": "kvm2", "file": "/web.raw"}
    gone = replace(move(WEB, "kvm2"), made=(made,))
    assert mended(plugins, [], [gone])[:2] == ((), [])
    ((found,), _, _) = mends([(half(gone), [])], fleet_of(), plugins.vocabulary, {})
    assert found.words.endswith("did not come about; /web.raw on kvm2 may be left")
    asked = half(change(WEB, vcpus=2))
    assert without_gone([asked.step], [asked], fleet_of(), plugins.vocabulary) == []
    assert without_gone([asked.step], [asked], fleet_of(WEB), plugins.vocabulary) == [asked.step]


@pytest.mark.parametrize(
    ("was", "there", "help"),
    [
        (change(WEB, vcpus=2), [], "others removed it"),
        (move(WEB, "kvm2"), [], "others removed it"),
        (
            change(WEB, vcpus=2),
            [replace(WEB, place="kvm2"), replace(WEB, place="kvm3")],
            "there is one of that name on `kvm2` and `kvm3`",
        ),
    ],
    ids=str,
)
def test_what_is_gone_refuses_an_undo_in_its_plan(
    was: Change, there: list[Resource], help: str, plugins: Plugins
) -> None:
    plan, (problem,) = undoing.taking_back(
        [half(was).step], fleet_of(*there), {"some": Some()}, plugins.vocabulary
    )
    assert not plan.changes
    assert problem.code == "E226"
    assert (problem.help or "").startswith(help)


@pytest.mark.parametrize("was", [add(WEB), add(nic("web_p", "br0", "web")), change(WEB, vcpus=2)], ids=str)
def test_what_was_made_of_a_vm_that_was_renamed_since_is_not_gone(was: Change, plugins: Plugins) -> None:
    shop = replace(WEB.with_attributes(formerly=("web",)), name="shop")

    def problem(*there: Resource) -> str:
        step = half(was).step
        _, problems = undoing.taking_back([step], fleet_of(*there), {"some": Some()}, plugins.vocabulary)
        return problems[0].message if problems else ""

    assert problem(shop).startswith("vm `web` is called `shop` now")
    assert not problem(shop, WEB)
    assert ("is not on" in problem(replace(shop, attributes={}))) == (was.before is not None)


def test_what_a_plugin_made_that_is_not_there_any_more_is_half_made_all_the_same(plugins: Plugins) -> None:
    step = half(add(replace(BR, kind="replica"))).step
    assert undoing.remaining([step], [], plugins.vocabulary) == [step]


def test_what_was_in_error_before_is_to_be_that_again(plugins: Plugins) -> None:
    was = change(BR.with_attributes(uplink="gone0", error="No such device"), uplink="eth1")
    now = replace(BR, attributes={**BR.attributes, "uplink": "eth1"})
    plan, _ = undoing.taking_back([half(was).step], fleet_of(now), {"some": Some()}, plugins.vocabulary)
    (back,) = plan.changes
    assert (back.resource.get("uplink"), back.resource.get("error")) == ("gone0", "No such device")


def test_while_nobody_knows_which_of_two_it_is_there_is_one() -> None:
    fleet = fleet_of(WEB, replace(WEB, place="kvm2"))
    assert undecided([move(WEB, "kvm2")], fleet).named("vm", "web") == [WEB]


def test_a_mend_is_written_into_the_run_itself_and_can_be_cut_off_too(tmp_path: Path) -> None:
    book = Journal("a.vnet", "…", tmp_path)
    step = book.intend(local_host(), "some", [add(BR), add(WEB)], 1)
    book.leave()
    (run,) = cut_off(tmp_path)
    (found,) = run.half_made()
    book = Journal.of(run)
    number = book.intend(local_host(), "some", [remove(WEB)], 0, mends=step)
    assert number == step + 1
    book.leave()  # killed
    assert again(run).half_made() == [found]
    book = Journal.of(again(run))
    book.done(book.intend(local_host(), "some", [remove(WEB)], 0, mends=step))
    book.settled(step, [0])
    book.leave()
    assert not again(run).half_made()
    assert [c.resource.name for s in again(run).standing() for c in s.changes] == ["br0"]
    assert again(run).cut_off


def test_what_was_being_taken_back_is_not_certain(tmp_path: Path) -> None:
    book = Journal("a.vnet", "…", tmp_path)
    step = book.intend(local_host(), "some", [add(WEB)], 1)
    book.done(step)
    assert not cut_off(tmp_path)
    book.intend(local_host(), "some", [remove(WEB)], 0, undoes=step)
    book.leave()
    (run,) = cut_off(tmp_path)
    assert [s.number for s in run.half_made()] == [step]


def test_a_taking_back_is_made_to_its_end(plugins: Plugins) -> None:
    off = WEB.with_attributes(state="stopped")
    taken = [(half(remove(WEB), back=True), None)]
    (mend,), fleet, _ = mends(taken, fleet_of(off), plugins.vocabulary, {"some": Some()})
    assert mend.standing == (0,)
    assert [(c.action, c.undo) for c in mend.changes] == [(remove(WEB).action, True)]
    assert not fleet.resources


def test_a_taking_back_that_did_nothing_yet_is_forgotten(plugins: Plugins) -> None:
    earlier = replace(remove(WEB), made=({"what": "/web.qcow2 on kvm1"},))
    asked = HalfMade(half(back=True).run, half(earlier).step)
    (mend,), fleet, _ = mends([(asked, None)], fleet_of(WEB), plugins.vocabulary, {"some": Some()})
    assert (mend.standing, mend.changes) == ((), ())
    assert WEB.key in fleet.resources


def test_a_vm_that_is_called_as_it_was_again_is_renamed_once_more_for_what_is_not(plugins: Plugins) -> None:
    """A taking back that was cut off between the two: a NIC is renamed by its vm's renaming only."""
    shop = replace(WEB, name="shop")
    old, new = nic("web_port1", "br0", "web", by="some"), nic("shop_port1", "br0", "shop", by="some")
    renaming = Change(ActionKind.CHANGE, shop, WEB), Change(ActionKind.CHANGE, new, old)
    there = fleet_of(WEB, replace(new, parent=old.parent, attributes={**new.attributes, "vm": "web"}))
    (mend,), _, problems = mends(
        [(half(*renaming, back=True), [renaming[0]])], there, plugins.vocabulary, {"some": Some()}
    )
    assert not problems
    assert mend.standing == (0, 1)
    assert [change.resource.name for change in mend.changes] == ["web_port1", "web"]
