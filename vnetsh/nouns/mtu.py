"""How large packets may be: what a tunnel takes of its underlay, and whether bridges fit what is left. Pure.

An MTU is that of a link: the largest IP packet, without its Ethernet header. A tunnel carries whole Ethernet
frames, so the inner header counts to its cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from vnetsh.backend import FREE, Assessment
from vnetsh.diagnostics import Diagnostic, Span
from vnetsh.model import Fleet, Host, LinkFacts, Resource
from vnetsh.model.change import Change
from vnetsh.schema import Integer

ETHERNET = 1500
"""What a link has that nobody has told otherwise."""
LEAST, MOST = 576, 65535
MTU = Integer(what="an MTU in bytes", least=LEAST, most=MOST)
IPV6_LEAST = 1280
"""RFC 8200, 5. The kernel takes all IPv6 addresses from a link with less."""
NICS_KEEP = "NICs of vms keep the MTU that they have"
"""What is to be said of a bridge's new MTU while vms are on it."""

# Bytes between the outer and the inner IP packet over IPv4; Geneve's with the one option that OVN sends.
_COSTS: Mapping[str, int] = {"gre": 38, "vxlan": 50, "geneve": 58}
_GRE_KEY = 4  # RFC 2890, 2
_IPV6_MORE = 20
_ESP = 37
"""RFC 4303, 2 with AES-GCM (RFC 4106): header 8, IV 8, padding and its length at most 5, checksum 16."""


def overhead(kind: str, *, keyed: bool, ipv6: bool, encrypted: bool = False) -> int:
    """The bytes that a tunnel adds to each packet; none where a plugin's type is not known."""
    outer = _COSTS.get(kind, 0) + _GRE_KEY * (keyed and kind == "gre") + _IPV6_MORE * ipv6
    return outer + _ESP * encrypted


@dataclass(frozen=True)
class End:
    """One end of a tunnel: its bridge with the MTU that it is to have, and its host's underlay MTU, as far as known."""

    host: str
    bridge: str
    mtu: int | None
    underlay: int | None


@dataclass(frozen=True)
class Path:
    """A tunnel with its ends: both, or the one that is of the inventory."""

    tunnel: str
    overhead: int
    ends: tuple[End, ...]

    @property
    def underlay(self) -> int | None:
        """The MTU between the hosts: the smallest that is known."""
        return min((end.underlay for end in self.ends if end.underlay), default=None)

    @property
    def room(self) -> int | None:
        """The largest packet that the tunnel carries whole."""
        return None if self.underlay is None else self.underlay - self.overhead

    @property
    def known(self) -> bool:
        """Whether the underlay's MTU is known at both ends."""
        return len(self.ends) > 1 and all(end.underlay for end in self.ends)


def path_of(tunnel: Resource, ends: Iterable[End]) -> Path:
    """The path of a tunnel, the same from either end."""
    kind = tunnel.text("type") or "gre"
    cost = overhead(
        kind,
        keyed=tunnel.get("key") is not None,
        ipv6=":" in tunnel.text("remote"),
        encrypted=tunnel.get("encrypted") is not None,
    )
    return Path(tunnel.name, cost, tuple(sorted(ends, key=lambda end: end.host)))


def misfit(path: Path, span: Span | None) -> Diagnostic | None:
    """What is wrong with the MTUs along a path, if anything: a bridge's is too large, or two that differ."""
    largest = max((end for end in path.ends if end.mtu), key=lambda end: end.mtu or 0, default=None)
    if largest is None or largest.mtu is None:
        return None
    if path.room is not None and largest.mtu > path.room:
        need = largest.mtu + path.overhead
        narrow = min((end for end in path.ends if end.underlay), key=lambda end: end.underlay or 0)
        fits = f"say `mtu {path.room}` of the bridge" if path.room >= LEAST else "take another tunnel type"
        return Diagnostic(
            "E213",
            f"packets of {largest.mtu} bytes, as bridge `{largest.bridge}` on {largest.host} takes them, do not fit "
            f"through tunnel `{path.tunnel}`: it has room for {path.room}",
            span,
            f"{path.overhead} of the underlay's {path.underlay} bytes are the tunnel's own",
            f"{fits}, or give the links between the hosts an MTU of {need} and say so: "
            f"`host {narrow.host} mtu {need}`",
        )
    smaller = next((end for end in path.ends if end.mtu and end.mtu < largest.mtu), None)
    if smaller is None:
        return None
    return Diagnostic(
        "E213",
        f"tunnel `{path.tunnel}` joins bridges of different MTUs: {smaller.mtu} on {smaller.host}, {largest.mtu} on "
        f"{largest.host}",
        span,
        "",
        f"give both the same: `bridge {largest.bridge} on {largest.host} mtu {smaller.mtu}`",
    )


