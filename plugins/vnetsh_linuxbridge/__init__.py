"""Linux bridges: netlink on this machine, `ip` on the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from vnetsh.hookspecs import hookimpl

if TYPE_CHECKING:
    from vnetsh.diagnostics import Diagnostic
    from vnetsh.hookspecs import BackendRegistry, KindRegistry, Script


@hookimpl
def vnetsh_register_kinds(kinds: KindRegistry) -> None:
    """What the backend's codes mean."""
    kinds.explain("vnetsh_linuxbridge.explanations:EXPLANATIONS")


@hookimpl
def vnetsh_check(topology: Script) -> Iterable[Diagnostic]:
    """What the script's own Linux bridges cannot carry."""
    if not any(resource.get("backend") for resource in topology.resources):
        return ()
    from vnetsh_linuxbridge.checking import check

    return check(topology)


@hookimpl
def vnetsh_register_backends(backends: BackendRegistry) -> None:
    """Register the backend `linux`."""
    from vnetsh_linuxbridge.backend import LinuxBridgeBackend

    backends.add(LinuxBridgeBackend())
