"""The noun `vip`: an address that one host of the cluster has, whichever."""

from __future__ import annotations

from vnetsh.schema import Address, Attribute, Integer, Kind, Name
from vnetsh.schema.value_names import LINK_LENGTH
from vnetsh_pacemaker.nouns.words import OBSERVED, PREFER
from vnetsh_pacemaker.sort import CLUSTER, SORT, WITHOUT

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
        WITHOUT,
        *OBSERVED,
    ),
    requires=("fence", "bridge"),
    of_hosts=True,
    brings=(),
    example="vip 10.0.1.50 on vswitch01 prefix 24",
)
