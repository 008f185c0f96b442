"""What is said of how a tunnel packs its packets: the headers around them, and their encryption."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.schema import Attribute, Choice, NumberOr, Text

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling

MAKERS = ("ovs",)
"""The backends that can say so of their tunnels' packets."""

HEADERS = (
    Attribute(
        "ttl",
        NumberOr(what="a number of hops", least=1, most=255, word="inherit"),
        "How many hops its packets may go; `inherit`: as many as the packet in it.",
        otherwise="64",
        column=False,
        backends=MAKERS,
    ),
    Attribute(
        "tos",
        NumberOr(what="a type of service", most=252, step=4, word="inherit"),
        "The type of service (DSCP) of its packets; `inherit`: that of the packet in it.",
        otherwise="0",
        column=False,
        backends=MAKERS,
    ),
    Attribute(
        "df",
        Choice(what="yes or no", choices=("yes", "no")),
        "Whether routers must not cut its packets into fragments (IPv4's DF bit); over IPv6 none may.",
        otherwise="`yes`",
        column=False,
        backends=MAKERS,
    ),
    Attribute(
        "csum",
        Choice(what="yes or no", choices=("yes", "no")),
        "A checksum over each of its packets, of GRE or UDP. Those that come are checked in any case.",
        otherwise="`no`",
        column=False,
        backends=MAKERS,
    ),
    Attribute(
        "encrypted",
        Choice(what="whether its packets are encrypted", choices=("yes",)),
        "Its packets are encrypted (IPsec), by the daemon that Open vSwitch has for it on both hosts.",
        otherwise="no",
        column=False,
        backends=MAKERS,
    ),
)

OUTER = tuple(attribute.name for attribute in HEADERS)

REMOTE_NAME = Attribute(
    "remote-name",
    Text(),
    "The name in the certificate by which the other end proves itself.",
    settable=False,
    column=False,
)


def proven(tunnel: Resource, there: Resource | None, settler: Settling) -> Resource:
    """A tunnel end that is to be encrypted, with the name by which its other end proves itself; else without one.

    `there` is the end as it is now. Refuses what Open vSwitch's daemon for IPsec would leave in the clear.
    """
    now = there.get("encrypted") if there else None
    if not tunnel.get("encrypted", now):
        return (
            tunnel.with_attributes(**{REMOTE_NAME.name: None}) if "encrypted" in tunnel.attributes else tunnel
        )
    kind = tunnel.text("type") or (there.text("type") if there else "") or "gre"
    if kind == "gre" and ":" in tunnel.text("remote"):
        settler.refuse(
            Diagnostic(
                "E495",
                f"tunnel `{tunnel.name}` would not be encrypted: Open vSwitch's daemon for that knows no GRE over IPv6",
                tunnel.at("encrypted", "name"),
                "in the clear",
                "say `type geneve` or `type vxlan`",
            )
        )
    far = next(h for h in settler.hosts.values() if tunnel.text("remote") in h.addresses)
    return tunnel.with_attributes(**{REMOTE_NAME.name: far.text("certificate-name", far.name)})


def no_fragments(tunnel: Resource) -> Diagnostic:
    """The problem of a tunnel over IPv6 whose packets may be cut: only their sender may do that (RFC 8200, 4.5)."""
    return Diagnostic(
        "E494",
        f"`df no` of tunnel `{tunnel.name}` would change nothing: over IPv6 no router cuts packets into fragments",
        tunnel.at("df", "name"),
        "not over IPv6",
        "leave it out, or say `df none` where the tunnel has it",
    )
