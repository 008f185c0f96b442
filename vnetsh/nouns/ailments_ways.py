"""What packets the ways between hosts let pass, against what their tunnels need: for `doctor`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vnetsh.hosts.path_mtu import Way
from vnetsh.model import Finding, Fleet, Host, Resource, Severity
from vnetsh.nouns.ailments import smaller
from vnetsh.nouns.mtu import ETHERNET, Path, path_on
from vnetsh.reach import host_with
from vnetsh.reach.addresses import address_of, plain_address


@dataclass(frozen=True)
class Needed:
    """A way between two hosts, and the tunnel on it that needs most of it."""

    way: Way
    tunnel: Resource
    path: Path

    @property
    def need(self) -> int:
        """The largest packet that the tunnel sends: around those of its bridges, or of NICs as they usually are."""
        largest = max((end.mtu for end in self.path.ends if end.mtu), default=ETHERNET)
        return min(largest + self.path.overhead, self.way.size)


def needed(fleet: Fleet, hosts: Collection[str]) -> Mapping[str, Sequence[Needed]]:
    """The ways that tunnels of these hosts go, by host; a way to a host that does not answer is none."""
    found: dict[str, dict[str, Needed]] = {}
    for end in fleet.of_kind("tunnel"):
        here, path, remote = fleet.hosts[end.place], path_on(end, fleet), end.text("remote")
        there = host_with(remote, fleet)
        device = _device(here, fleet)
        if end.place not in hosts or not device or not path.underlay:
            continue
        if not there or there == end.place or there in fleet.unreachable:
            continue
        link = next(iter(fleet.underlay_links(end.place)), device)
        one = Needed(Way(remote, here.tunnel_address, device, link, path.underlay), end, path)
        ways = found.setdefault(end.place, {})
        if remote not in ways or ways[remote].need < one.need:
            ways[remote] = one
    return {host: list(ways.values()) for host, ways in found.items()}


def _device(host: Host, fleet: Fleet) -> str:
    """The link that has the address at which a host's tunnels end; empty where nobody sees it."""
    own = plain_address(host.tunnel_address) if host.tunnel_address else ""
    links = fleet.addresses(host.name).items()
    return next((link for link, texts in links if own in map(address_of, texts)), "")


def narrow(host: str, ways: Sequence[Needed], passing: Mapping[str, tuple[int, int]]) -> Iterator[Finding]:
    """What does not pass, of the ways from a host; `passing` is the largest packet that did, and that was tried."""
    for one in ways:
        best, tried = passing.get(one.way.address, (0, 0))
        where = f"{one.way.address}, where {one.tunnel.name} leads"
        if not best:
            yield Finding(
                one.tunnel.key,
                f"no ping from {one.way.source} to {where}, is answered",
                advice="is the way there, and does it let ICMP pass? what it lets pass cannot be told else",
                severity=Severity.WARNING,
            )
        elif best < min(tried, one.way.size):
            short = best < one.need
            what = f"it needs {one.need}" if short else f"the links at both ends take {one.way.size}"
            yield Finding(
                one.tunnel.key,
                f"packets of more than {best} bytes do not come to {where}: {what}",
                sentence=smaller(one.path, best - one.path.overhead) if short else "",
                advice="or give all that is between the hosts a larger MTU" if short else "",
                severity=Severity.ERROR if short else Severity.NOTE,
            )
