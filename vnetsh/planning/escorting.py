"""What rides on a vm and has to know where it is, along with its moves. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vnetsh.model import ActionKind, Change
from vnetsh.planning.desired import Settler


def escorted(changes: Sequence[Change], settler: Settler) -> list[Change]:
    """Changes with those of what escorts the vms that move: each is told before its turn, and after it."""
    found: list[Change] = []
    for change in changes:
        found.append(replace(change, turn=change.turn * 3 + 1))
        if change.action is not ActionKind.MOVE or change.resource.kind != "vm" or not change.before:
            continue
        riders = {
            rider.key: rider
            for one in (change.before, *settler.fleet.nics(change.before))
            for rider in settler.riding(one)
        }
        for rider in riders.values():
            escorts = settler.vocabulary.kinds[rider.kind].escorts
            during, after = escorts(rider, change, settler) if escorts else (rider, rider)
            why = f"vm {change.resource.name} moves"
            told = ((rider, during, change.turn * 3), (during, after, change.turn * 3 + 2))
            found += [
                Change(ActionKind.CHANGE, one, other, because=why, turn=turn)
                for one, other, turn in told
                if one.attributes != other.attributes
            ]
    return found if len(found) > len(changes) else list(changes)
