"""What packets the ways between hosts let pass, against what their tunnels need: for `doctor`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vnetsh.hosts.path_mtu import Way
from vnetsh.model import Finding, Fleet, Host, LinkFacts, Resource, Severity
from vnetsh.nouns.ailments import smaller
from vnetsh.nouns.mtu import ETHERNET, Path, path_on
from vnetsh.reach import host_with
from vnetsh.reach.addresses import address_of, plain_address


@dataclass(frozen=True)
class Needed:
    """A tunnel's end, its path, and the way between the hosts that its packets go."""

    way: Way
    tunnel: Resource
    path: Path

    @property
    def need(self) -> int:
        """The largest packet that the tunnel sends: around those of its bridges, or of NICs as they usually are."""
        largest = max((end.mtu for end in self.path.ends if end.mtu), default=ETHERNET)
        return min(largest + self.path.overhead, self.way.size)


def needed(fleet: Fleet, hosts: Collection[str]) -> Mapping[str, Sequence[Needed]]:
    """The tunnels to and from these hosts, by host, these first.

    Without those to a host that does not answer, or is none of the fleet's.
    """
    found: dict[str, list[Needed]] = {}
    for end in fleet.of_kind("tunnel"):
        here, path, remote = fleet.hosts[end.place], path_on(end, fleet), end.text("remote")
        there = host_with(remote, fleet)
        device = _device(here, fleet)
        if not {end.place, there} & {*hosts} or not device or not path.underlay:
            continue
        if there and there != end.place and there not in fleet.unreachable:
            link = fleet.facts_of(end.place, end.backend, LinkFacts).underlay_link
            way = Way(remote, here.tunnel_address, device, link or device, path.underlay)
            found.setdefault(end.place, []).append(Needed(way, end, path))
    return {host: found[host] for host in sorted(found, key=lambda host: host not in hosts)}


def _device(host: Host, fleet: Fleet) -> str:
    """The link that has the address at which a host's tunnels end; empty where nobody sees it."""
    own = plain_address(host.tunnel_address) if host.tunnel_address else ""
    links = fleet.addresses(host.name).items()
    return next((link for link, texts in links if own in map(address_of, texts)), "")


Passing = Mapping[tuple[str, str], tuple[int, int]]
"""By a way's source and target the largest packet that came, 0 where none did, and the largest that was tried."""


def narrow(tunnels: Sequence[Needed], passing: Passing) -> Iterator[Finding]:
    """What does not pass, of a host's tunnels, by the narrower one of their two directions.

    What no tunnel misses is said once a way.
    """
    told: set[str] = set()
    for one in sorted(tunnels, key=lambda one: -one.need):
        best, tried = passing.get((one.way.source, one.way.address), (0, 0))
        back, _ = passing.get((one.way.address, one.way.source), (0, 0))
        best = min(best, back) if back else best
        where = f"{one.way.address}, where {one.tunnel.name} leads"
        if best and best < one.need <= tried:
            told.add(one.way.address)
            yield Finding(
                one.tunnel.key,
                f"packets of more than {best} bytes do not come to {where}: it needs {one.need}",
                sentence=smaller(one.path, best - one.path.overhead),
                advice="give all that is between the hosts a larger MTU",
            )
        elif one.way.address in told:
            continue
        elif not best:
            told.add(one.way.address)
            yield Finding(
                one.tunnel.key,
                f"no ping from {one.way.source} to {where}, is answered",
                advice="is the way there, and does it let ICMP pass? what it lets pass cannot be told else",
                severity=Severity.WARNING,
            )
        elif best < tried:
            told.add(one.way.address)
            says = f"packets of more than {best} bytes do not come to {where}; the links at both ends take {tried}"
            yield Finding(one.tunnel.key, says, severity=Severity.NOTE)
