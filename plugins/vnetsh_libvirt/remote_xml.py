"""The URLs of disks, as a domain's XML says them: sources of the type `network`. Pure.

https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from vnetsh_libvirt.remote import PORTS, URL, well_formed

_UNSAID = ("auth", "cookies", "encryption", "identity", "initiator", "reservations", "slices", "ssl")
"""Children of a source that a URL cannot say."""


def source_of(url: str) -> ET.Element:
    """The source of a disk's XML. Raises `ValueError` for what is not well-formed."""
    found = URL.match(url)
    if found is None:
        raise ValueError(url)
    protocol, server, port, name = found.groups()
    element = ET.Element("source", protocol=protocol, name=f"/{name}" if protocol == "nfs" else name)
    host = ET.SubElement(element, "host", name=server.strip("[]"))
    if port:
        host.set("port", port)
    return element


def url_of(element: ET.Element) -> str:
    """The URL of a disk's XML; empty where it is no such disk, or more is said of it than a URL can."""
    source = element.find("source")
    if element.get("type") != "network" or source is None:
        return ""
    protocol, hosts = source.get("protocol", ""), source.findall("host")
    if protocol not in PORTS or len(hosts) != 1 or any(source.find(tag) is not None for tag in _UNSAID):
        return ""
    host, name = hosts[0], source.get("name", "").lstrip("/")
    if source.get("tls") == "yes" or host.get("transport", "tcp") != "tcp" or host.get("socket"):
        return ""
    url = f"{server_of(protocol, host)}/{name}"
    return url if well_formed(url) else ""


def server_of(protocol: str, host: ET.Element) -> str:
    """How a URL begins, by what an XML says of its server; the usual port is not said."""
    name, port = host.get("name", ""), host.get("port", "")
    server = f"[{name}]" if ":" in name else name
    return f"{protocol}://{server}{f':{port}' if port and int(port) != PORTS[protocol] else ''}"
