"""The noun `ha`: a vm that the cluster keeps up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vnetsh.model import listed
from vnetsh.schema import FLAG, VM, Attribute, Choice, Integer, Kind
from vnetsh_pacemaker.nouns.words import OBSERVED, PREFER, others
from vnetsh_pacemaker.sort import APART, CLUSTER, SORT, TOGETHER, WITHOUT

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling


def _settle(ha: Resource, settler: Settling) -> Sequence[Resource]:
    """What vms say of whom they are apart from and together with, the cluster is told, as far as it has these."""
    said = [one for one in settler.said if one.kind == "ha"]
    under = {one.name for one in (*settler.fleet.of_kind("ha", ha.place), *said) if one.place == ha.place}
    return [ha.with_attributes(**{word: mates(ha.name, word, under, settler) for word in (APART, TOGETHER)})]


def mates(name: str, word: str, under: set[str], settler: Settling) -> tuple[str, ...] | None:
    """The others under the cluster of which a vm says something, or which say it of that; also in this segment."""
    vms = {vm.name: vm for vm in settler.fleet.of_kind("vm")}
    found: set[str] = set()
    for vm in (*vms.values(), *(one for one in settler.said if one.kind == "vm")):
        others = {*listed(vm.get(word))}
        if vm.name == name:
            found |= others
        elif name in others:
            found.add(vm.name)
    return tuple(sorted(found & under - {name})) or None


HA_KIND = Kind(
    "ha",
    plural="ha",
    subject=VM,
    help="A vm that the cluster keeps up: on another host when its own fails. It goes on running while it is taken "
    "over, and while it is given back.",
    sort=SORT,
    attributes=(
        CLUSTER,
        PREFER,
        Attribute(
            "restart",
            Integer(what="a number of failures", least=1, most=1000),
            "How often it may fail on a host, and is started anew there, before it goes to another one.",
            otherwise="always anew",
        ),
        Attribute("migrate", FLAG, "It is moved live where it can be, not stopped and started."),
        Attribute(
            "transport",
            Choice(what="a way between libvirts", choices=("ssh", "tcp", "tls")),
            "How hosts reach each other's libvirt when it is moved live.",
            otherwise="`ssh`",
            column=False,
        ),
        WITHOUT,
        others(APART, "The vms under the cluster that it is apart from, as these or it say (`vm … apart`)."),
        others(TOGETHER, "Those that it is on one host with."),
        Attribute(
            "stopped", FLAG, "That the cluster is told to keep it off (`stop`).", settable=False, passing=True
        ),
        others("drained", "The hosts that it was drained from, and where it was put."),
        *OBSERVED,
    ),
    requires=("fence", "bridge", "vm", "port", "disk"),  # its definition is whole when it is taken over
    of_hosts=True,
    settle=_settle,
    brings=(),
    example="ha web01 prefer kvm1 restart 3 migrate",
)
