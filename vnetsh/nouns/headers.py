"""What is said of the headers that a tunnel puts around packets, and of their encryption."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.schema import Attribute, Choice, NumberOr, Text

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.phrase import Phrase

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
)

OUTER = tuple(attribute.name for attribute in HEADERS)

PSK = Attribute(
    "psk",
    Text(what="a secret"),
    "A secret by which its ends encrypt (IPsec). It is refused: no IPsec is set up here.",
    otherwise="none: nothing is encrypted",
    clearable=False,
    column=False,
)


def no_ipsec(declaration: Phrase) -> Diagnostic:
    """The problem of a tunnel that is to be encrypted. Without that daemon its packets would go in the clear."""
    return Diagnostic(
        "E495",
        f"`{declaration.name}` would not be encrypted: vnetsh sets up no IPsec",
        declaration.place("psk"),
        help="what does is Open vSwitch's own daemon with strongSwan (Debian: `openvswitch-ipsec`), on both hosts; "
        "leave `psk` out here, and set it there: `ovs-vsctl set interface NAME options:psk=…`. It is left as it is",
    )


def no_fragments(tunnel: Resource) -> Diagnostic:
    """The problem of a tunnel over IPv6 whose packets may be cut: only their sender may do that (RFC 8200, 4.5)."""
    return Diagnostic(
        "E494",
        f"`df no` of tunnel `{tunnel.name}` would change nothing: over IPv6 no router cuts packets into fragments",
        tunnel.at("df", "name"),
        "not over IPv6",
        "leave it out, or say `df none` where the tunnel has it",
    )
