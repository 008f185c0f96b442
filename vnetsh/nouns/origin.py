"""What a vm was before: its former names, and the vm that it was cloned from. It is kept in the vm itself. Pure.

By that evidence `rename` and `clone` said a second time change nothing, and a mistyped name is told from it.
"""

from __future__ import annotations

from vnetsh.model import Attributes, Fleet, Resource

FORMERLY, CLONE_OF = "formerly", "clone-of"
"""Attributes of a vm: the names that it had, the latest last; the vm that it was cloned from."""


def renamed(vm: Resource, new: str) -> Attributes:
    """What a vm has under a new name: it remembers the one that it had."""
    before = [name for name in _names(vm, FORMERLY) if name not in (vm.name, new)]
    return {**vm.attributes, FORMERLY: (*before, vm.name)}


def was_renamed(fleet: Fleet, old: str, new: str) -> bool:
    """Whether a vm had the one name and came to have the other, whatever it has been called since."""
    for vm in fleet.of_kind("vm"):
        names = [*_names(vm, FORMERLY), vm.name]
        if old in names and new in names[names.index(old) + 1 :]:
            return True
    return False


def called_now(fleet: Fleet, old: str) -> str:
    """What a vm is called that had this name, where none has it now; else empty."""
    if fleet.named("vm", old):
        return ""
    return next((vm.name for vm in fleet.of_kind("vm") if old in _names(vm, FORMERLY)), "")


def was_cloned(fleet: Fleet, old: str, new: str) -> bool:
    """Whether a vm of the new name is a clone of the old one."""
    return any(old in _names(vm, CLONE_OF) for vm in fleet.named("vm", new))


def _names(vm: Resource, attribute: str) -> tuple[str, ...]:
    found = vm.get(attribute)
    return tuple(map(str, found)) if isinstance(found, tuple) else ()
