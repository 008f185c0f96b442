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
    from vnetsh_ovn.nouns.zone import ZONE_KIND

    for kind in (ZONE_KIND, *KINDS):
        kinds.add(kind)
    kinds.explain("vnetsh_ovn.explanations:EXPLANATIONS")


@hookimpl
def vnetsh_register_backends(backends: BackendRegistry) -> None:
    """The backends `ovn`, of its databases, and `chassis`, of hosts."""
    from vnetsh_ovn.backend import OvnBackend
    from vnetsh_ovn.chassis.backend import ChassisBackend
    from vnetsh_ovn.in_memory import OvnInMemory

    backends.add(OvnBackend())
    backends.add(ChassisBackend())
    backends.add(OvnInMemory())
