"""What the shapes of all resources of a cluster have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from xml.etree.ElementTree import Element, SubElement

from vnetsh.model import Attributes, Resource
from vnetsh_pacemaker.cib import put
from vnetsh_pacemaker.facts import host_of, node_of
from vnetsh_pacemaker.marks import MARK, META

STICKINESS = "1000"
"""What runs stays where it is, whatever host it would be put on now: it is moved by whoever says so."""
PREFERENCE = "100"


@dataclass(frozen=True)
class Names:
    """By which names a cluster knows hosts, and the domains that its files of definitions are of."""

    nodes: list[str] = field(default_factory=list)
    hosts: tuple[str, ...] = ()
    domains: Mapping[str, str] = field(default_factory=dict)

    def host(self, node: str) -> str:
        """What a node is called here."""
        return host_of(node, self.hosts)

    def node(self, host: str) -> str:
        """What a host is called there."""
        return node_of(host, self.nodes, self.hosts)


class Shape(Protocol):
    """How one kind stands there."""

    kind: str

    def reads(self, primitive: Element) -> bool:
        """Whether a resource is of the kind."""

    def name(self, primitive: Element, names: Names) -> str:
        """What it is called here."""

    def id(self, name: str) -> str:
        """What one that vnetsh makes is called there."""

    def attributes(self, primitive: Element, names: Names) -> Attributes:
        """What there is to say of it."""

    def made(self, id: str, resource: Resource) -> Element:
        """A new one, yet without what its sentence says."""

    def write(self, primitive: Element, resource: Resource, names: Names) -> None:
        """Have one be as its sentence says; what else there is of it stays."""


def primitive_of(id: str, agent: Mapping[str, str], operations: Mapping[str, Mapping[str, str]]) -> Element:
    """A resource without anything that it is told."""
    found = Element("primitive", {"id": id, **agent})
    home = SubElement(found, "operations")
    for name, words in operations.items():
        SubElement(home, "op", {"id": f"{id}-{name}", "name": name, **words})
    return found


def marked(primitive: Element, resource: Resource) -> None:
    """Leave vnetsh's mark there, or take it away."""
    put(primitive, MARK, (resource.owner or "1") if resource.marked else None, META)


def text_or_none(value: object) -> str | None:
    """A value as it stands in a CIB."""
    return None if value in (None, False, "") else str(value)
