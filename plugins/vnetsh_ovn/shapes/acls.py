"""What passes to ports, as rows: their order among each other, and the words of OVN's matches (ovn-nb(5), ACL)."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence

from vnetsh.model import Resource
from vnetsh.schema import Ranges
from vnetsh_ovn.pieces import Piece, Within, of
from vnetsh_ovn.rows import ACL, Ref

OUTSIDE, OWN, CLOSED, NEEDED, ALLOWED, DENIED = 900, 901, 1000, 1001, 1500, 2000
"""Priorities: a tenant's networks to the outside, and to each other; a group; what any guest needs; what is said."""
REPLIES = 0
"""Of what changes nothing, but has OVN follow connections: else it does not know a reply."""
_SPANS = Ranges()
LINK_LOCAL = "fe80::/10"
"""Addresses that mean a neighbour on a link (RFC 4291, 2.5.6)."""


def acl(
    resource: Resource,
    key: str,
    within: Within,
    match: str,
    action: str,
    priority: int,
    more: Mapping[str, object] | None = None,
) -> Piece:
    """A row on what goes to a port, which is found by its key."""
    columns = {
        "direction": "to-lport",
        "priority": priority,
        "match": match,
        "action": action,
        **(more or {}),
    }
    return of(resource, Piece(Ref(ACL, key), columns, within=(within,)), keyed=True)


def ports_of(group: str) -> str:
    """What goes to a port of a group."""
    return f"outport == @{group}"


def from_group(group: str) -> str:
    """What comes from an address of a group's ports: of each group ovn-northd has two sets of these."""
    return f"(ip4.src == ${group}_ip4 || ip6.src == ${group}_ip6)"


def within_subnets(subnets: Sequence[str], side: str) -> str:
    """What comes from these subnets (`src`), or goes to them (`dst`)."""
    found = (ipaddress.ip_network(one) for one in subnets)
    return f"({' || '.join(f'ip{one.version}.{side} == {one}' for one in found)})"


def own(subnets: Sequence[str]) -> str:
    """What comes from the subnets of a tenant, or from a neighbour: routers drop such senders (`guarding`)."""
    return within_subnets([*subnets, LINK_LOCAL], "src")


def asked(protocol: str, ports: Sequence[int]) -> str:
    """What is of a protocol, and goes to one of these ports where such are said."""
    if protocol in ("icmp", "all"):
        return "(icmp4 || icmp6)" if protocol == "icmp" else "ip"
    alone, spans = [], []
    for text in _SPANS.texts(ports):
        first, _, last = text.partition("-")
        if last:
            spans.append(f"({protocol}.dst >= {first} && {protocol}.dst <= {last})")
        else:
            alone.append(text)
    if alone:
        spans.insert(0, f"{protocol}.dst == {{{', '.join(alone)}}}")
    return f"({' || '.join(spans)})" if len(spans) > 1 else (spans or [protocol])[0]


DHCP_REPLIES = "((udp.src == 67 && udp.dst == 68) || (udp.src == 547 && udp.dst == 546))"
"""What a guest gets its addresses by (RFC 2131, 4.1; RFC 8415, 7.2)."""
