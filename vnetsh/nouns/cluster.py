"""The noun `cluster`: a place that is reached through any of several hosts. Its types are plugins'."""

from __future__ import annotations

from dataclasses import replace

from vnetsh.model import Place
from vnetsh.nouns.places import KEPT, make_place
from vnetsh.schema import HOSTS, Attribute, Choice, Kind, Name, Scope, Text
from vnetsh.schema.lent import Resolving
from vnetsh.schema.phrase import Phrase


def _make_cluster(declaration: Phrase, resolver: Resolving) -> Place:
    """Its type is its sort: what lives there, and who serves it, goes by that."""
    made = make_place(declaration, resolver)
    return replace(made, sort=str(declaration.value("type")))


CLUSTER_KIND = Kind(
    "cluster",
    subject=Name(what="a cluster's name"),
    help="A cluster: a place that any of its hosts leads to. Belongs into the hosts file; touches nothing by itself.",
    attributes=(
        Attribute(
            "type",
            Choice(what="a cluster type", others="no plugin that is installed serves one"),
            "What it is; each type is served by a plugin.",
            required=True,
            clearable=False,
        ),
        Attribute("on", HOSTS, "The hosts that lead to it.", required=True, column=False, clearable=False),
        *KEPT,
        Attribute("reachable", Text(), "Whether it answers, `yes` or `no`.", settable=False, column=False),
        Attribute("error", Text(), "Why it does not answer.", settable=False, column=False),
    ),
    scope=Scope.INVENTORY,
    place=_make_cluster,
    example="cluster region1 type ovn on kvm1, kvm2, kvm3",
)
