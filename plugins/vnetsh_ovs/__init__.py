"""Open vSwitch: bridges, ports, uplinks and tunnels, by one OVSDB transaction a host. Only registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.hookspecs import hookimpl

if TYPE_CHECKING:
    from vnetsh.hookspecs import BackendRegistry, KindRegistry


@hookimpl
def vnetsh_register_kinds(kinds: KindRegistry) -> None:
    """What a `host` sentence may say about its Open vSwitch, and what the backend's codes mean."""
    from vnetsh_ovs.attributes import HOST_ATTRIBUTES

    kinds.extend("host", *HOST_ATTRIBUTES)
    kinds.explain("vnetsh_ovs.explanations:EXPLANATIONS")


@hookimpl
def vnetsh_register_backends(backends: BackendRegistry) -> None:
    """The backend `ovs`."""
    from vnetsh_ovs.backend import OvsBackend

    backends.add(OvsBackend())
