"""What hosts themselves do on their networks: addresses, static routes, DHCP and DNS by dnsmasq, NAT by nftables."""

from __future__ import annotations

from vnetsh.hookspecs import BackendRegistry, KindRegistry, hookimpl


@hookimpl
def vnetsh_register_kinds(kinds: KindRegistry) -> None:
    """The nouns, and what the codes mean."""
    from vnetsh_hostnet.nouns import DHCP_KIND, NAT_KIND, ROUTE_KIND, STATIC_KIND

    for kind in (ROUTE_KIND, DHCP_KIND, STATIC_KIND, NAT_KIND):
        kinds.add(kind)
    kinds.explain("vnetsh_hostnet.explanations:EXPLANATIONS")


@hookimpl
def vnetsh_register_backends(backends: BackendRegistry) -> None:
    """Register the backend `host`."""
    from vnetsh_hostnet.backend import HostBackend

    backends.add(HostBackend())
