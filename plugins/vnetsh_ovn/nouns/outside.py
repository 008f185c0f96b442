"""Addresses outside: which are taken, and by what. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from vnetsh.model import listed
from vnetsh_ovn.nouns.known import known, one_of, subnet_with
from vnetsh_ovn.shapes.networks import gateway_of

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling


class Claim(NamedTuple):
    """What has an address outside: its kind and name."""

    kind: str
    name: str


class Refusal(NamedTuple):
    """Why an address cannot be had, and what would help."""

    message: str
    help: str


def taken(
    settler: Settling,
    place: str,
    network: Resource,
    address: str,
    mine: str,
    *,
    shared: str = "",
    last: bool = False,
) -> Refusal | None:
    """Why an address of a network outside cannot be had by what is called `mine`; None where it can.

    The address of a router may have forwards of its own; `shared`: of which router it is one. `last`: vms'
    NICs are settled.
    """
    subnet = subnet_with(network, address)
    if subnet is None:
        subnets = ", ".join(listed(network.get("subnet"))) or "none"
        return Refusal(f"network `{network.name}` has the subnet {subnets}", "an address of that")
    ip = ipaddress.ip_address(address)
    if ip == subnet.network_address or (ip.version == 4 and ip == subnet.broadcast_address):
        return Refusal("it is no host's", "another one of that subnet")
    if address == gateway_of(network, ip.version):
        return Refusal(f"the router beyond `{network.name}` has it", f"`network {network.name} gateway …`")
    key = "ovn claims at last" if last else "ovn claims"
    for claim in settler.once((key, place), lambda: _claims(settler, place)).get(address, ()):
        by = shared or mine
        allowed = claim == Claim("router", by)
        if claim.kind == "forward":  # of one whose router is not known yet, its own check tells
            forward = one_of(settler, "forward", place, claim.name)
            allowed = forward is not None and forward.text("router") in ("", by)
        if claim.name != mine and not allowed:
            return Refusal(f"{claim.kind} `{claim.name}` has it", "another address")
    return None


def _claims(settler: Settling, place: str) -> Mapping[str, Sequence[Claim]]:
    """What has each address outside."""
    found: dict[str, list[Claim]] = {}
    for router in known(settler, "router", place).values():
        for one in listed(router.get("address")):
            found.setdefault(one, []).append(Claim("router", router.name))
    for name in known(settler, "eip", place):
        found.setdefault(name, []).append(Claim("eip", name))
    for forward in known(settler, "forward", place).values():
        found.setdefault(forward.text("address"), []).append(Claim("forward", forward.name))
    networks = known(settler, "network", place)
    for nic in known(settler, "attachment", place).values():
        network = networks.get(nic.text("network"))
        for one in listed(nic.get("address")) if network and network.get("external") else ():
            found.setdefault(one, []).append(Claim("NIC", nic.name))
    return found
