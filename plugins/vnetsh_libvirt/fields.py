"""What a NIC has: each attribute is said here once, and whatever treats of attributes walks these tables.

Pure, and free of the XML library: the tables are wanted at every start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from vnetsh.model import LINK_UP, Attributes, Resource, Value
from vnetsh_libvirt.guards import ISOLATED, SECURITY, Filter
from vnetsh_libvirt.vlan_tags import tags_in, write_tags

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from vnetsh_libvirt.definition import Definition, Nic


class Where(Protocol):
    """Where a NIC's attribute stands."""

    def read(self, nic: Nic) -> Value:
        """Its value; None when it is not set."""

    def write(self, element: Element, value: Value) -> None:
        """Set it in an `<interface>`, or clear it with None."""


@dataclass(frozen=True)
class At:
    """An XML attribute of one of the NIC's elements: `<mtu size='1400'/>`."""

    tag: str
    attribute: str
    number: bool = False

    def read(self, nic: Nic) -> Value:
        """The text or, where it is a number, that; one of 0 says nothing."""
        element = nic.element.find(self.tag)
        text = element.get(self.attribute, "") if element is not None else ""
        return (int(text or "0") if self.number else text) or None

    def write(self, element: Element, value: Value) -> None:
        """Set it; cleared, its element goes."""
        found = element.find(self.tag)
        if value is None:
            if found is not None:
                element.remove(found)
            return
        if found is None:
            found = element.makeelement(self.tag, {})
            element.append(found)
        found.set(self.attribute, str(value))


@dataclass(frozen=True)
class Usual(At):
    """One of which a usual value is as good as none."""

    usual: str = ""

    def read(self, nic: Nic) -> Value:
        """The value where it is another than usual."""
        found = super().read(nic)
        return None if found == self.usual else found

    def write(self, element: Element, value: Value) -> None:
        """Set it; cleared, it is the usual one."""
        super().write(element, self.usual if value is None else value)


@dataclass(frozen=True)
class Beside(At):
    """One whose element says more, which stays."""

    def write(self, element: Element, value: Value) -> None:
        """Set it; cleared, its element goes when it says nothing more."""
        found = element.find(self.tag)
        if value is not None:
            super().write(element, value)
        elif found is not None:
            found.attrib.pop(self.attribute, None)
            if not found.attrib and not len(found):
                element.remove(found)


@dataclass(frozen=True)
class AtBridge(At):
    """A NIC's bridge, which may be its network's. Set, it is the NIC's own."""

    def read(self, nic: Nic) -> Value:
        """The bridge that it is on."""
        return nic.bridge or None


@dataclass(frozen=True)
class OfNetwork(At):
    """A NIC's network of libvirt's. It is written by whoever writes its bridge, for a NIC has the one or the other.

    Of a VM that runs libvirt tells both, and calls it a NIC of a bridge where the network only names one.
    """

    def write(self, element: Element, value: Value) -> None:
        """Be on that network's bridge, or (None) on the bridge that it says itself."""
        element.set("type", "network" if value else "bridge")
        source = element.find(self.tag)
        if source is not None:
            own = {} if value else {name: said for name, said in source.attrib.items() if name == BRIDGE}
            source.attrib = own
        if value:
            super().write(element, value)


@dataclass(frozen=True)
class Identity:
    """What a network knows a NIC by; every NIC at Open vSwitch has one, by libvirt's choice where nothing is said.

    Only those are told that follow from names (RFC 4122, 4.3: version 5): libvirt's own are random.
    """

    def read(self, nic: Nic) -> Value:
        """The UUID, where it follows from a name."""
        element = nic.element.find("virtualport/parameters")
        found = element.get("interfaceid", "") if element is not None else ""
        return found if found[14:15] == "5" else None

    def write(self, element: Element, value: Value) -> None:
        """Set it; cleared, libvirt chooses one."""
        port = element.find("virtualport[@type='openvswitch']")
        if value is None:
            if port is not None and (known := port.find("parameters")) is not None:
                port.remove(known)
            return
        if port is None:
            port = element.makeelement("virtualport", {"type": "openvswitch"})
            element.append(port)
        parameters = port.find("parameters")
        if parameters is None:
            parameters = port.makeelement("parameters", {})
            port.append(parameters)
        parameters.set("interfaceid", str(value))


@dataclass(frozen=True)
class Tags:
    """The VLAN tags of a NIC: what it carries untagged or, another attribute, those of a trunk.

    A trunk with a native VLAN that is tagged is neither.
    """

    trunk: bool = False

    def read(self, nic: Nic) -> Value:
        """The VLAN, or the trunk's as a sorted tuple."""
        return nic.tags.trunk if self.trunk else nic.tags.untagged

    def write(self, element: Element, value: Value) -> None:
        """Take the place of the tags that it is about; the others stay."""
        said = tags_in(element.find("vlan"))
        write_tags(element, said._replace(**{"trunk" if self.trunk else "untagged": cast("Any", value)}))


