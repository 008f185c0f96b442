"""A packet of which a place is asked where it goes, and what that tells."""

from __future__ import annotations

from dataclasses import dataclass

from vnetsh.model.resource import Resource
from vnetsh.model.route import Finding, Hop

ECHO = "icmp"
"""The protocol of a packet of which nothing else is said: an echo request."""


@dataclass(frozen=True)
class Packet:
    """The first packet of a connection. `source` and `target` are NICs as a network of many hosts has them
    (`Fleet.attached`), None of an end that is on none; `addresses` are of IP, empty where only the network knows them.
    `port` is the one that it goes to.
    """

    source: Resource | None
    target: Resource | None
    addresses: tuple[str, str] = ("", "")
    protocol: str = ECHO
    port: int = 0


@dataclass(frozen=True)
class Traced:
    """What a place tells of a packet: its hops between the ends, and what is wrong with it, what stops it first.

    `ends` is the NIC, as the network has it, to which it comes; None where it ends elsewhere. `beyond`: it leaves
    what anybody here sees, in words. `rests` says on what all that rests, `detail` is the place's own account.
    """

    hops: tuple[Hop, ...] = ()
    findings: tuple[Finding, ...] = ()
    ends: Resource | None = None
    beyond: str = ""
    rests: str = ""
    detail: str = ""
