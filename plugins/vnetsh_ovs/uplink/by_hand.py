"""What one types on a host to move its own addresses, as an uplink or a bond does. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from vnetsh.backend import HostCommand
from vnetsh.model import Change, Fleet
from vnetsh.model.moved import moved_by
from vnetsh_ovs.observing import facts_of


@dataclass(frozen=True)
class Moving:
    """Addresses that go from one link to another; `back` from a bridge to a NIC."""

    addresses: Collection[str]
    source: str
    target: str
    back: bool

    @property
    def note(self) -> str:
        """What is to be said beside the commands."""
        return (
            "from the host's console only: it cuts off who comes by this link. Routes go with the addresses: note them "
            f"first (`ip route show dev {self.source}`), then add them with `dev {self.target}`"
        )

    def commands(self) -> Iterator[HostCommand]:
        """The commands."""
        for address in self.addresses:
            yield HostCommand(("ip", "address", "delete", address, "dev", self.source))
            yield HostCommand(("ip", "address", "add", address, "dev", self.target))
        yield HostCommand(("ip", "link", "set", "dev", self.target, "up"))


def addresses_moving(change: Change, before: Fleet) -> Moving | None:
    """What moves with a change; None where nothing does."""
    known = facts_of(before, change.place)
    for source, target in moved_by(change, known):
        if addresses := known.addresses.get(source):
            bridge = change.resource.text("bridge") or change.resource.name
            return Moving(addresses, source, target, back=source == bridge)
    return None
