"""A vm's serial console that is open, and what is said where a vm has none."""

from __future__ import annotations

from typing import Protocol

NO_CONSOLE, NO_DISPLAY = "E551", "E552"
"""Codes of `vnetsh explain`."""


class Console(Protocol):
    """Bytes to and from a serial console, as of a socket that never waits; nothing comes any more when it is closed."""

    def fileno(self) -> int:
        """A descriptor that is readable when something has come."""

    def recv(self, most: int) -> bytes:
        """What has come; empty when it has ended."""

    def send(self, data: bytes) -> int:
        """Send; how many bytes were taken. Raises `OSError` when it has ended."""

    def why(self) -> str:
        """Why it has ended, in words; empty where nobody knows."""

    def close(self) -> None:
        """Let go of it; never raises."""
