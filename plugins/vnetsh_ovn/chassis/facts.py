"""What a host's Open vSwitch says of the chassis that it is."""

from __future__ import annotations

from dataclasses import dataclass

from vnetsh.model import Facts


@dataclass(frozen=True)
class ChassisFacts(Facts):
    """`name`: what the host is called among the chassis (its `system-id`); `remote`: the southbound database that it
    listens to, empty of a host that is no chassis.
    """

    name: str = ""
    remote: str = ""
