"""What a VM's seed says, kept in its domain: the medium itself is never read again. Pure."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping

NAMESPACE = "urn:vnetsh:seed:1"
"""Of the element in a domain's metadata that says it."""

PREFIX = "vnetsh-seed"
"""What stands for it in the XML."""

ET.register_namespace(PREFIX, NAMESPACE)


def told_in(domain: ET.Element) -> Mapping[str, object] | None:
    """What a domain says of its seed; None where it says nothing."""
    text = domain.findtext(f"metadata/{{{NAMESPACE}}}seed", "")
    try:
        found = json.loads(text) if text else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def telling(values: Mapping[str, object] | None, *, bare: bool = False) -> str:
    """That, as XML; empty where there is none. `bare`: without the namespace, which libvirt's own call gives."""
    if values is None:
        return ""
    element = ET.Element("seed" if bare else f"{{{NAMESPACE}}}seed")
    element.text = json.dumps(values, sort_keys=True)
    return ET.tostring(element, encoding="unicode")
