"""The kind `ovn-row`: what OVN's database has that belongs to no other noun. It is shown, and that is all."""

from __future__ import annotations

from vnetsh.schema import Attribute, Kind, Name, Text
from vnetsh_ovn.sort import CLUSTER, SORT

FURTHER_KIND = Kind(
    "ovn-row",
    subject=Name(what="a row of OVN's database", never=""),
    help="What OVN's database has besides, of no network, router or group: made by others, shown, never changed.",
    sort=SORT,
    attributes=(
        CLUSTER,
        Attribute("table", Text(), "Its table.", settable=False),
        Attribute("about", Text(), "What it is about.", settable=False),
    ),
    sayable=False,
    brings=(),
)
