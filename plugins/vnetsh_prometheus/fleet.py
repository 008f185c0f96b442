"""What the hosts hold now, as metrics. Pure."""

from __future__ import annotations

from collections import Counter

from vnetsh.model import Fleet, fleet_name
from vnetsh_prometheus.text import Labels, Metrics, labels


def fleet_metrics(fleet: Fleet) -> Metrics:
    """Which places answer, and what there is at each. Of one that does not answer there is nothing else to say."""
    name = fleet_name(fleet.places)
    found: Counter[tuple[str, Labels]] = Counter()
    for one in fleet.resources.values():
        found["vnetsh_host_objects", labels(fleet=name, host=one.place, kind=one.kind)] += 1
        if one.kind == "vm":
            state = one.text("state") or "unknown"
            found["vnetsh_host_vms", labels(fleet=name, host=one.place, state=state)] += 1
    up = {
        ("vnetsh_host_up", labels(fleet=name, host=place)): float(place not in fleet.unreachable)
        for place in fleet.places
    }
    return {**up, **{key: float(count) for key, count in found.items()}}
