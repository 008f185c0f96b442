"""Which VLANs are in use, and by how many ports: what is offered where a VLAN is to be said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from vnetsh.model import Fleet, Resource

_SAID = re.compile(r"\b(?:vlan|trunk)\s[^;{}\n]*\Z")
_WORD = re.compile(r"[^\s,;{}\"]+")

_MOST = 256
"""VLANs of one trunk: who names more of them lets pass whatever there is, and uses none."""


@dataclass(frozen=True)
class Vlans:
    """The VLANs of a fleet's ports: how many ports of a bridge have the same ones."""

    ports: Mapping[tuple[str, str, tuple[int, ...]], int] = field(default_factory=dict)
    """By place, bridge and VLANs."""

    @classmethod
    def of(cls, fleet: Fleet) -> Vlans:
        """Those that are known."""
        found = ((one, _vlans(one)) for one in fleet.of_kind("port"))
        return cls(Counter((one.place, one.text("bridge"), vlans) for one, vlans in found if vlans))

    def offered(self, text: str, places: Collection[str]) -> Mapping[str, str]:
        """The VLANs in use, each with how many ports are in it, where a text's end may say one: else none.

        Those of the bridge that was named last come first, or those at the `places` that were, where there are some.
        """
        if not _SAID.search(text):
            return {}
        words = _WORD.findall(text.rpartition(";")[2])
        bridges = {bridge for _, bridge, _ in self.ports}
        bridge = next((word for word in reversed(words) if word in bridges), "")
        at = {word for word in words if word in places}
        near, far = Counter[int](), Counter[int]()
        for (place, of, vlans), number in self.ports.items():
            here = bridge in ("", of) and (not at or place in at)
            (near if here else far).update(dict.fromkeys(vlans, number))
        where = f" on {bridge or ', '.join(sorted(at))}" if bridge or at else ""
        told = {str(vlan): f"{_ports(near[vlan])}{where}" for vlan in sorted(near)}
        return told | {
            str(vlan): f"{_ports(far[vlan])} elsewhere" for vlan in sorted(far.keys() - near.keys())
        }


def _vlans(port: Resource) -> tuple[int, ...]:
    return tuple(dict.fromkeys(_numbers(port)))


def _numbers(port: Resource) -> Iterator[int]:
    trunk = port.get("trunk")
    several = trunk if isinstance(trunk, tuple) and len(trunk) <= _MOST else ()
    yield from (one for one in (port.get("vlan"), *several) if isinstance(one, int))


def _ports(number: int) -> str:
    return f"{number} port{'s' * (number != 1)}"
