"""What the two ways to a host's links have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vnetsh_linuxbridge.steps import Step


class StepFailed(Exception):
    """A step that the host refused, in its own words; `step` is None when it cannot be told which."""

    def __init__(self, step: Step | None, message: str) -> None:
        super().__init__(message)
        self.step = step


class Way(Protocol):
    """Does steps on a host's links."""

    def run(self, steps: Sequence[Step]) -> None:
        """Do the steps up to the first that fails; those before it stay. Raises `StepFailed`."""
