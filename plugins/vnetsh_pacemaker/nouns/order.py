"""The noun `order`: what the cluster starts before something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.schema import Attribute, Kind, Name
from vnetsh_pacemaker.sort import CLUSTER, NOT_FIT, SORT

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling


def _settle(order: Resource, settler: Settling) -> Sequence[Resource]:
    """Both are kept up by the cluster."""
    first, then = order.text("first"), order.text("then")
    for word, name in (("first", first), ("then", then)):
        if first == then or not any(settler.find(kind, order.place, name) for kind in ("ha", "vip")):
            what = (
                "comes before itself"
                if first == then
                else f"names `{name}`, and the cluster keeps up no vm and no address of that name"
            )
            help = f"`ha {name}`, or the name of one that `show ha` or `show vips` lists"
            settler.refuse(
                Diagnostic(NOT_FIT, f"order `{order.name}` {what}", order.at(word, "name"), help=help)
            )
            return []
    return [order]


_MEMBER = Name(what="a vm or a vip", offers="ha", never="/")

ORDER_KIND = Kind(
    "order",
    help="What is started before something else, and stopped after it.",
    sort=SORT,
    operands=(Attribute("first", _MEMBER, "What comes first.", required=True, immutable=True),),
    attributes=(
        CLUSTER,
        Attribute("then", _MEMBER, "What comes then.", required=True, immutable=True),
    ),
    identity=("first", "then"),
    requires=("ha", "vip"),
    brings=(),
    settle=_settle,
    example="order db01 then web01",
)
