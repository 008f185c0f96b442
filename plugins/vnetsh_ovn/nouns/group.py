"""The noun `group`: vms to which only that goes which is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.schema import VM_LIST, Attribute, Kind, Name
from vnetsh_ovn.altering import ALTERED_ATTRIBUTE, RIGHT
from vnetsh_ovn.nouns.exporting import export
from vnetsh_ovn.nouns.known import worked_out_as
from vnetsh_ovn.nouns.members import is_known, ports
from vnetsh_ovn.nouns.renaming import in_word
from vnetsh_ovn.nouns.tenant import has_its_tenant
from vnetsh_ovn.shapes.groups import FOREIGN
from vnetsh_ovn.sort import CLUSTER, SORT

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling

NO_MEMBER = "E573"
"""Code: a vm is on no network."""


def _settle(group: Resource, settler: Settling) -> Sequence[Resource]:
    """The ports of its members that are there."""
    said = group.get("members")
    for vm in said if isinstance(said, tuple) else ():
        if not is_known(settler, group.place, str(vm)):
            words = f"there is no vm `{vm}` on any network of {group.place}"
            help = f"`vm {vm} port NETWORK`, earlier or in the same script"
            settler.refuse(Diagnostic(NO_MEMBER, words, group.at("members"), help=help))
            return []
    there = settler.fleet.get("group", group.place, group.name)
    members = said if "members" in group.attributes or there is None else there.get("members")
    vms = [*map(str, members)] if isinstance(members, tuple) else []
    group = group.with_attributes(ports=ports(settler, group.place, vms), **RIGHT)
    return [group] if has_its_tenant(group, settler) else []


def _unsaid(group: Resource) -> str:
    return (
        "made by others: whether it closes its ports is not known" if group.name.startswith(FOREIGN) else ""
    )


GROUP_KIND = Kind(
    "group",
    subject=Name(what="a group's name", qualified=True),
    help="Vms to which only that goes which is allowed, from the moment it stands: what they need to get an address, "
    "replies to what they ask themselves, and what an `allow` says.",
    sort=SORT,
    attributes=(
        CLUSTER,
        Attribute(
            "members",
            replace(VM_LIST, ref="", offers="vm"),
            "The vms that it closes, on all networks that they are on.",
            otherwise="none",
        ),
        worked_out_as("ports", "Their logical ports."),
        ALTERED_ATTRIBUTE,
    ),
    requires=("tenant",),
    brings=(),
    settle=_settle,
    renamed=partial(in_word, "members"),
    export=lambda kind, resources, fleet: export(kind, resources, _unsaid),
    example="group webs members web01, web02",
)
