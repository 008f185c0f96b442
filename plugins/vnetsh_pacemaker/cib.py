"""A cluster's CIB as a tree, and a change of it as one patch. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, SubElement, fromstring, tostring

from vnetsh.errors import BackendRefused

_VERSION = ("admin_epoch", "epoch", "num_updates")
HEAD = "/cib/configuration"
SECTIONS = ("resources", "constraints")
"""What vnetsh changes."""


@dataclass(frozen=True)
class Cib:
    """A CIB, as it was read."""

    root: Element

    @property
    def version(self) -> tuple[int, ...]:
        """By which an older one is known."""
        return tuple(int(self.root.get(word, "0")) for word in _VERSION)

    @property
    def configuration(self) -> Element:
        """What people configure."""
        found = self.root.find("configuration")
        return Element("configuration") if found is None else found

    def option(self, name: str, default: str = "") -> str:
        """A property of the whole cluster."""
        sets = self.configuration.iterfind("crm_config/cluster_property_set/nvpair")
        return next((pair.get("value", "") for pair in sets if pair.get("name") == name), default)

    @property
    def nodes(self) -> list[str]:
        """The names of its hosts."""
        found = self.configuration.iterfind("nodes/node")
        return [node.get("uname", "") for node in found if node.get("type", "member") != "remote"]

    def told(self, id: str, name: str) -> str:
        """What is said of a resource (a meta attribute)."""
        found = (one for one in self.configuration.iter("primitive") if one.get("id") == id)
        return next((pairs(one, "meta_attributes").get(name, "") for one in found), "")

    def is_off(self, id: str) -> bool:
        """Whether it is told to keep a resource off."""
        return self.told(id, "target-role").lower() == "stopped"

    def node_attributes(self, node: str) -> dict[str, str]:
        """What is said of one of its hosts, until somebody says otherwise."""
        sets = self.configuration.iterfind(f"nodes/node[@uname='{node}']/instance_attributes/nvpair")
        return {pair.get("name", ""): pair.get("value", "") for pair in sets}


def read(text: str) -> Cib:
    """A CIB from its text. Raises `BackendRefused`."""
    try:
        return Cib(fromstring(text))
    except ParseError as error:
        raise BackendRefused(f"this is no CIB: {error}") from error


def draft_of(cib: Cib) -> Element:
    """The configuration, to be changed."""
    draft = deepcopy(cib.configuration)
    for name in SECTIONS:
        if draft.find(name) is None:
            SubElement(draft, name)
    return draft


def section(configuration: Element, name: str) -> Element:
    """A section of a configuration."""
    found = configuration.find(name)
    return Element(name) if found is None else found


def patch_between(cib: Cib, draft: Element) -> str:
    """The patch that makes a CIB as its draft, if it is still of the same version; empty where nothing differs."""
    diff = Element("diff", format="2")
    version = SubElement(diff, "version")
    source = dict(zip(_VERSION, cib.version, strict=True))
    target = {**source, "epoch": source["epoch"] + 1, "num_updates": 0}
    for tag, numbers in (("source", source), ("target", target)):
        SubElement(version, tag, {word: str(number) for word, number in numbers.items()})
    for name in SECTIONS:
        _compare(diff, section(cib.configuration, name), section(draft, name))
    return tostring(diff, encoding="unicode") if len(diff) > 1 else ""


def _compare(diff: Element, old: Element, new: Element) -> None:
    before = {child.get("id", ""): child for child in old}
    after = {child.get("id", ""): child for child in new}
    for name, child in before.items():
        if name not in after or not alike(child, after[name]):
            path = f"{HEAD}/{old.tag}/{child.tag}[@id='{name}']"
            SubElement(diff, "change", operation="delete", path=path)
    for position, (name, child) in enumerate(after.items()):
        if name not in before or not alike(before[name], child):
            made = SubElement(
                diff, "change", operation="create", path=f"{HEAD}/{old.tag}", position=str(position)
            )
            made.append(child)


def alike(one: Element, other: Element) -> bool:
    """Whether two elements say the same."""
    same = (one.tag, one.attrib, len(one)) == (other.tag, other.attrib, len(other))
    return same and all(alike(a, b) for a, b in zip(one, other, strict=True))


def primitives(configuration: Element) -> Iterator[tuple[Element, str]]:
    """Every resource, and the group, clone or bundle that it is in, in words."""
    for child in section(configuration, "resources"):
        if child.tag == "primitive":
            yield child, ""
        for inner in child.iter("primitive") if child.tag != "primitive" else ():
            yield inner, f"{child.tag} {child.get('id')}"


def pairs(primitive: Element, block: str = "instance_attributes") -> dict[str, str]:
    """What a resource is told, or what is said of it (`meta_attributes`)."""
    return {pair.get("name", ""): pair.get("value", "") for pair in primitive.iterfind(f"{block}/nvpair")}


def put(primitive: Element, name: str, value: str | None, block: str = "instance_attributes") -> None:
    """Have a resource be told something, or no more; what else it is told stays."""
    sets = primitive.findall(block)
    for one in sets:
        for pair in [pair for pair in one if pair.get("name") == name]:
            if value is not None:
                pair.set("value", value)
                return
            one.remove(pair)
            if not len(one):
                primitive.remove(one)
    if value is None:
        return
    home = sets[0] if sets else None
    if home is None:
        home = Element(block, id=f"{primitive.get('id')}-{block}")
        primitive.insert(_place(primitive, block), home)
    SubElement(home, "nvpair", id=f"{home.get('id')}-{name}", name=name, value=value)


_ORDER = ("instance_attributes", "meta_attributes", "operations")


def _place(primitive: Element, block: str) -> int:
    """Where a block belongs among the others."""
    later = _ORDER[_ORDER.index(block) + 1 :]
    return next((n for n, child in enumerate(primitive) if child.tag in later), len(primitive))
