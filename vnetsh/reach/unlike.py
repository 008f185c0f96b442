"""Which of two that are in different VLANs is in the wrong one, and what it must say to take the other. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from ipaddress import ip_interface

from vnetsh.model import Finding, Fleet, Key, Resource, Value, link_of
from vnetsh.reach.points import Point
from vnetsh.reach.segments import vlans_of
from vnetsh.reach.tags import UNTAGGED, Tags, is_wrapped, named, outermost


class Unlike:
    """The VLANs of a fleet's ports: a port that is otherwise than those like it is the one in the wrong."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    @cached_property
    def _members(self) -> Mapping[tuple[str, int], Sequence[Resource]]:
        """The ports of the bridges of a name that are in a VLAN."""
        found: dict[tuple[str, int], list[Resource]] = {}
        for port in self._fleet.of_kind("port"):
            for vlan in vlans_of(port, self._fleet) if not port.get("peer") else ():
                found.setdefault((port.text("bridge"), vlan), []).append(port)
        return found

    def finding(self, source: Point, vlan: int, target: Point) -> tuple[Point, Finding]:
        """Which of two ends is in the wrong VLAN; `vlan` is that in which packets come from the source."""
        theirs = target.vlans[0] if target.vlans else UNTAGGED
        alike = self._alike(source, target, vlan), self._alike(target, source, theirs)
        wrong, right, have = (source, target, theirs) if alike[0] < alike[1] else (target, source, vlan)
        if len(source.vlans) != len(target.vlans):  # a trunk lacks it
            wrong = source if len(source.vlans) > len(target.vlans) else target
            right, have = (target, theirs) if wrong is source else (source, vlan)
        says = f"it {_carries(wrong)}, and {right.link} on {right.place} {_carries(right)}"
        key = wrong.what.key if wrong.what else ("port", wrong.place, wrong.link)
        return wrong, Finding(key, says, _taking(wrong, have))

    def _alike(self, point: Point, other: Point, vlan: int) -> tuple[int, int, bool]:
        """How many others in its VLAN have addresses of its subnet, how many there are; and whether it has one."""
        name = point.what.text("bridge") if point.what else ""
        own = {end.what.key for end in (point, other) if end.what}
        others = [port for port in self._members.get((name, vlan), ()) if port.key not in own]
        nets = {*_nets(point.addresses)} | {*_nets(other.addresses)}
        near = [port for port in others if not nets.isdisjoint(self._nets_of(port))]
        return len(near), len(others), bool(vlan)

    def _nets_of(self, port: Resource) -> Iterator[str]:
        return _nets(self._fleet.addresses(port.place).get(link_of(port), ()))


def not_carried(link: str, key: Key, tags: Tags, vlan: int, own: int) -> Finding:
    """What is wrong where a link between bridges does not carry a VLAN; `own` is what is untagged there (`native`)."""
    trunk = None if tags.trunk is None else tuple(sorted(tags.trunk))
    has = f"VLAN {tags.access} untagged" if tags.access else ""
    has = has or "what is untagged" * (trunk is not None and UNTAGGED in trunk)
    tagged = [str(one) for one in trunk or () if one]
    more = f"VLANs {', '.join(tagged)} tagged" if tagged or (trunk is not None and not has) else ""
    carries = f"carries {' and '.join(filter(None, (has, more)))}"
    if tags.wraps:
        carries = f"wraps what it takes into VLAN {tags.access} (QinQ)"
    says = f"{link} {carries}, not {named(vlan)}"
    if key[0] == "bridge":  # whose uplink it is
        return Finding(("uplink", key[1], link), says)
    fix: dict[str, Value] = {"qinq": None, "vlan": None} if tags.wraps else {}
    vlan = outermost(vlan)
    if trunk is not None and own:
        fix = {"vlan": own} if not vlan or UNTAGGED in trunk else {}
        fix |= {"trunk": tuple(sorted({*trunk, vlan} - {UNTAGGED}))} if vlan else {}
    elif trunk is not None:
        fix["trunk"] = tuple(sorted({*trunk, vlan})) if vlan else None
    if tags.access and (trunk is None or not vlan):
        fix["vlan"] = None
    return Finding(key, says, fix if key[0] == "port" else {})


def _nets(addresses: Sequence[str]) -> Iterator[str]:
    return (str(ip_interface(text).network) for text in addresses)


def _carries(point: Point) -> str:
    if point.what and isinstance(point.what.get("trunk"), tuple):
        return f"carries VLANs {', '.join(map(str, point.vlans))}"
    return f"is in {' and '.join(map(named, point.vlans)) or named(UNTAGGED)}"


def _taking(point: Point, vlan: int) -> dict[str, Value]:
    """What a port must say to take a VLAN; nothing where no VLAN of its own is enough."""
    if is_wrapped(vlan):
        return {}
    trunk = point.what.get("trunk") if point.what else None
    if isinstance(trunk, tuple) and vlan:
        return {"trunk": tuple(sorted({*(one for one in trunk if isinstance(one, int)), vlan}))}
    more: dict[str, Value] = {"trunk": None} if isinstance(trunk, tuple) else {}
    if point.what and point.what.get("qinq") and not vlan:
        more["qinq"] = None
    return {"vlan": vlan or None, **more}
