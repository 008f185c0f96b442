"""Changes for whose sake all places are looked at: their effect goes beyond the place where they are made. Pure."""

from __future__ import annotations

from vnetsh.model import Change
from vnetsh.planning.loops import may_join
from vnetsh.planning.losses import may_cut


def concerns_all(change: Change) -> bool:
    """Whether it may join or part what other places hold; a vm's are looked for everywhere anyway."""
    return may_join(change) or may_cut(change)
