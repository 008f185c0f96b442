"""Addresses outside: which are taken, and by what. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from vnetsh_ovn.nouns.known import known, subnet_with, words_of
from vnetsh_ovn.shapes.networks import gateway_of

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling


class Claim(NamedTuple):
    """What has an address outside: its kind and name, and of a forward the router that it is by."""

    kind: str
    name: str
    router: str = ""


class Refusal(NamedTuple):
    """Why an address cannot be had, and what would help."""

    message: str
    help: str


def taken(
    settler: Settling, place: str, network: Resource, address: str, mine: str, *, shared: str = ""
) -> Refusal | None:
    """Why an address of a network outside cannot be had by what is called `mine`; None where it can.

    The address of a router may have forwards of its own; `shared`: of which router it is one.
    """
    subnet = subnet_with(network, address)
    if subnet is None:
        subnets = ", ".join(words_of(network.get("subnet"))) or "none"
        return Refusal(f"network `{network.name}` has the subnet {subnets}", "an address of that")
    ip = ipaddress.ip_address(address)
    if ip == subnet.network_address or (ip.version == 4 and ip == subnet.broadcast_address):
        return Refusal("it is no host's", "another one of that subnet")
    if address == gateway_of(network, ip.version):
        return Refusal(f"the router beyond `{network.name}` has it", f"`network {network.name} gateway …`")
    for claim in _claims(settler, place, address):
        by = shared or mine  # of a forward whose router is not known yet, its own check tells
        allowed = claim == Claim("router", by) or (claim.kind == "forward" and claim.router in ("", by))
        if claim.name != mine and not allowed:
            return Refusal(f"{claim.kind} `{claim.name}` has it", "another address")
    return None


def _claims(settler: Settling, place: str, address: str) -> Iterator[Claim]:
    for router in known(settler, "router", place).values():
        if address in words_of(router.get("address")):
            yield Claim("router", router.name)
    if address in known(settler, "eip", place):
        yield Claim("eip", address)
    for forward in known(settler, "forward", place).values():
        if forward.text("address") == address:
            yield Claim("forward", forward.name, forward.text("router"))
    for attachment in known(settler, "attachment", place).values():
        network = known(settler, "network", place).get(attachment.text("network"))
        if attachment.text("address") == address and network and network.get("external"):
            yield Claim("vm", attachment.text("vm"))
