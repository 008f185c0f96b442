"""The verbs of the core: what an action means on a fleet, as changes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import Key, Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.nouns.erasing import ERASING, erasing
from vnetsh.nouns.host import OVER
from vnetsh.nouns.patch import peers
from vnetsh.nouns.show import SHOW
from vnetsh.nouns.templating import COPY_TEMPLATE, WITH_TEMPLATES, templates_of
from vnetsh.nouns.which import ON, ambiguous, vm_of
from vnetsh.schema import (
    FLAG,
    HOST,
    HOSTS,
    VMS,
    Answer,
    Attribute,
    Duration,
    Effect,
    Foreseen,
    Integer,
    Ipv4Address,
    Name,
    Rate,
    Verb,
)
from vnetsh.schema.lent import Asking, Settling
from vnetsh.schema.phrase import Phrase

CHECK = "check"
"""The flag with which a move is only checked."""


def _migrate(action: Phrase, settler: Settling) -> Sequence[Change]:
    destination = str(action.value("to"))
    there = [vm.place for vm in settler.fleet.named("vm", action.name)]
    if there == [destination]:
        return ()
    vm = vm_of(action, settler)
    if vm is None or vm.place == destination:
        return ()
    after = replace(vm, place=destination, span=action.span, words=action.words)
    wishes = {
        name: action.value(name)
        for name in action.attributes
        if name not in ("to", "on", CHECK, COPY_TEMPLATE)
    }
    copies = templates_of(vm, destination, action, settler) if action.value(COPY_TEMPLATE) else ()
    return (*copies, Change(ActionKind.MOVE, vm, after, wishes=wishes))


def _checked(action: Phrase, asking: Asking) -> Answer:
    """Every check that the move has to pass, with its result. Raises as `Asking.check_moves`."""
    from vnetsh.nouns.checked import checked

    return checked(action, asking.check_moves(action))


def _foresee_checked(action: Phrase, settler: Settling) -> Foreseen | None:
    vm = vm_of(action, settler)
    return Foreseen(f"migrate {vm.name} to {action.value('to')} {CHECK}") if vm else None


def _delete(action: Phrase, settler: Settling) -> Sequence[Change]:
    """Remove what has that name, and its parts and what rides on it; what is gone is no change."""
    kind = settler.kind_of_word(action.name)
    if not kind:
        settler.refuse(
            Diagnostic(
                "E101",
                f"`{action.name}` is nothing that can be deleted",
                action.name_span,
                help=did_you_mean(
                    action.name,
                    settler.held_kinds(),
                    "`delete KIND NAME`, for example `delete bridge vswitch02 on kvm1`",
                ),
            )
        )
        return ()
    hosts = action.names("on")
    there = settler.there(kind, str(action.value("name")))
    found = [r for r in there if r.place in hosts or not hosts]
    if len(found) > 1 and not hosts and settler.one_in_all(kind):
        settler.refuse(ambiguous(found, action.place("name"), f"delete {kind}"))
        return ()
    changes = {
        change.resource.key: change
        for resource in found
        for change in erasing(
            removal(replace(resource, span=action.span, words=None), settler, ""), action, settler
        )
    }
    return [*changes.values()]


def removal(
    resource: Resource, settler: Settling, because: str, going: frozenset[Key] = frozenset()
) -> Sequence[Change]:
    """The changes that remove a resource, its parts and what rides on it, these first; but those `going` already."""
    thing = f"{resource.kind} {resource.name}"
    going |= {resource.key}
    others = settler.stands_for(resource)
    changes = {
        change.resource.key: change
        for dependent in (_dependents(resource, settler) if others is None else others)
        if dependent.key not in going
        for change in removal(
            replace(dependent, span=resource.span),
            settler,
            f"part of {thing}" if dependent.kind != resource.kind else f"leads to {thing}",
            going,
        )
    }
    if others is None:
        changes[resource.key] = Change(ActionKind.REMOVE, resource, None, because=because)
    return [*changes.values()]


def _dependents(resource: Resource, settler: Settling) -> list[Resource]:
    """What goes with a resource: its parts, and what follows it by name (a bridge's tunnels, a patch port's peer)."""
    return [*settler.fleet.parts(resource), *settler.riding(resource), *peers(resource, settler.fleet)]


_MEANS = (
    Attribute(
        "outage",
        Duration(),
        "For how long it may not be reachable: measured from the network. `none` does without measuring.",
        otherwise="measured where an address of it is known",
    ),
    Attribute(
        "address",
        Ipv4Address(),
        "The address by which that is measured.",
        otherwise="one that its hosts know, or that is seen",
        clearable=False,
    ),
    Attribute(
        "bandwidth", Rate(), "The most that it may send in a second.", otherwise="no limit", clearable=False
    ),
    Attribute(
        "downtime",
        Duration(what="a pause"),
        "The longest pause of the vm in the end that may be aimed at.",
        otherwise="300ms",
        clearable=False,
    ),
    Attribute(
        "auto-converge",
        FLAG,
        "A vm that writes faster than can be sent may be slowed down for as long as that takes.",
        clearable=False,
        excludes=("post-copy",),
    ),
    Attribute(
        "post-copy",
        FLAG,
        "A vm that writes faster than can be sent may go on at the target before all of it is there: it is lost if "
        "the connection breaks then.",
        clearable=False,
    ),
    Attribute(
        "parallel",
        Integer(what="a number of connections", least=2, most=255),
        "Send by so many connections.",
        otherwise="one",
        clearable=False,
        excludes=("compress", "post-copy"),
    ),
    Attribute("compress", FLAG, "Send only what has changed of pages that are sent again.", clearable=False),
    Attribute(
        "over",
        OVER,
        "How its data goes: plainly from one QEMU to the other (`tcp`), encrypted (`tls`), or by the ssh of both "
        "libvirt daemons, without disks (`ssh`).",
        otherwise="as its hosts say by `migration-over`, else `tcp`",
        clearable=False,
    ),
)
"""How a move of a vm that runs is to go; of one that is off it means nothing."""

VERBS = (
    Verb(
        "migrate",
        help="Move a vm to another host, with its network; live when it runs.",
        subject=VMS,
        attributes=(
            Attribute("to", HOST, "Where it goes.", required=True, clearable=False),
            replace(ON, help="Where it is, where several hosts have a vm of that name."),
            *_MEANS,
            WITH_TEMPLATES,
            Attribute(
                CHECK, FLAG, "Move nothing: only see whether it could, on both hosts.", clearable=False
            ),
        ),
        plan=_migrate,
        answer=_checked,
        foresee=_foresee_checked,
        asks=CHECK,
        effect=Effect(needs=True, moves_to="to", moves=True),
        example="migrate cirros01 to kvm2",
    ),
    Verb(
        "delete",
        help="Remove a bridge, tunnel, port, vm or disk. The files of disks are kept, but for those that are named.",
        subject=Name(what="a kind", ref="kind"),
        operands=(
            Attribute("name", Name(what="a name", ref="object", each=True), "What goes.", required=True),
        ),
        attributes=(
            Attribute(
                "on", HOSTS, "Only on these hosts.", otherwise="on all; a vm: where it is", clearable=False
            ),
            *ERASING,
        ),
        plan=_delete,
        effect=Effect(deletes=True),
        example="delete bridge vswitch02 on kvm1",
    ),
    SHOW,
)
