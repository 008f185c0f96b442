"""The noun `tenant`: whose networks, routers and groups stand in its block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.schema import Block, Kind, Name
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.sort import CLUSTER, SORT

if TYPE_CHECKING:
    from vnetsh.model import Fleet, Resource
    from vnetsh.schema import Told
    from vnetsh.schema.lent import Settling

NO_TENANT = "E554"
"""Code: there is no such tenant."""


def has_its_tenant(resource: Resource, settler: Settling) -> bool:
    """Whether there is the tenant in whom something stands; else that is refused."""
    tenant = tenant_of(resource.name)
    if not tenant or settler.find("tenant", resource.place, tenant):
        return True
    settler.refuse(
        Diagnostic(
            NO_TENANT,
            f"there is no tenant `{tenant}`",
            resource.at("name"),
            help=f"`tenant {tenant} {{ … }}`",
        )
    )
    return False


def _tells(tenant: Resource, fleet: Fleet) -> Told:
    from vnetsh_ovn.nouns.pages import of_tenant  # few look

    return of_tenant(tenant, fleet)


TENANT_KIND = Kind(
    "tenant",
    subject=Name(what="a tenant's name"),
    help="Somebody with networks of their own, closed to the outside but for what is allowed. What stands in the block "
    "is theirs, and is called so from outside: `acme/web`.",
    sort=SORT,
    attributes=(CLUSTER,),
    block=Block.SENTENCES,
    holds=(
        "network",
        "router",
        "hop",
        "peer",
        "eip",
        "forward",
        "group",
        "allow",
        "deny",
        "loadbalancer",
        "delete",
        "expect",
        "vm",
    ),
    qualifies=True,
    brings=(),
    tells=_tells,
    example="tenant acme { network web subnet 10.0.1.0/24 }",
)
