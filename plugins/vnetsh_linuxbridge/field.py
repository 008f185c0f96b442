"""What a field is: an attribute of a bridge, port or tunnel, said once. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vnetsh.backend import FREE, Assessment
from vnetsh.model import Resource, Value
from vnetsh.model.change import Change
from vnetsh_linuxbridge.fleet_index import FleetIndex
from vnetsh_linuxbridge.links import Link
from vnetsh_linuxbridge.wanted_links import WantedLinks

Read = Callable[[Link, Link | None], Value]
"""A value as observed, of a link and, where that is a bridge that has one, its uplink; None: it has none."""

Write = Callable[[WantedLinks, Resource, Value, Value], None]
"""Have the links as a resource is wanted, of which this value was the one and will be the other."""

Cost = Callable[[Change, Value, Value, FleetIndex], Assessment]
"""What it costs to change the one value to the other, or what refuses it."""


@dataclass(frozen=True)
class Field:
    """An attribute of a kind. Without `read` a Linux bridge cannot give it: then `cost` says so in its own words."""

    kind: str
    attribute: str
    read: Read | None = None
    write: Write = lambda links, wanted, was, value: None
    cost: Cost = lambda change, was, value, index: FREE
