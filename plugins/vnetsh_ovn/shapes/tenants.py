"""Tenants: each a group of all the ports of its networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from vnetsh.model import Resource
from vnetsh_ovn.marks import ids_of, is_marked, owner_of
from vnetsh_ovn.names import set_name
from vnetsh_ovn.pieces import Found, Piece, of
from vnetsh_ovn.rows import GROUP, Index, Ref
from vnetsh_ovn.sort import NAME

TENANT_KEY = "vnetsh-tenant"
"""Key of such a group; its value is the tenant's name."""


@lru_cache
def group_of(tenant: str) -> Ref:
    """The group of a tenant's ports."""
    return Ref(GROUP, set_name("tenant", tenant))


class _Tenants:
    kind = "tenant"

    def pieces(self, resource: Resource, index: Index) -> Sequence[Piece]:
        ref = group_of(resource.name)
        piece = Piece(ref, {"name": ref.key}, {"external_ids": {TENANT_KEY: resource.name}})
        return (of(resource, piece),)

    def read(self, index: Index, place: str) -> Iterator[Found]:
        for uuid, row in index.rows(GROUP):
            if name := ids_of(row).get(TENANT_KEY):
                tenant = Resource(
                    self.kind, name, place, {}, backend=NAME, marked=is_marked(row), owner=owner_of(row)
                )
                yield Found(tenant, [(GROUP, uuid)])


TENANT = _Tenants()
