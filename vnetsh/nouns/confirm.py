"""The verb `confirm`: what stands in its block is made on trial, and confirmed in time or taken back by its hosts."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.model import Change
from vnetsh.schema import Attribute, Block, Duration, Effect, Verb
from vnetsh.schema.lent import Settling
from vnetsh.schema.phrase import Phrase

WITHIN = 60_000
"""Milliseconds in which it is confirmed where nothing else is said."""


def _nothing(action: Phrase, settler: Settling) -> Sequence[Change]:
    """What begins and ends the block changes nothing itself."""
    return ()


CONFIRM = Verb(
    "confirm",
    help="Make what stands in the block, and confirm it over new connections; else every host goes back by itself.",
    attributes=(
        Attribute(
            "within",
            Duration(),
            "The time in which it has to be confirmed, 2 s to 1 h from when the first host is told.",
            default=WITHIN,
            clearable=False,
        ),
    ),
    block=Block.SENTENCES,
    plan=_nothing,
    after=_nothing,
    effect=Effect(others=True),
    confirms="within",
    example="confirm within 60s { bridge vswitch02 on kvm1, kvm2; expect port p1 bridge vswitch02 }",
)
