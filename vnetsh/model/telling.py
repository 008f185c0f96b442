"""What a place tells of itself, and of what has gone through its links, when somebody wants to see that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vnetsh.model.resource import Key, Resource, Value


@dataclass(frozen=True)
class Counters:
    """What has gone through a link since it came up, as of who is at its other end: a guest, a host, a far end.

    None is what nobody counts.
    """

    received_bytes: int | None = None
    received_packets: int | None = None
    sent_bytes: int | None = None
    sent_packets: int | None = None
    errors: int | None = None
    drops: int | None = None


class Telling:
    """What a connection may tell besides what it observes; asked only where it is to be shown."""

    def about(self) -> Mapping[str, Value]:
        """Observed attributes of the place's own noun: versions, what is free. Raises `HostUnreachable`."""
        return {}

    def counters(self, resources: Sequence[Resource]) -> Mapping[Key, Counters]:
        """Those of the links of some of its resources, where there are such. Raises `HostUnreachable`."""
        return {}
