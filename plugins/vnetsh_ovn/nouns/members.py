"""What nouns of vms ask of the fleet: where on networks these are, and whether there are such."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from vnetsh.model import Resource, listed
from vnetsh_ovn.shapes.rules import SOURCE, TARGET, end

if TYPE_CHECKING:
    from vnetsh.schema.lent import Settling


def attachments(settler: Settling, place: str, vm: str) -> Iterator[Resource]:
    """Where a vm is on networks of a place: of this segment, as far as that is settled, or else of the fleet."""
    here = {one.key: one for one in settler.settled_of("attachment")}
    there = {one.key: one for one in settler.fleet.of_kind("attachment", place)}
    return (one for one in {**there, **here}.values() if (one.place, one.text("vm")) == (place, vm))


def ports_of(vms: Sequence[str], attached: Iterable[Resource]) -> tuple[str, ...]:
    """The logical ports of vms."""
    wanted = {*vms}
    return tuple(sorted(one.text("interface") for one in attached if one.text("vm") in wanted))


def with_ports(resource: Resource, things: Sequence[Resource]) -> Resource:
    """A group or a rule with the ports that its vms have among all that is there."""
    attached = [one for one in things if one.kind == "attachment"]
    if resource.kind == "group":
        return resource.with_attributes(ports=ports_of(listed(resource.get("members")), attached))
    if resource.kind not in ("allow", "deny"):
        return resource
    ends = {side: end(resource, side) for side in (SOURCE, TARGET)}
    return resource.with_attributes(
        **{
            side: (f"{kind}:{name}", *ports_of([name], attached))
            for side, (kind, name, _) in ends.items()
            if kind == "vm"
        }
    )


def ports(settler: Settling, place: str, vms: Sequence[str]) -> tuple[str, ...]:
    """The logical ports that vms have already; those that they get join by themselves, when they are made."""
    return ports_of(vms, settler.fleet.of_kind("attachment", place))


def is_known(settler: Settling, place: str, vm: str) -> bool:
    """Whether there is such a vm: on a network, or on a host that is looked at, or the same script says it."""
    if settler.fleet.named("vm", vm) or settler.parts_said(Resource("vm", vm, "", {})):
        return True
    said = settler.once(("vms said", ""), lambda: {one.name for one in settler.said if one.kind == "vm"})
    return vm in said or any(True for _ in attachments(settler, place, vm))
