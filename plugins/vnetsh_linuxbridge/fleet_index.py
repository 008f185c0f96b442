"""A fleet seen as the assessments need it: which bridge has which uplink, and what the links are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from vnetsh.model import Fleet
from vnetsh_linuxbridge.facts import KernelFacts
from vnetsh_linuxbridge.links import NAME
from vnetsh_linuxbridge.vlans import Vlans


class FleetIndex:
    """One fleet, read off once for the many changes that are assessed on it."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    @cached_property
    def _uplinks(self) -> dict[tuple[str, str], str]:
        bridges = self.fleet.of_kind("bridge")
        return {(b.place, b.text("uplink")): b.name for b in bridges if b.get("uplink")}

    def bridge_of(self, host: str, link: str) -> str:
        """The bridge that a link is the uplink or a port of; empty when there is none."""
        port = self.fleet.get("port", host, link)
        return self._uplinks.get((host, link), "") or (port.text("bridge") if port else "")

    def link_kind(self, host: str, name: str) -> str | None:
        """The kernel's kind of a link, empty for a NIC; None when there is no such link."""
        return self._facts(host).kinds.get(name)

    def master(self, host: str, name: str) -> str:
        """What a link belongs to: a bridge, a bond; empty when it is free."""
        return self._facts(host).masters.get(name, "")

    def addresses(self, host: str, name: str) -> tuple[str, ...]:
        """A link's IP addresses with their prefix lengths."""
        return tuple(self._facts(host).addresses.get(name, ()))

    def filters_vlans(self, host: str, bridge: str) -> bool:
        """Whether a bridge filters VLANs."""
        return bridge in self._facts(host).filtering

    def odd(self, host: str, bridge: str) -> tuple[str, ...]:
        """What no sentence says of how a bridge has VLANs, in words."""
        return tuple(self._facts(host).odd.get(bridge, ()))

    def stacked(self, host: str, link: str) -> str:
        """A device on a link that has one VLAN of it; empty where there is none."""
        return self._facts(host).stacked.get(link, "")

    def vlans(self, host: str, bridge: str) -> Mapping[str, Vlans]:
        """The VLANs of a bridge itself and of its ports, of those that have other ones than new ones."""
        facts = self._facts(host)
        return {
            link: vlans for link, vlans in facts.vlans.items() if bridge in (link, facts.masters.get(link))
        }

    def abilities(self, host: str) -> Sequence[str]:
        """What the kernel of a host can (`vnetsh.hosts.kernel`)."""
        return self._facts(host).abilities

    def mesh_of(self, host: str, device: str) -> str:
        """The mesh whose tunnels a device has; empty where it has none of any."""
        return self._facts(host).meshes.get(device, "")

    def follows(self, host: str, bridge: str) -> bool:
        """Whether a bridge follows the root of its spanning tree."""
        return bridge in self._facts(host).following

    def _facts(self, host: str) -> KernelFacts:
        return self.fleet.facts_of(host, NAME, KernelFacts)