def too_large_a_nic(port: str, mtu: int, bridge: str, limit: int, span: Span | None) -> Diagnostic:
    """The problem of a vm's NIC that sends more than its bridge is to take."""
    return Diagnostic(
        "E213",
        f"port `{port}` has an MTU of {mtu}, its bridge `{bridge}` one of {limit}",
        span,
        "too large",
        f"leave `mtu` out of the port: it gets its bridge's; or say `mtu {limit}`",
    )


def too_small(bridge: Resource | None, port: Resource, vm: Resource) -> Diagnostic | None:
    """The problem of a vm that moves to a host whose `bridge` is to take less than its NIC sends."""
    limit, mtu = number(bridge.get("mtu")) if bridge else None, number(port.get("mtu"))
    if bridge is None or not limit or not mtu or mtu <= limit:
        return None
    return Diagnostic(
        "E213",
        f"port `{port.name}` of vm `{vm.name}` has an MTU of {mtu}, bridge `{bridge.name}` on {bridge.place} one of "
        f"{limit}",
        vm.at("to", "name"),
        "too small a bridge",
        f"give that one the same first: `bridge {bridge.name} on {bridge.place} mtu {mtu}`; or the port less: "
        f"`vm {vm.name} port {bridge.name} name {port.name} mtu {limit}`",
    )


# On a fleet: what backends say of a change that they make. They tell of each host's links by `LinkFacts`.


def foresee(change: Change, after: Fleet) -> Assessment:
    """What a change of a bridge or tunnel means for the packets that fit, on the fleet as it will be afterwards."""
    wanted = change.after
    if wanted is None or wanted.kind not in ("bridge", "tunnel"):
        return FREE
    for tunnel in _concerned(change, wanted, after):
        path = path_on(tunnel, after)
        problem = misfit(
            _supposed(path, tunnel.backend, after),
            _said_largest(path, after) or wanted.at("mtu" if wanted.kind == "bridge" else "type", "name"),
        )
        if problem:
            return Assessment(problem=problem)
    if wanted.kind == "bridge" and "mtu" in change.differing():
        return Assessment(problem=_exceeds_uplink(wanted, after) or _loses_ipv6(wanted, after))
    return Assessment(how=_room(wanted, after) if change.before is None else "")


def _said_largest(path: Path, after: Fleet) -> Span | None:
    """Where the largest MTU of a path's bridges was said, if it was said now."""
    end = max(path.ends, key=lambda end: end.mtu or 0)
    bridge = after.get("bridge", end.host, end.bridge)
    return bridge.words.get("mtu") if bridge and bridge.words else None


def _exceeds_uplink(bridge: Resource, fleet: Fleet) -> Diagnostic | None:
    mtu, nic = number(bridge.get("mtu")), bridge.text("uplink")
    limit = _link_mtu(fleet, bridge.place, bridge.backend, nic)
    if not mtu or not limit or mtu <= limit:
        return None
    return Diagnostic(
        "E213",
        f"packets of {mtu} bytes on bridge `{bridge.name}` do not fit through its uplink `{nic}` on {bridge.place}, "
        f"which has an MTU of {limit}",
        bridge.at("mtu"),
        "too large",
        f"say `mtu {limit}`, or give the NIC more first, where it is configured: `ip link set {nic} mtu {mtu}`",
    )


