"""What the rows of a northbound database say, as resources. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vnetsh.backend import Observation
from vnetsh.model import Facts, Resource
from vnetsh_ovn.records import Whole
from vnetsh_ovn.rows import Index
from vnetsh_ovn.shapes import SHAPES


@dataclass(frozen=True)
class OvnFacts(Facts):
    """`chassis`: those that the southbound database knows, by their name the host that each is."""


def observe(index: Index, place: str) -> Observation:
    """All that is there of the kinds that have a shape, whoever made it."""
    found: list[Resource] = []
    for shape in SHAPES.values():
        for resource, rows in shape.read(index, place):
            found.append(replace(resource, record=Whole(index, rows)))
    return Observation(found, OvnFacts())
