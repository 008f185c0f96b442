"""A change that could not be made."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.errors import VnetshError
from vnetsh.model.change import Change


class ApplyFailed(VnetshError):
    """A change could not be made.

    `change` is the one that failed; nothing of it is left, except what `leftovers` says in sentences.
    `done` are those of the same call that did take effect: the engine takes them back.
    """

    def __init__(
        self,
        message: str,
        *,
        change: Change | None = None,
        done: Sequence[Change] = (),
        leftovers: Sequence[str] = (),
        help: str = "",
    ) -> None:
        super().__init__(message, help=help)
        self.change = change
        self.done = tuple(done)
        self.leftovers = tuple(leftovers)
