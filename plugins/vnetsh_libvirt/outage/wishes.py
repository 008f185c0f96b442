"""What the sentence of a move says of its outage. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from vnetsh.model import Change
from vnetsh.schema import Duration

OUTAGE, ADDRESS = "outage", "address"


@dataclass(frozen=True)
class Wish:
    """How long a VM may not be reachable, in milliseconds, and where it is to be probed.

    `limit` is None where there is none; it is not `measured` at all where that was said (`outage none`).
    """

    limit: int | None = None
    address: str = ""
    measured: bool = True

    @classmethod
    def of(cls, change: Change) -> Wish:
        """What a change's sentence says."""
        wishes = change.wishes
        limit, address = wishes.get(OUTAGE), wishes.get(ADDRESS)
        none = OUTAGE in wishes and limit is None
        return cls(limit if isinstance(limit, int) else None, str(address or ""), not none)

    @property
    def said(self) -> str:
        """The limit as it is said."""
        return Duration().show(self.limit) if self.limit is not None else "none"
