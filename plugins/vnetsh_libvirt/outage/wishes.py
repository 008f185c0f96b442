"""What the sentence of a move says of its outage. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vnetsh.model import KNOWN, Change
from vnetsh.schema import Duration

OUTAGE, ADDRESS = "outage", "address"


@dataclass(frozen=True)
class Wish:
    """How long a VM may not be reachable, in milliseconds, and where it is to be probed.

    `limit` is None where there is none; it is not `measured` at all where that was said (`outage none`). `known` is
    what networks of many hosts know: of each MAC the first IPv4 address.
    """

    limit: int | None = None
    address: str = ""
    measured: bool = True
    known: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, change: Change) -> Wish:
        """What a change's sentence says."""
        wishes = change.wishes
        limit, address = wishes.get(OUTAGE), wishes.get(ADDRESS)
        none = OUTAGE in wishes and limit is None
        told = wishes.get(KNOWN)
        pairs = [str(one).lower().split() for one in reversed(told if isinstance(told, tuple) else ())]
        known = {mac: one for mac, one in pairs if ":" not in one}
        return cls(limit if isinstance(limit, int) else None, str(address or ""), not none, known)

    @property
    def said(self) -> str:
        """The limit as it is said."""
        return Duration().show(self.limit) if self.limit is not None else "none"
