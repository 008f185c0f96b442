"""Vms: resources of the agent VirtualDomain."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from vnetsh.model import Attributes, Resource
from vnetsh_pacemaker.cib import pairs, put
from vnetsh_pacemaker.marks import DRAINED, META, ROLE, WITHOUT
from vnetsh_pacemaker.shapes.kept import STICKINESS, Names, primitive_of, text_or_none

FOLDER = "/etc/vnetsh/ha"
"""On each host of a cluster: the definitions of the vms that vnetsh put under it."""
_AGENT = {"class": "ocf", "provider": "heartbeat", "type": "VirtualDomain"}
_OPERATIONS = {
    "monitor": {"interval": "10s", "timeout": "30s"},
    "start": {"interval": "0s", "timeout": "90s"},
    "stop": {"interval": "0s", "timeout": "90s"},
    "migrate_to": {"interval": "0s", "timeout": "600s"},
    "migrate_from": {"interval": "0s", "timeout": "60s"},
}


def file_of(name: str) -> str:
    """Where the definition of a vm is."""
    return f"{FOLDER}/{name}.xml"


class _Vms:
    kind = "ha"

    def reads(self, primitive: Element) -> bool:
        return primitive.get("type") == "VirtualDomain"

    def name(self, primitive: Element, names: Names) -> str:
        config = pairs(primitive).get("config", "")
        if config == file_of(name := config.rpartition("/")[2].removesuffix(".xml")):
            return name
        return names.domains.get(config) or str(primitive.get("id"))

    def id(self, name: str) -> str:
        """The vm's own name where that can be one (XML's NCName)."""
        return (
            name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", name) else "vm-" + re.sub(r"[^\w.-]", "_", name)
        )

    def attributes(self, primitive: Element, names: Names) -> Attributes:
        told, meta = pairs(primitive), pairs(primitive, META)
        often = meta.get("migration-threshold", "")
        return {
            "restart": int(often) if often.isdigit() and int(often) else None,
            "migrate": True if meta.get("allow-migrate") in ("true", "1", "yes", "on") else None,
            "transport": told.get("migration_transport"),
            "without": meta.get(WITHOUT),
            "stopped": True if meta.get(ROLE, "").lower() == "stopped" else None,
            "drained": tuple(meta.get(DRAINED, "").split()) or None,
        }

    def made(self, id: str, resource: Resource) -> Element:
        found = primitive_of(id, _AGENT, _OPERATIONS)
        put(found, "config", file_of(resource.name))
        put(found, "hypervisor", "qemu:///system")
        put(found, "migrate_options", "--p2p")
        put(found, "resource-stickiness", STICKINESS, META)
        return found

    def write(self, primitive: Element, resource: Resource, names: Names) -> None:
        put(primitive, "migration_transport", text_or_none(resource.get("transport")))
        put(primitive, "allow-migrate", "true" if resource.get("migrate") else None, META)
        put(primitive, "migration-threshold", text_or_none(resource.get("restart")), META)
        put(primitive, WITHOUT, text_or_none(resource.get("without")), META)


VM = _Vms()
