"""Which of the vms is meant that a sentence names: there may be several of one name, each on its host. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic, Span, did_you_mean
from vnetsh.schema import HOST, VM_NAME, Attribute

if TYPE_CHECKING:
    from vnetsh.model import Fleet, Resource
    from vnetsh.schema.lent import Settling
    from vnetsh.schema.phrase import Phrase

ON = Attribute(
    "on",
    HOST,
    "Which one is meant, where several hosts have a vm of that name.",
    otherwise="the only one",
    clearable=False,
)
"""What a verb takes that names a vm."""


def vm_of(action: Phrase, settler: Settling, new: str = "") -> Resource | None:
    """The vm that an action names; refuses where there is none, or more than one.

    `new` is the name that it would give: nobody means that by the one that is not there.
    """
    host, to = str(action.value("on") or ""), str(action.value("to") or "")
    return the_vm(action.name, action.name_span, host, settler, action.schema.name, to=to, new=new)


def the_vm(
    name: str, span: Span | None, host: str, settler: Settling, before: str, *, to: str = "", new: str = ""
) -> Resource | None:
    """The vm of a name, on a `host` where that is said; as `vm_of`. `before` stands before it in its sentence."""
    there = settler.fleet.named("vm", name)
    found = [vm for vm in there if host in ("", vm.place)]
    if len(found) == 1:
        return found[0]
    if found:
        found.sort(key=lambda vm: vm.place == to)  # one that is there already cannot be moved there
        settler.refuse(ambiguous(found, span, before, f" to {to}" if to else ""))
        return None
    names = [vm.name for vm in settler.fleet.of_kind("vm") if vm.name != new]
    elsewhere = "it is on " + " and ".join(f"`{vm.place}`" for vm in there)
    silent = "; ".join(error.message for error in settler.fleet.unreachable.values())
    known = f"it may be where nobody answers: {silent}" if silent else "`show vms` lists them all"
    if settler.fleet.named("vm", new):
        known += f"; vm `{new}` keeps no trace of it: if that is what is meant, leave this sentence out"
    settler.refuse(
        Diagnostic(
            "E301",
            f"there is no vm `{name}` on {_where(host, settler.fleet)}",
            span,
            "not found",
            elsewhere if there else did_you_mean(name, names, known),
        )
    )
    return None


def _where(host: str, fleet: Fleet) -> str:
    if host:
        return f"host `{host}`"
    return "any host that answers" if fleet.unreachable else "any host"


def ambiguous(found: Sequence[Resource], span: Span | None, before: str, behind: str = "") -> Diagnostic:
    """The problem of a name that things on several hosts have; `before` and `behind` are the rest of a sentence."""
    first = found[0]
    return Diagnostic(
        "E220",
        f"{first.kind} `{first.name}` is on " + " and on ".join(f"`{one.place}`" for one in found),
        span,
        "which of them?",
        f"say it: `{before} {written(first.name)} on {first.place}{behind}`",
    )


def written(name: str) -> str:
    """A vm's name as a sentence says it."""
    return name if VM_NAME.bare(name) else f'"{name}"'
