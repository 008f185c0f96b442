"""Where a way takes smaller packets than both of its ends do: larger ones stop there. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.model import Finding, Fleet, Hop, LinkFacts, Route
from vnetsh.nouns.mtu import ETHERNET, path_on

_LINKS = ("uplink", "port")


def narrow(route: Route, fleet: Fleet) -> Iterator[Finding]:
    """What is narrower than both ends."""
    ends = [hop for hop in (*route.hops[:2], *route.hops[-2:]) if hop.link]
    if not ends:
        return
    both = min(fleet.link_mtu(hop.place, hop.link) or ETHERNET for hop in (ends[0], ends[-1]))
    for hop in route.hops:
        if hop.kind == "tunnel":
            yield from _tunnel(hop, both, fleet)
        elif hop.kind in _LINKS and hop not in ends:
            mtu = fleet.link_mtu(hop.place, hop.link)
            if mtu and mtu < both:
                yield _too_large(hop.place, hop.link, mtu, mtu, both)


def _tunnel(hop: Hop, both: int, fleet: Fleet) -> Iterator[Finding]:
    found = fleet.resources.get(hop.key)
    path = path_on(found, fleet) if found else None
    if path is None or path.room is None or path.room >= both:
        return
    end = min((end for end in path.ends if end.underlay), key=lambda end: end.underlay or 0)
    assert found
    link = fleet.facts_of(end.host, found.backend, LinkFacts).underlay_link
    yield _too_large(
        end.host, link, end.underlay or 0, path.room, both + path.overhead, f" at tunnel {hop.name}"
    )


def _too_large(place: str, link: str, mtu: int, room: int, wanted: int, where: str = "") -> Finding:
    says = f"packets of more than {room} bytes stop{where}: it takes {mtu} bytes, and {wanted} are wanted"
    command = f"ip link set {link} mtu {wanted}" if link else ""
    return Finding(("link", place, link), says, command=command, stops=False)
