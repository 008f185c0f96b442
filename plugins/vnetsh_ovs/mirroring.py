"""Mirrors that have changed, at work: vswitchd (3.1) lets flows that it knows go on without them for seconds."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from vnetsh.errors import BackendRefused
from vnetsh.hosts.transport import Transport
from vnetsh.model import Change


def bring_about(transport: Transport, changes: Sequence[Change], timeout: float) -> None:
    """Have vswitchd look at each flow anew where a mirror has changed. Raises `HostUnreachable`."""
    if any("mirrors" in change.differing() for change in changes):
        with suppress(BackendRefused):  # it will come to it by itself
            transport.ask(["ovs-appctl", "--timeout=5", "revalidator/purge"], timeout=timeout)
