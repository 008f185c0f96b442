"""How a tenant's networks are closed: what comes from outside of the tenant's own subnets goes to no port of theirs.

Each network says which addresses are its own and what of it is closed, in the group of all the tenant's ports: so a
network that comes or goes changes none of the others' rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.model import Resource
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.pieces import Piece, Within
from vnetsh_ovn.rows import ACL, Index, Ref
from vnetsh_ovn.shapes.acls import OUTSIDE, OWN, acl, own, ports_of, within_subnets
from vnetsh_ovn.shapes.tenants import group_of


def closing(network: Resource) -> Sequence[Piece]:
    """What closes a network of a tenant; nothing of one that has no addresses, which nobody outside can reach.

    Those on a network that leads outside are no more of the tenant's own than all that is there.
    """
    tenant, said = tenant_of(network.name), network.get("subnet")
    subnets = [*map(str, said)] if isinstance(said, tuple) else []
    if not (tenant and network.marked and subnets):
        return ()
    group = group_of(tenant)
    within, ports = Within(group, "acls"), ports_of(group.key)
    closed = f"{ports} && {within_subnets(subnets, 'dst')}"
    found = [acl(network, _key(network.name, "closed"), within, closed, "drop", OUTSIDE)]
    if not network.get("external"):
        match = f"{ports} && {own(subnets)}"
        found.append(acl(network, _key(network.name, "own"), within, match, "allow-related", OWN))
    return found


def closing_rows(index: Index, network: str) -> list[tuple[str, str]]:
    """Those of these that are there, by table and UUID."""
    found = (index.find(Ref(ACL, _key(network, word))) for word in ("closed", "own"))
    return [(ACL, uuid) for uuid in found if uuid]


def _key(network: str, word: str) -> str:
    return f"network {network} {word}"
