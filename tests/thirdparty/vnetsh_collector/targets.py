"""The type of a target: an address and a port, as `192.0.2.9:4739`."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import ClassVar

from vnetsh.schema import BadValue, ValueType


@dataclass(frozen=True)
class Target(ValueType):
    """An address and a UDP port."""

    usually: ClassVar[str] = "a target"

    def parse(self, text: str) -> str:
        """The target in its one form. Raises `BadValue`."""
        address, _, port = text.rpartition(":")
        try:
            found = ipaddress.ip_address(address.strip("[]"))
            number = int(port)
        except ValueError:
            number = 0
        if not 0 < number < 65536:
            raise BadValue(f"`{text}` is not a target", "an address and a port: `192.0.2.9:4739`")
        return f"[{found}]:{number}" if found.version == 6 else f"{found}:{number}"
