"""What holds back what a NIC's guest must not send: libvirt's network filters, and isolation, at Linux bridges. Pure.

Libvirt sees to both each time that the NIC is plugged in, so they last over starts and moves.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vnetsh.model import Resource, Value

if TYPE_CHECKING:
    from vnetsh_libvirt.definition import Nic

AT_WORK = "filter at work"
"""In the record of a port whose VM runs: the filter that its NIC has there, which need not be its definition's."""
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

    def write(self, element: ET.Element, value: Value) -> None:
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


def clear(element: ET.Element) -> None:
    """Take a NIC's filter away."""
    for old in element.findall("filterref"):
        element.remove(old)


def filter_text(element: ET.Element) -> str:
    """A NIC's filter as libvirt says it, empty where there is none."""
    found = element.find("filterref")
    return "" if found is None else ET.tostring(found, encoding="unicode").strip()


def filter_back(element: ET.Element, port: Resource) -> None:
    """Give a NIC of a VM that runs the very filter that it had there when it was recorded, also one of others'."""
    clear(element)
    if rules := (port.record or {}).get(AT_WORK):
        element.append(ET.fromstring(str(rules)))


def filter_of_others(port: Resource) -> str:
    """The name of a port's filter, where it is none that `security` says; else empty."""
    record = port.record or {}
    rules = record.get(AT_WORK) or record.get("xml")
    if port.get(SECURITY) is not None or not rules:
        return ""
    found = ET.fromstring(f"<interface>{rules}</interface>").find(".//filterref")
    return "" if found is None else found.get("filter", "")
