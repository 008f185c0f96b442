"""What things are called in OVN, and the addresses that they get without being told: all derived from their names."""

from __future__ import annotations

import hashlib
import re
import uuid

_SPACE = uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")  # RFC 4122, appendix C: names in a space of names


def within(tenant: str, name: str) -> str:
    """A name as it is said from outside of its tenant."""
    return f"{tenant}/{name}" if tenant else name


def tenant_of(name: str) -> str:
    """The tenant that a name stands in; empty where it stands in none."""
    return name.partition("/")[0] if "/" in name else ""


def set_name(sort: str, name: str) -> str:
    """What a group of ports is called: a name that can stand in a match (ovn-nb(5), Port_Group)."""
    plain = re.sub("[^A-Za-z0-9_.]", "_", name.replace("/", "."))
    lossless = plain.replace(".", "/") == name
    return f"{sort}.{plain}" if lossless else f"{sort}.{plain}_{_digest(name)[:6]}"


def mac_of(name: str) -> str:
    """A MAC address of its own for a name: locally administered."""
    digits = _digest(f"mac {name}")[:10]
    return ":".join(["02", *(digits[n : n + 2] for n in range(0, 10, 2))])


def nic_id(vm: str, nic: str) -> str:
    """What a vm's NIC and its logical port know each other by: libvirt takes a UUID only."""
    return str(uuid.uuid5(_SPACE, f"vnetsh {vm} {nic}"))


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
