"""Network filters of NICs as they are at work in a VM that runs, which need not be its definition's; also others'."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from vnetsh.model import Resource
from vnetsh_libvirt.guards import SECURITY, clear

AT_WORK = "filter at work"
"""In the record of a port whose VM runs: the filter that its NIC has there."""


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
