"""The URLs of disks, as a domain's XML says them: sources of the type `network`. Pure.

https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from vnetsh_libvirt.remote import PORTS, SECRETS, folder_of, parts_of, well_formed

_UNSAID = (
    *("config", "cookies", "encryption", "identity", "initiator", "reservations", "slices", "snapshot"),
    "ssl",
)
"""Children of a source, or of its disk, that a URL cannot say."""


def source_of(url: str) -> ET.Element:
    """The source of a disk's XML. Raises `ValueError` for what is not well-formed."""
    found = parts_of(url)
    if found is None:
        raise ValueError(url)
    name = f"/{found.name}" if found.protocol == "nfs" else found.name
    element = ET.Element("source", protocol=found.protocol, name=name)
    for server, port in found.servers:
        host = ET.SubElement(element, "host", name=server)
        if port:
            host.set("port", port)
    if found.user:
        auth = ET.SubElement(element, "auth", username=found.user)
        ET.SubElement(auth, "secret", type=SECRETS[found.protocol], usage=folder_of(url))
    return element


def url_of(element: ET.Element) -> str:
    """The URL of a disk's XML; empty where it is no such disk, or more is said of it than a URL can.

    So of one with a secret that others gave its host: ours is called by what it opens.
    """
    source = element.find("source")
    if element.get("type") != "network" or source is None:
        return ""
    protocol, hosts = source.get("protocol", ""), source.findall("host")
    unsaid = any(one.find(tag) is not None for one in (source, element) for tag in _UNSAID)
    if protocol not in PORTS or not hosts or unsaid:
        return ""
    if source.get("tls") == "yes" or any(
        host.get("transport", "tcp") != "tcp" or host.get("socket") for host in hosts
    ):
        return ""
    auth, name = source.find("auth"), source.get("name", "").lstrip("/")
    user = auth.get("username", "") if auth is not None else ""
    url = f"{servers_of(protocol, hosts, user)}/{name}"
    if not well_formed(url) or element.find("auth") is not None:
        return ""
    if auth is not None:
        secret = auth.find("secret")
        if (
            secret is None
            or secret.get("type") != SECRETS.get(protocol)
            or secret.get("usage") != folder_of(url)
        ):
            return ""
    return url


def servers_of(protocol: str, hosts: list[ET.Element], user: str = "") -> str:
    """How a URL begins, by what an XML says of its servers, in no order, and of their user; no usual port is said."""
    named = ",".join(sorted(_server_of(protocol, host) for host in hosts))
    return f"{protocol}://{user}{'@' if user else ''}{named}"


def _server_of(protocol: str, host: ET.Element) -> str:
    name, port = host.get("name", ""), host.get("port", "")
    server = f"[{name}]" if ":" in name else name
    return f"{server}:{port}" if port and int(port) != PORTS[protocol] else server
