"""What an undo would take back and is not there any more, or not under its name: refused. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet
from vnetsh.model.change import Change
from vnetsh.nouns.origin import called_now


def _renamed(change: Change, fleet: Fleet) -> str:
    """What the vm is called now that was changed, or whose part was; empty where that was not renamed since.

    What was made of it is not gone then, though nothing has its name.
    """
    kind, name = change.resource.parent or (change.resource.kind, change.resource.name)
    return called_now(fleet, name) if kind == "vm" else ""


def hidden(change: Change, fleet: Fleet) -> bool:
    """Whether a change made what is there under another name now."""
    return change.before is None and bool(_renamed(change, fleet))


def problems(changes: Iterable[Change], fleet: Fleet) -> list[Diagnostic]:
    """That nothing can be taken back of these; of the parts of a vm that was renamed it is said once."""
    found = [_gone(change, fleet) for change in changes]
    return list({one.message: one for one in found}.values())


def _gone(change: Change, fleet: Fleet) -> Diagnostic:
    thing = change.resource
    others = " and ".join(f"`{one.place}`" for one in fleet.named(thing.kind, thing.name))
    if new := _renamed(change, fleet):
        old = thing.parent[1] if thing.parent else thing.name
        return Diagnostic(
            "E226",
            f"vm `{old}` is called `{new}` now: nothing can be taken back of it under its old name",
            None,
            help=f"take back the run that renamed it first, or say `rename {new} to {old}`",
        )
    places = " or ".join(dict.fromkeys(one.place for one in (change.before, change.after) if one))
    return Diagnostic(
        "E226",
        f"{thing.kind} `{thing.name}` is not on {places} any more: nothing can be taken back of it",
        None,
        help=f"there is one of that name on {others}"
        if others
        else "others removed it; `vnetsh undo N` takes back another run, as `vnetsh history` numbers them",
    )
