"""Static checks of the hosts' addresses: which cannot be reached, whatever the hosts are. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, ip_address

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Host
from vnetsh.script.script import Script

_EVERYBODY = IPv4Address("255.255.255.255")


def hosts_can_be_reached(script: Script) -> Iterator[Diagnostic]:
    """A host's address is one that a host can have."""
    for host in script.hosts.values():
        for word, said in addresses_of(host).items():
            why = _no_hosts(said)
            if why:
                yield Diagnostic(
                    "E216",
                    f"host `{host.name}` cannot have the address {said}: {why}",
                    host.at(word),
                    help=f"say its own address: `host {host.name} {word} 192.0.2.1`",
                )


def addresses_of(host: Host) -> Mapping[str, str]:
    """What is said to be its addresses, by the word that says it."""
    said = {word: host.text(word) for word in ("tunnel-address", "migration-address")}
    return {word: address for word, address in {"address": host.address, **said}.items() if address}


def _no_hosts(said: str) -> str:
    """Why an address is no host's; empty when it may be one's."""
    address = ip_address(said)
    if address.is_unspecified:
        return "it stands for none"
    return "it stands for many" if address.is_multicast or address == _EVERYBODY else ""


def tunnels_reach_their_ends(script: Script) -> Iterator[Diagnostic]:
    """The two hosts of a tunnel can send to each other's address."""
    hosts = {host.tunnel_address: host for host in script.hosts.values() if host.addresses}
    for tunnel in script.resources:
        here, there = script.hosts.get(tunnel.place), hosts.get(tunnel.text("remote"))
        if tunnel.kind != "tunnel" or not here or not there:
            continue
        if ip_address(there.tunnel_address).is_loopback:
            word = "tunnel-address" if there.text("tunnel-address") else "address"
            yield Diagnostic(
                "E216",
                f"tunnel `{tunnel.name}` cannot reach host `{there.name}` at {there.tunnel_address}",
                tunnel.at("remote"),
                "every host is itself at that address",
                f"say the address at which the other hosts see it: `host {there.name} {word} 192.0.2.1`",
            )
        elif here.addresses and here.name < there.name and _family(here) != _family(there):
            yield Diagnostic(
                "E217",
                f"tunnel `{tunnel.name}` cannot join an {_family(here)} and an {_family(there)} address: "
                f"{here.tunnel_address} of `{here.name}` and {there.tunnel_address} of `{there.name}`",
                tunnel.at("remote"),
                help="give both hosts addresses of one family, in their `host` sentences: `address`, or "
                "`tunnel-address` for tunnels alone",
            )


def _family(host: Host) -> str:
    return f"IPv{ip_address(host.tunnel_address).version}"
