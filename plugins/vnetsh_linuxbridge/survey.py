"""A fleet seen as the assessments need it: who rides on a bridge, which bridge has which uplink."""

from __future__ import annotations

from functools import cached_property

from vnetsh.model import Fleet, Resource
from vnetsh_linuxbridge.observing import NAME


class Survey:
    """One fleet, read off once for the many changes that are assessed on it."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    @cached_property
    def _riders(self) -> dict[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], set[str]] = {}
        for port in self.fleet.of_kind("port"):
            if port.parent and port.parent[0] == "vm":
                found.setdefault((port.host, port.text("bridge")), set()).add(port.parent[1])
        return {bridge: tuple(sorted(vms)) for bridge, vms in found.items()}

    @cached_property
    def _uplinks(self) -> dict[tuple[str, str], str]:
        bridges = self.fleet.of_kind("bridge")
        return {(b.host, b.text("uplink")): b.name for b in bridges if b.get("uplink")}

    def vms_on(self, host: str, bridge: str) -> tuple[str, ...]:
        """The vms that have a NIC on a bridge, by name."""
        return self._riders.get((host, bridge), ())

    def bridge_of(self, host: str, link: str) -> str:
        """The bridge that a link is the uplink or a port of; empty when there is none."""
        port = self.fleet.get("port", host, link)
        return self._uplinks.get((host, link), "") or (port.text("bridge") if port else "")

    def taken_by(self, host: str, name: str) -> Resource | None:
        """The bridge, tunnel or port of that name on a host."""
        found = (self.fleet.get(kind, host, name) for kind in ("bridge", "tunnel", "port"))
        return next((resource for resource in found if resource), None)

    def link_kind(self, host: str, name: str) -> str | None:
        """The kernel's kind of a link, empty for a NIC; None when there is no such link."""
        return self._mapping(host, "kinds").get(name)

    def master(self, host: str, name: str) -> str:
        """What a link belongs to: a bridge, a bond; empty when it is free."""
        return self._mapping(host, "masters").get(name, "")

    def addresses(self, host: str, name: str) -> tuple[str, ...]:
        """A link's IP addresses with their prefix lengths."""
        return tuple(self._mapping(host, "addresses").get(name, ()))

    def filters_vlans(self, host: str, bridge: str) -> bool:
        """Whether a bridge filters VLANs."""
        found = self.fleet.fact(host, NAME, "filtering")
        return isinstance(found, list) and bridge in found

    def _mapping(self, host: str, fact: str) -> dict[str, str]:
        found = self.fleet.fact(host, NAME, fact)
        return found if isinstance(found, dict) else {}
