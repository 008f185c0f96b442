"""Fencing: resources of the class `stonith`."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from vnetsh.model import Attributes, Resource, listed
from vnetsh_pacemaker.cib import pairs, put
from vnetsh_pacemaker.marks import META, OURS, SECRETS
from vnetsh_pacemaker.nouns.fence import is_secret
from vnetsh_pacemaker.shapes.kept import Names, primitive_of

HOST_LIST = "pcmk_host_list"
KEPT_APART = "lrm://"
"""What stands in a CIB instead of a secret: each host has that in a file of its own (`cibsecret`)."""
_OPERATIONS = {"monitor": {"interval": "60s"}}
_PREFIX = "fence-"


def secret_options(primitive: Element) -> dict[str, str]:
    """Its options that nobody is to see, by their names, with what stands in the CIB."""
    files = dict(one.partition("=")[::2] for one in _said_secrets(primitive))
    return {
        name: value
        for name, value in pairs(primitive).items()
        if value == KEPT_APART or is_secret(name) or name in files
    }


def _said_secrets(primitive: Element) -> tuple[str, ...]:
    said = pairs(primitive, META).get(SECRETS, "")
    return tuple(said.split("\t")) if said else ()


class _Fences:
    kind = "fence"

    def reads(self, primitive: Element) -> bool:
        return primitive.get("class") == "stonith"

    def name(self, primitive: Element, names: Names) -> str:
        id = primitive.get("id", "")
        while id.startswith(f"{OURS}{OURS}") or id.startswith(f"{OURS}{_PREFIX}"):
            id = id.removeprefix(OURS)  # others have something of the name that it would have had
        return id.removeprefix(_PREFIX)

    def id(self, name: str) -> str:
        return f"{_PREFIX}{name}"

    def attributes(self, primitive: Element, names: Names) -> Attributes:
        told = pairs(primitive)
        nodes = re.split(r"[\s,;]+", told.pop(HOST_LIST, "").strip())
        secrets = secret_options(primitive)
        options = tuple(sorted(f"{name}={value}" for name, value in told.items() if name not in secrets))
        return {
            "by": primitive.get("type"),
            "hosts": tuple(names.host(node) for node in nodes if node) or None,
            "options": options or None,
            "secrets": _said_secrets(primitive) or None,
        }

    def made(self, id: str, resource: Resource) -> Element:
        return primitive_of(id, {"class": "stonith", "type": resource.text("by")}, _OPERATIONS)

    def write(self, primitive: Element, resource: Resource, names: Names) -> None:
        hosts = [names.node(host) for host in listed(resource.get("hosts"))]
        put(primitive, HOST_LIST, " ".join(hosts) or None)
        hidden = secret_options(primitive)
        said = dict(one.partition("=")[::2] for one in listed(resource.get("options")))
        for name in [name for name in pairs(primitive) if name not in (HOST_LIST, *hidden, *said)]:
            put(primitive, name, None)
        for name, value in said.items():
            put(primitive, name, value)
        secrets = listed(resource.get("secrets"))
        before = {one.partition("=")[0] for one in _said_secrets(primitive)}
        after = {one.partition("=")[0] for one in secrets}
        for name in before - after:
            put(primitive, name, None)
        for name in after:
            put(primitive, name, KEPT_APART)
        put(primitive, SECRETS, "\t".join(secrets) or None, META)


FENCE = _Fences()