def _loses_ipv6(bridge: Resource, fleet: Fleet) -> Diagnostic | None:
    mtu = number(bridge.get("mtu"))
    addresses = _links(fleet, bridge.place, bridge.backend).addresses.get(bridge.name, ())
    lost = next((address for address in addresses if ":" in address), "")
    if not mtu or mtu >= IPV6_LEAST or not lost:
        return None
    return Diagnostic(
        "E213",
        f"bridge `{bridge.name}` on {bridge.place} would lose its address {lost}: IPv6 needs an MTU of {IPV6_LEAST}",
        bridge.at("mtu"),
        "too small",
        f"say `mtu {IPV6_LEAST}` or more, or take the address away first",
    )


def _supposed(path: Path, backend: str, fleet: Fleet) -> Path:
    """A path whose underlay has what Ethernet has where that could not be seen; of a host not looked at, nothing."""
    ends = tuple(
        replace(end, underlay=ETHERNET) if not end.underlay and (end.host, backend) in fleet.facts else end
        for end in path.ends
    )
    return replace(path, ends=ends)


def _concerned(change: Change, wanted: Resource, after: Fleet) -> Iterator[Resource]:
    """The tunnels whose path a change alters."""
    differing = change.differing()
    if wanted.kind == "tunnel" and differing.keys() & {"bridge", "type", "key", "remote", "encrypted"}:
        yield wanted
    elif wanted.kind == "bridge" and "mtu" in differing:
        below = _links(after, wanted.place, wanted.backend).underlay_link == wanted.name
        for tunnel in after.of_kind("tunnel", wanted.place):
            if below or tunnel.text("bridge") == wanted.name:
                yield tunnel


def _room(wanted: Resource, after: Fleet) -> str:
    """What a new tunnel has room for, where nobody has said an MTU and it is less than usual."""
    if wanted.kind != "tunnel" or _bridge_mtu(after, wanted.place, wanted.text("bridge")):
        return ""
    path = path_on(wanted, after)
    small = path.known and path.room is not None and path.room < ETHERNET
    return f"room for packets of {path.room} bytes" if small else ""


def path_on(tunnel: Resource, fleet: Fleet) -> Path:
    """The path of a tunnel that is there, from either of its ends."""
    here = fleet.hosts[tunnel.place]
    remote = tunnel.text("remote")
    hosts = fleet.hosts.values() if remote else ()
    there = next((host for host in hosts if remote in (host.address, host.tunnel_address)), None)
    far = fleet.get("tunnel", there.name, tunnel.name) if there else None
    ends = [_end(here, tunnel.text("bridge"), tunnel.backend, fleet)]
    if there:
        ends.append(_end(there, far.text("bridge") if far else "", tunnel.backend, fleet))
    return path_of(tunnel, ends)


def _end(host: Host, bridge: str, backend: str, fleet: Fleet) -> End:
    return End(host.name, bridge, _bridge_mtu(fleet, host.name, bridge), _underlay(host, backend, fleet))


def _bridge_mtu(fleet: Fleet, host: str, bridge: str) -> int | None:
    found = fleet.get("bridge", host, bridge)
    return number(found.get("mtu")) if found else None


def _underlay(host: Host, backend: str, fleet: Fleet) -> int | None:
    """The MTU of a host's underlay link: said; else of the bridge that has the address; else observed."""
    link = _links(fleet, host.name, backend).underlay_link
    seen = _link_mtu(fleet, host.name, backend, link)
    return number(host.attributes.get("mtu")) or _bridge_mtu(fleet, host.name, link) or seen


def _link_mtu(fleet: Fleet, host: str, backend: str, link: str) -> int | None:
    return _links(fleet, host, backend).mtus.get(link)


def _links(fleet: Fleet, host: str, backend: str) -> LinkFacts:
    return fleet.facts_of(host, backend, LinkFacts)


def number(value: object) -> int | None:
    """An attribute or fact as the number that it is, None when it is none."""
    return value if isinstance(value, int) else None
