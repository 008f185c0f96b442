"""Which other hosts and bridges one is joined to, by what, and which vms it reaches there. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from vnetsh.model import Fleet, Resource
from vnetsh.reach.joints import Joint, Spot, is_outside, joints
from vnetsh.reach.segments import Reach, device_of
from vnetsh.views.page import Row


def ways_from(resource: Resource, parts: Sequence[Resource], fleet: Fleet) -> list[Row]:
    """A row for each bridge elsewhere that those of a thing are joined to, the nearest first.

    `vms` are those there that its ports reach, VLANs and isolation counted; of a bridge all that are on one.
    """
    ports = [one for one in (resource, *parts) if one.kind == "port" and one.get("bridge")]
    spots = {device_of(fleet, port.place, port.text("bridge"))[0] for port in ports}
    if resource.kind in ("bridge", "tunnel", "mesh"):
        bridges = [one.name if one.kind == "bridge" else one.text("bridge") for one in (resource, *parts)]
        spots |= {(one.place, name) for one, name in zip((resource, *parts), bridges, strict=True) if name}
        ports = []
    if not spots:
        return []
    reach = Reach(fleet)
    mine = frozenset(domain for port in ports for domain in reach.domains(port))
    rows: list[Row] = []
    for spot, by in _joined(spots, joints(fleet)).items():
        there = [
            port
            for port in fleet.of_kind("port", spot[0])
            if port.parent and port.parent[0] == "vm" and device_of(fleet, *_at(port))[0] == spot
        ]
        vms = {port.parent[1] for port in there if port.parent and (not ports or mine & reach.domains(port))}
        rows.append({"host": spot[0], "bridge": spot[1], "by": ", ".join(by), "vms": tuple(sorted(vms))})
    return rows


def _at(port: Resource) -> tuple[str, str]:
    return port.place, port.text("bridge")


def _joined(begin: Iterable[Spot], joined: Sequence[Joint]) -> dict[Spot, tuple[str, ...]]:
    """The other bridges that some are joined to, each with what leads there, in the order in which they are met."""
    ways: dict[Spot, list[tuple[Spot, Joint]]] = {}
    for joint in joined:
        ways.setdefault(joint.one, []).append((joint.other, joint))
        ways.setdefault(joint.other, []).append((joint.one, joint))
    seen: dict[Spot, tuple[str, ...]] = dict.fromkeys(sorted(begin), ())
    first = {*seen}
    waiting = deque(seen)
    while waiting:
        spot = waiting.popleft()
        for other, joint in ways.get(spot, ()):
            if other not in seen:
                words = joint.by if joint.sure else f"{joint.by} (assumed)"
                quiet = is_outside(spot) and is_outside(other) and joint.sure
                seen[other] = seen[spot] if quiet else (*seen[spot], words)
                waiting.append(other)
    return {spot: by for spot, by in seen.items() if not is_outside(spot) and spot not in first}
