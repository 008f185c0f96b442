"""The noun `tenant`: whose networks, routers and groups stand in its block."""

from __future__ import annotations

from vnetsh.schema import Block, Kind, Name
from vnetsh_ovn.sort import CLUSTER, SORT

NO_TENANT = "E554"
"""Code: there is no such tenant."""

TENANT_KIND = Kind(
    "tenant",
    subject=Name(what="a tenant's name"),
    help="Somebody with networks of their own. What stands in the block is theirs, and is called so from outside: "
    "`acme/web`.",
    sort=SORT,
    attributes=(CLUSTER,),
    block=Block.SENTENCES,
    holds=("network", "router", "hop", "peer", "eip", "forward", "delete", "expect", "vm"),
    qualifies=True,
    brings=(),
    example="tenant acme { network web subnet 10.0.1.0/24 }",
)
