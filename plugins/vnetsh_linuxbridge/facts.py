"""What observing tells of a host's links besides resources, for assessing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vnetsh.model import LinkFacts


@dataclass(frozen=True)
class KernelFacts(LinkFacts):
    """Of a host's links their kinds and the bridges or bonds that they belong to; the bridges that filter VLANs."""

    kinds: Mapping[str, str] = field(default_factory=dict)
    masters: Mapping[str, str] = field(default_factory=dict)
    filtering: tuple[str, ...] = ()
