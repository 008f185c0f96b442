"""What rides on a vm and has to know where it is, along with its moves. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from vnetsh.model import KNOWN, ActionKind, Change, Resource
from vnetsh.planning.desired import Settler
from vnetsh.schema import Verb


def escorted(changes: Sequence[Change], settler: Settler, verb: Verb) -> list[Change]:
    """A verb's changes with those of what escorts the vms that move: each is told before its turn, and after it.

    Where it is one that moves vms, that is put right, too, which knows wrongly where one is that has moved already.
    """
    moves = verb.effect is not None and verb.effect.moves
    found = [
        Change(ActionKind.CHANGE, one, other, because=f"vm {one.text('vm')} has moved")
        for one, other in (settler.unescorted(changes) if moves else ())
    ]
    for change in changes:
        escorts = settler.escorts(change)
        wishes = change.wishes
        if known := tuple(_known(rider for rider, _, _ in escorts)):
            wishes = {**wishes, KNOWN: known}
        found.append(replace(change, turn=change.turn * 3 + 1, wishes=wishes))
        why = f"vm {change.resource.name} moves"
        for rider, during, after in escorts:
            told = ((rider, during, change.turn * 3), (during, after, change.turn * 3 + 2))
            found += [
                Change(ActionKind.CHANGE, one, other, because=why, turn=turn)
                for one, other, turn in told
                if one.attributes != other.attributes
            ]
    return found if len(found) > len(changes) else list(changes)


def _known(riders: Iterable[Resource]) -> Iterator[str]:
    """The addresses that networks know of a vm's NICs, each with the NIC's MAC."""
    for rider in riders:
        addresses = rider.get("address")
        if rider.get("mac") and isinstance(addresses, tuple):
            yield from (f"{rider.text('mac')} {address}" for address in addresses)
