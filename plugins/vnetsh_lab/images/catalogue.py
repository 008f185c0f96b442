"""All the guests that a lab can have."""

from __future__ import annotations

from vnetsh.errors import UsageError
from vnetsh_lab.images.full import FULL
from vnetsh_lab.images.store import GuestImage
from vnetsh_lab.images.tiny import TINY

GUESTS = {guest.name: guest for guest in (TINY, FULL)}


def guest_named(name: str) -> GuestImage:
    """The guest of that name. Raises `UsageError`."""
    if name not in GUESTS:
        raise UsageError(f"a lab has no guest `{name}`", help=f"its guests are {' and '.join(GUESTS)}")
    return GUESTS[name]
