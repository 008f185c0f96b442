"""Pacemaker: vms, addresses and fencing that a cluster keeps up, by its CIB. Only registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.hookspecs import hookimpl

if TYPE_CHECKING:
    from vnetsh.hookspecs import BackendRegistry, KindRegistry


@hookimpl
def vnetsh_register_kinds(kinds: KindRegistry) -> None:
    """The nouns, the type of their places, and what vms have by them."""
    from vnetsh_pacemaker.nouns import KINDS
    from vnetsh_pacemaker.sort import CLUSTER_ATTRIBUTES, MANAGED_BY, SORT

    kinds.add_cluster_type(SORT)
    kinds.extend("cluster", *CLUSTER_ATTRIBUTES)
    kinds.extend("vm", MANAGED_BY)
    for kind in KINDS:
        kinds.add(kind)
    kinds.explain("vnetsh_pacemaker.explanations:EXPLANATIONS")


@hookimpl
def vnetsh_register_backends(backends: BackendRegistry) -> None:
    """The backend, and that of the demo."""
    from vnetsh_pacemaker.backend import PacemakerBackend
    from vnetsh_pacemaker.in_memory import PacemakerInMemory

    backends.add(PacemakerBackend())
    backends.add(PacemakerInMemory())
