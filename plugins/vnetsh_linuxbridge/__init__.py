"""Linux bridges: netlink on this machine, `ip` on the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.hookspecs import hookimpl

if TYPE_CHECKING:
    from vnetsh.hookspecs import BackendRegistry, KindRegistry


@hookimpl
def vnetsh_register_kinds(kinds: KindRegistry) -> None:
    """What the backend's codes mean."""
    kinds.explain("vnetsh_linuxbridge.explanations:EXPLANATIONS")


@hookimpl
def vnetsh_register_backends(backends: BackendRegistry) -> None:
    """Register the backend `linux`."""
    from vnetsh_linuxbridge.backend import LinuxBridgeBackend

    backends.add(LinuxBridgeBackend())
