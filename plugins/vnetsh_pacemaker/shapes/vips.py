"""Addresses: resources of the agent IPaddr2."""

from __future__ import annotations

import ipaddress
from xml.etree.ElementTree import Element

from vnetsh.model import Attributes, Resource
from vnetsh_pacemaker.cib import pairs, put
from vnetsh_pacemaker.marks import META, WITHOUT
from vnetsh_pacemaker.shapes.kept import STICKINESS, Names, primitive_of, text_or_none

_AGENT = {"class": "ocf", "provider": "heartbeat", "type": "IPaddr2"}
_OPERATIONS = {
    "monitor": {"interval": "10s", "timeout": "20s"},
    "start": {"interval": "0s", "timeout": "20s"},
    "stop": {"interval": "0s", "timeout": "20s"},
}


class _Vips:
    kind = "vip"

    def reads(self, primitive: Element) -> bool:
        return primitive.get("type") == "IPaddr2" and bool(pairs(primitive).get("ip"))

    def name(self, primitive: Element, names: Names) -> str:
        said = pairs(primitive)["ip"]
        try:
            return str(ipaddress.ip_address(said))
        except ValueError:  # a name, or a variable
            return said

    def id(self, name: str) -> str:
        return f"vip-{name.replace(':', '_')}"

    def attributes(self, primitive: Element, names: Names) -> Attributes:
        told = pairs(primitive)
        prefix = told.get("cidr_netmask", "")
        return {
            "on": told.get("nic"),
            "prefix": int(prefix) if prefix.isdigit() else None,
            "without": pairs(primitive, META).get(WITHOUT),
        }

    def made(self, id: str, resource: Resource) -> Element:
        found = primitive_of(id, _AGENT, _OPERATIONS)
        put(found, "ip", resource.name)
        put(found, "resource-stickiness", STICKINESS, META)
        return found

    def write(self, primitive: Element, resource: Resource, names: Names) -> None:
        put(primitive, "nic", text_or_none(resource.get("on")))
        put(primitive, "cidr_netmask", text_or_none(resource.get("prefix")))
        put(primitive, WITHOUT, text_or_none(resource.get("without")), META)


VIP = _Vips()
