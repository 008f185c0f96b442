"""A domain as it was found on its host. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.mark import Mark


@dataclass(frozen=True)
class Seen:
    """A domain as it was found. `defined` is what its next start makes of it, `held` what is beside its XML.

    `saved` is what its saved state has, which a start goes on from instead. `snapshots` are the XML of its snapshots,
    `current` the name of the one that it was last taken or reverted to; `folder` is its host's folder of images.
    """

    state: str
    persistent: bool
    defined: Definition
    live: Definition
    held: Mapping[str, object] = field(default_factory=dict)
    saved: Definition | None = None
    snapshots: Sequence[str] = ()
    current: str = ""
    folder: str = ""

    @property
    def disk(self) -> Mark:
        """Its disk as a sentence would say it: of a domain that vnetsh did not make, its first disk's own file."""
        first = self.defined.inherent_disk
        return self.defined.mark or Mark(first.path if first else "", imported=first is not None)
