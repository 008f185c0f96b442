"""OVN: tenants, networks, routers and rules, by its northbound database. Only registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.hookspecs import hookimpl

if TYPE_CHECKING:
    from vnetsh.hookspecs import BackendRegistry, KindRegistry


@hookimpl
def vnetsh_register_kinds(kinds: KindRegistry) -> None:
    """The nouns, the type of their places, and where the databases of such a place are."""
    from vnetsh_ovn.nouns import KINDS
    from vnetsh_ovn.sort import CLUSTER_ATTRIBUTES, SORT

    kinds.add_cluster_type(SORT)
    kinds.extend("cluster", *CLUSTER_ATTRIBUTES)
    for kind in KINDS:
        kinds.add(kind)
    kinds.explain("vnetsh_ovn.explanations:EXPLANATIONS")


@hookimpl
def vnetsh_register_backends(backends: BackendRegistry) -> None:
    """The backend `ovn`."""
    from vnetsh_ovn.backend import OvnBackend

    backends.add(OvnBackend())
