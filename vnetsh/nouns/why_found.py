"""What `why` was asked, and a way as it found it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vnetsh.model import Finding, Key, Route
from vnetsh.schema.phrase import Phrase

PROTOCOLS = ("tcp", "udp")
"""The attributes that say of which packets, each with its port."""
DETAIL = "detail"
"""The attribute that wants the own account of whoever was asked."""


@dataclass(frozen=True)
class Found:
    """A way as it was found: its route, what stops a packet there, and what is to be said besides.

    `beyond`: it leaves what anybody here sees, in words. `rests` says on what that rests, where not on hosts alone;
    `detail` is the own account of whoever was asked.
    """

    route: Route
    stop: Finding | None = None
    notes: Sequence[Finding] = field(default=())
    broken: bool = False
    beyond: str = ""
    rests: str = ""
    detail: str = ""


def thing(at: Key) -> str:
    """A thing in words."""
    kind, place, name = at
    if kind == "host" or place == name:
        return f"{kind} {name}"
    return f"{kind} {name} on {place}" if place else f"{kind} {name}"


def asked_of(action: Phrase) -> tuple[str, int] | None:
    """The protocol and the port of the packets that are meant; None where none is said."""
    said = ((one, action.value(one)) for one in PROTOCOLS)
    return next(((one, port) for one, port in said if isinstance(port, int)), None)
