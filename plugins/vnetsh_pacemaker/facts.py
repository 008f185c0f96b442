"""What is known of a cluster beside its resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vnetsh.model import Facts, Fleet
from vnetsh_pacemaker.sort import IN_MEMORY, NAME

ONLINE, STANDBY, MAINTENANCE, OFFLINE, UNCLEAN = "online", "standby", "maintenance", "offline", "unclean"
PENDING = "pending"  # it is about to join, or hangs there
"""The states of a host in its cluster."""


@dataclass(frozen=True)
class ClusterFacts(Facts):
    """`nodes` are the states of its hosts, by their names here; `fences`: it fences at all (`stonith-enabled`).

    `ids` are all that are taken in its CIB. `unmanaged`: vms that it has, and leaves alone just now; `leaving` are
    those of which that is so because they are being given back. `halted` says why it starts nothing new, and what ends
    that. `barred` are, by vm and host, others' rules that keep the one off the other; `bound` those that keep a vm
    where it is.
    """

    quorate: bool = True
    fences: bool = True
    nodes: Mapping[str, str] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()
    unmanaged: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()
    halted: tuple[str, str] | None = None
    barred: Mapping[tuple[str, str], str] = field(default_factory=dict)
    bound: Mapping[str, str] = field(default_factory=dict)

    @property
    def online(self) -> list[str]:
        """The hosts that take what it starts."""
        return [name for name, state in self.nodes.items() if state == ONLINE]


def facts_of(place: str, fleet: Fleet) -> ClusterFacts:
    """What is known of a cluster, be it one of the demo."""
    backend = IN_MEMORY if (place, IN_MEMORY) in fleet.facts else NAME
    return fleet.facts_of(place, backend, ClusterFacts)


def state_of(host: str, place: str, fleet: Fleet) -> str:
    """The state of a host in a cluster, as it is when the fleet is so: a standby may have begun or ended."""
    state, member = facts_of(place, fleet).nodes.get(host, "not there"), fleet.get("member", place, host)
    if member and state in (ONLINE, STANDBY):
        return STANDBY if member.get("standby") else ONLINE
    return state


def host_of(node: str, hosts: tuple[str, ...]) -> str:
    """What a host of the cluster is called here: as there, or as the first part of its name there."""
    short = node.partition(".")[0]
    return short if node not in hosts and short in hosts else node


def node_of(host: str, nodes: list[str], hosts: tuple[str, ...]) -> str:
    """What a host is called in its cluster."""
    return next((node for node in nodes if host_of(node, hosts) == host), host)
