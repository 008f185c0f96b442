"""What holds back what a NIC's guest must not send: libvirt's network filters, and isolation, at Linux bridges. Pure.

Libvirt sees to both each time that the NIC is plugged in, so they last over starts and moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vnetsh.model import Value

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from vnetsh_libvirt.definition import Nic

SECURITY, ISOLATED = "security", "isolated"
MAC = "mac"
_OF_MAC, _OF_ADDRESSES = "no-mac-spoofing", "clean-traffic"
"""Filters that libvirt brings along: that a guest sends by its own MAC only; and also as its own addresses only."""


@dataclass(frozen=True)
class Filter:
    """A NIC's network filter, where it is one of these and nothing is said besides."""

    def read(self, nic: Nic) -> Value:
        """The addresses that its guest may send from, or `mac` where only its MAC is looked at; sorted."""
        element = nic.element.find("filterref")
        if element is None:
            return None
        said = [(one.get("name"), one.get("value", "")) for one in element.iterfind("parameter")]
        if element.get("filter") == _OF_MAC and not said:
            return (MAC,)
        if element.get("filter") == _OF_ADDRESSES and said and {name for name, _ in said} == {"IP"}:
            return tuple(sorted(value for _, value in said))
        return None

    def write(self, element: Element, value: Value) -> None:
        """Set the filter, in place of whichever there is."""
        clear(element)
        if not filter_of(value) or not isinstance(value, tuple):
            return
        found = element.makeelement("filterref", {"filter": filter_of(value)})
        for address in value if value != (MAC,) else ():
            found.append(found.makeelement("parameter", {"name": "IP", "value": str(address)}))
        element.append(found)


def filter_of(said: Value) -> str:
    """The filter by which libvirt sees to it; empty where there is none."""
    if not isinstance(said, tuple) or not said:
        return ""
    return _OF_MAC if said == (MAC,) else _OF_ADDRESSES


def clear(element: Element) -> None:
    """Take a NIC's filter away."""
    for old in element.findall("filterref"):
        element.remove(old)
