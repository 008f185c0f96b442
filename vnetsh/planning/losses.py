"""What changes cost those who talk with one another: whom they would cut off from whom. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from vnetsh.model import ActionKind, Change, Fleet, Impact
from vnetsh.planning.plan import Stage
from vnetsh.reach import Loss, Reach, lost

_JOINING = {
    "bridge": {"uplink", "vlan-filtering"},
    "tunnel": {"bridge", "type", "key", "remote", "isolated", "link"},
    "port": {"bridge", "vlan", "trunk", "qinq", "peer", "isolated", "link", "mirrors"},
}
"""The attributes of a kind by which things are joined."""

_MOST_NAMES = 4


def may_cut(change: Change) -> bool:
    """Whether somebody may reach somebody no longer when it is made."""
    if change.action is ActionKind.MOVE:
        return change.resource.kind == "vm"
    joining = _JOINING.get(change.resource.kind)
    if not joining or change.before is None:
        return False
    return change.after is None or bool(joining & change.differing().keys())


def with_losses(stages: Sequence[Stage], before: Fleet, after: Fleet) -> tuple[Stage, ...]:
    """The same changes; those that cut somebody off say whom from whom, and cost `brief` at least."""
    cutting = [change for stage in stages for change in stage if may_cut(change)]
    if not cutting:
        return tuple(stages)
    losses = lost(before, after, _moved(cutting))
    if not losses:
        return tuple(stages)
    concerned = {vm for change in cutting if (vm := _vm_of(change, before))}
    reach = Reach(before)
    return tuple(
        tuple(
            _with(change, losses, concerned, before, reach) if may_cut(change) else change for change in stage
        )
        for stage in stages
    )


def _moved(changes: Iterable[Change]) -> dict[tuple[str, str], str]:
    """Where a vm that moves goes, by its host and name."""
    moves = [c for c in changes if c.action is ActionKind.MOVE and c.before and c.after]
    return {(c.place, c.resource.name): c.resource.place for c in moves}


def _vm_of(change: Change, fleet: Fleet) -> str:
    """The vm that a change is about, as losses call it; empty where it is about more than one."""
    there = change.before or change.resource
    name = there.name if there.kind == "vm" else ""
    if there.kind == "port" and there.parent and there.parent[0] == "vm":
        name = there.parent[1]
    return f"{name} on {there.place}" if name and len(fleet.named("vm", name)) > 1 else name


def _with(change: Change, losses: Sequence[Loss], concerned: set[str], fleet: Fleet, reach: Reach) -> Change:
    vm = _vm_of(change, fleet)
    if vm:
        whom = sorted({other for loss in losses for other in _others(loss, vm)})
        return _costing(change, (vm, *whom), f"{vm} loses {names(whom)}") if whom else change
    there = change.before or change.resource
    bridge = there.name if there.kind == "bridge" else there.text("bridge")
    network = reach.network(there.place, bridge)
    its = [loss for loss in losses if network in loss.networks and not _explained(loss, concerned)]
    said = "; ".join(f"cuts {names(loss.ones)} off from {names(loss.others)}" for loss in its[:_MOST_NAMES])
    return (
        _costing(change, [one for loss in its for one in (*loss.ones, *loss.others)], said) if its else change
    )


def _others(loss: Loss, vm: str) -> Sequence[str]:
    """Whom a vm loses by a loss."""
    return loss.others if vm in loss.ones else loss.ones if vm in loss.others else ()


def _explained(loss: Loss, concerned: set[str]) -> bool:
    """Whether all of one side are vms that a change of their own concerns: it says so itself."""
    return concerned.issuperset(loss.ones) or concerned.issuperset(loss.others)


def _costing(change: Change, who: Iterable[str], how: str) -> Change:
    hits = tuple(
        dict.fromkeys((*change.hits, *(one for one in who if not one.startswith("what is behind "))))
    )
    said = "; ".join(filter(None, (change.how, how)))
    return replace(change, impact=max(change.impact, Impact.BRIEF), hits=hits, how=said)


def names(found: Sequence[str]) -> str:
    """Some names, and how many more there are."""
    shown = list(_shown(found))
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _shown(found: Sequence[str]) -> Iterator[str]:
    few = len(found) <= _MOST_NAMES
    yield from found if few else found[: _MOST_NAMES - 1]
    if not few:
        yield f"{len(found) - _MOST_NAMES + 1} more"
