"""The noun `vip`: an address that one host of the cluster has, whichever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import listed
from vnetsh.schema import Address, Attribute, Integer, Kind, Name
from vnetsh.schema.value_names import LINK_LENGTH
from vnetsh_pacemaker.nouns.words import OBSERVED, PREFER
from vnetsh_pacemaker.sort import APART, CLUSTER, NOT_FIT, SORT, TOGETHER, WITHOUT

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling

_OTHERS = Name(what="a list of vms and vips", many=True, ordered=False, offers="ha", never="/")


def _settle(vip: Resource, settler: Settling) -> Sequence[Resource]:
    """Whom it is beside, the cluster keeps up, too."""
    there = settler.fleet.resources.get(vip.key)
    beside = {
        word: listed((vip if word in vip.attributes or there is None else there).get(word))
        for word in (APART, TOGETHER)
    }
    for word in (one for one in beside if one in vip.attributes):
        for other in beside[word]:
            if other == vip.name or other in beside[TOGETHER if word == APART else APART]:
                itself = f"{word} {'from' if word == APART else 'with'} itself"
                says = itself if other == vip.name else f"apart from `{other}`, and together with it"
                problem = f"vip `{vip.name}` is to be {says}"
                help = "say one of both: `none` clears the other"
            elif not any(settler.find(kind, vip.place, other) for kind in ("ha", "vip")):
                problem = (
                    f"vip `{vip.name}` is to be {word} {'from' if word == APART else 'with'} `{other}`, and cluster "
                    f"`{vip.place}` keeps up no vm and no address of that name"
                )
                help = f"`ha {other}`, or the name of one that `show ha` or `show vips` lists"
            else:
                continue
            settler.refuse(Diagnostic(NOT_FIT, problem, vip.at(word), help=help))
            return []
    return [vip]


VIP_KIND = Kind(
    "vip",
    subject=Address(what="an address"),
    help="An address that one host of the cluster has; when that fails, another one.",
    sort=SORT,
    attributes=(
        CLUSTER,
        Attribute(
            "on",
            Name(what="a bridge", longest=LINK_LENGTH, offers="bridge"),
            "The bridge, or another link, that gets it on that host.",
            required=True,
            clearable=False,
        ),
        Attribute(
            "prefix",
            Integer(what="the length of a prefix", least=1, most=128),
            "The length of its subnet's prefix.",
            otherwise="that of the subnet that the link is in",
        ),
        PREFER,
        Attribute(
            TOGETHER,
            _OTHERS,
            "The vms and vips where it is to be, too: it goes where they go, and is nowhere without them.",
            otherwise="none",
            column=False,
        ),
        Attribute(
            APART,
            _OTHERS,
            "The vms and vips that it is not to be on one host with: it makes way for them.",
            otherwise="none",
            column=False,
        ),
        WITHOUT,
        *OBSERVED,
    ),
    requires=("fence", "bridge", "ha"),
    of_hosts=True,
    settle=_settle,
    brings=(),
    example="vip 10.0.1.50 on vswitch01 prefix 24",
)
