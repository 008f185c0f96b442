"""The kind `ha-resource`: what a cluster has that belongs to no other noun. It is shown, and that is all."""

from __future__ import annotations

from vnetsh.schema import Attribute, Kind, Name, Text
from vnetsh_pacemaker.nouns.words import AT
from vnetsh_pacemaker.sort import CLUSTER, SORT

FURTHER_KIND = Kind(
    "ha-resource",
    subject=Name(what="something of a cluster", never=""),
    help="What a cluster has besides: other agents' resources, groups, clones, constraints. Shown, never changed.",
    sort=SORT,
    attributes=(CLUSTER, Attribute("about", Text(), "What it is.", settable=False), AT),
    sayable=False,
    brings=(),
)
