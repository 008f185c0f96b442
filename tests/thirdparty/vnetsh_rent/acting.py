"""The verbs: forms, a block between two actions, a block alone, lists as subjects, optional operands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.model.change import ActionKind, Change
from vnetsh.schema import HOST, HOSTS, VM, Answer, Attribute, Block, Duration, Name, Percent, Verb

if TYPE_CHECKING:
    from vnetsh.schema.lent import Asking, Settling
    from vnetsh.schema.phrase import Phrase

_WAY = Name(what="a way between vms", ref="vm", way=True, or_any=True)


def _reached(action: Phrase, asking: Asking) -> Answer:
    """Whether both are there: on hosts in memory nothing is sent."""
    names = {vm.name for vm in asking.look("vm")}
    missing = [name for name in action.subjects if name not in names and name != "any"]
    return Answer(
        "; ".join(f"there is no vm {name}" for name in missing) or "all there", missing, ok=not missing
    )


def _there(action: Phrase, asking: Asking) -> Answer:
    """Whether a vm is on a host."""
    places = [vm.place for vm in asking.look("vm") if vm.name == action.name]
    where = " and ".join(places) or "no host"
    return Answer(f"vm {action.name} is on {where}", places, ok=action.value("on") in places)


def _counted(action: Phrase, asking: Asking) -> Answer:
    """How many there are."""
    kind = asking.kind_of_word(action.name)
    found = [one for one in asking.look(kind, action.names("on")) if action.value("name") in (None, one.name)]
    return Answer(f"{len(found)} of kind {kind}", len(found))


def _run(action: Phrase, settler: Settling, state: str, because: str) -> Sequence[Change]:
    changes = []
    for host in action.subjects:
        for vm in settler.fleet.of_kind("vm", host):
            if vm.get("state") != state:
                after = replace(vm.with_attributes(state=state), span=action.span)
                changes.append(Change(ActionKind.CHANGE, vm, after, because=because))
    return changes


def _empty(action: Phrase, settler: Settling) -> Sequence[Change]:
    """Stop what runs on the hosts."""
    return _run(action, settler, "stopped", "before its block")


def _fill(action: Phrase, settler: Settling) -> Sequence[Change]:
    """Start it again."""
    return _run(action, settler, "running", "after its block")


_LOSS = Attribute(
    "loss", Percent(what="a loss"), "What may be lost, at most.", otherwise="nothing", clearable=False
)

ASSURE = Verb(
    "assure",
    help="See that something holds.",
    forms=(
        Verb(
            "assure ping",
            help="One reaches another.",
            subject=_WAY,
            attributes=(_LOSS,),
            answer=_reached,
            example="assure ping web1 -> web2 loss 1%",
        ),
        Verb(
            "assure no ping",
            help="One does not reach another.",
            subject=_WAY,
            answer=_reached,
            example="assure no ping any -> web2",
        ),
    ),
    example="assure ping web1 -> web2",
)

ASSURE_VM = Verb(
    "assure vm",
    help="A vm is on a host.",
    subject=VM,
    attributes=(Attribute("on", HOST, "The host.", required=True, clearable=False),),
    answer=_there,
    example="assure vm web1 on kvm1",
)

SWEEP = Verb(
    "sweep",
    help="Stop the vms of some hosts, do what the block says, and start them again.",
    subject=HOSTS,
    block=Block.SENTENCES,
    plan=_empty,
    after=_fill,
    example="sweep kvm1, kvm2 { bridge br0 on kvm1 }",
)

CAREFULLY = Verb(
    "carefully",
    help="Do what the block says, and be quick about it.",
    attributes=(Attribute("within", Duration(), "The time there is.", required=True, clearable=False),),
    block=Block.SENTENCES,
    example="carefully within 60s { bridge br0 on kvm1 }",
)

COUNT = Verb(
    "count",
    help="Count what there is, of a kind or of one name.",
    subject=Name(what="a kind", ref="kinds"),
    operands=(Attribute("name", Name(what="a name", ref="object"), "Only that one.", otherwise="all"),),
    attributes=(Attribute("on", HOSTS, "Only on these hosts.", otherwise="on all", clearable=False),),
    answer=_counted,
    example="count vms on kvm1",
)

VERBS = (ASSURE, SWEEP, CAREFULLY, COUNT)
