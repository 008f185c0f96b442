"""What an export says: a sentence to be written, or what no sentence says."""

from __future__ import annotations

from dataclasses import dataclass

from vnetsh.model import Attributes, Resource


@dataclass(frozen=True, eq=False)
class Declared:
    """A sentence to be written: its name, its operands' and attributes' values by key.

    `of` are the resources that it stands for: of a bridge, one a host. `parts`, what is said in its block, are
    theirs in their order.
    """

    name: str
    values: Attributes
    of: tuple[Resource, ...]
    parts: tuple[Resource, ...] = ()


@dataclass(frozen=True, eq=False)
class Unsaid:
    """What no sentence says of a resource, and why, in words. `whole`: there is no sentence for it at all."""

    resource: Resource
    reason: str
    whole: bool = False


Exported = Declared | Unsaid