@dataclass(frozen=True)
class Implied:
    """What follows from whose NIC it is: it is told, and never set."""

    read: Callable[[Nic], Value]

    def write(self, element: Element, value: Value) -> None:
        """Nothing is written down of it."""


def mac_of(port: Resource) -> str:
    """The NIC's address: the one said or, else, one that follows from the port's name.

    52:54:00 is the prefix that QEMU's NICs have. A name gives the same address each time, so that a plan made
    twice is the same plan.
    """
    import hashlib

    digest = hashlib.sha256(port.name.encode()).hexdigest()
    return port.text(MAC) or f"52:54:00:{digest[0:2]}:{digest[2:4]}:{digest[4:6]}"


@dataclass(frozen=True)
class NicField:
    """An attribute of a port that is a NIC.

    `phrase` says a value (`on VLAN 5`), `instead` the one that was wanted (`not 7`); what has no phrase is never
    compared. `anew`: a NIC has it from its making, and for another one it is unplugged and one like it plugged in.
    `easy`: `virsh attach-interface` can say it. `otherwise` is what a new NIC gets when nothing is said.
    """

    name: str
    where: Where
    phrase: str = ""
    instead: str = "{}"
    anew: bool = False
    easy: bool = False
    otherwise: Callable[[Resource], Value] | None = None

    @property
    def tags(self) -> bool:
        """Whether it is one of those that share a NIC's VLAN tags."""
        return isinstance(self.where, Tags)

    def said(self, value: Value) -> str:
        """A value in a sentence about the port."""
        return self.phrase.format(shown(value))

    def wanted(self, port: Resource) -> Value:
        """What a NIC is to have for a port."""
        value = port.get(self.name)
        return self.otherwise(port) if value is None and self.otherwise else value


BRIDGE, MAC, NETWORK = "bridge", "mac", "network"

NIC_FIELDS = (
    NicField(BRIDGE, AtBridge("source", "bridge"), "on {}", "on {}", easy=True),
    NicField("vm", Implied(lambda nic: nic.owner), easy=True),
    NicField("vlan", Tags(), "on VLAN {}"),
    NicField("trunk", Tags(trunk=True), "on a trunk of VLANs {}"),
    NicField("type", Implied(lambda nic: "vm"), easy=True),
    NicField(MAC, At("mac", "address"), "with the address {}", anew=True, easy=True, otherwise=mac_of),
    NicField("error", Implied(lambda nic: None), easy=True),  # its switch tells
    NicField("mtu", At("mtu", "size", number=True), "with an MTU of {}", anew=True),
    NicField("model", Usual("model", "type", usual="virtio"), "of model {}", anew=True),
    NicField(NETWORK, OfNetwork("source", "network"), "of libvirt's network {}", anew=True),
    NicField("interface-id", Identity(), "known to its network as {}", anew=True),
    NicField("queues", Beside("driver", "queues", number=True), "with {} queues", anew=True),
    NicField(SECURITY, Filter(), "sending as {}"),
    NicField(ISOLATED, At("port", "isolated"), "isolated ({})"),
    NicField("link", Usual("link", "state", usual=LINK_UP), "with its link {}"),
)

ANEW = frozenset(field.name for field in NIC_FIELDS if field.anew)


def attributes_of(nic: Nic) -> Attributes:
    """All that a NIC was given, as its port's attributes."""
    found = {field.name: field.where.read(nic) for field in NIC_FIELDS}
    return {name: value for name, value in found.items() if value is not None}


def nics_otherwise(now: Definition, then: Definition) -> Iterator[str]:
    """How a VM's NICs are now otherwise than its definition will have them, in words."""
    for nic in now.nics:
        other = then.like(nic)
        name = (other or nic).lasting_name or nic.mac
        if other is None:
            yield f"NIC {name} goes"
            continue
        for field in NIC_FIELDS:
            here, there = field.where.read(nic), field.where.read(other)
            if field.phrase and here != there:
                yield f"NIC {name} {field.name} {'none' if here is None else shown(here)} now"
    yield from (f"NIC {nic.lasting_name or nic.mac} comes" for nic in then.nics if now.like(nic) is None)


def wrong(nic: Nic, port: Resource) -> str:
    """The first thing that a NIC has otherwise than a port should, in words; empty when there is none."""
    for field in NIC_FIELDS:
        found, wanted = field.where.read(nic), port.get(field.name)
        if field.phrase and found != wanted and not (wanted is None and field.otherwise):
            return f"{field.said(found)}, not {field.instead.format(shown(wanted))}"
    return ""


def shown(value: Value) -> str:
    """A value in a sentence."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
