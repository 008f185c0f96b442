"""Random networks of bridges, and what becomes of each frame in them, link by link: the model's counterpart."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from vnetsh.model import Attributes, Fleet, Host, LinkFacts, Plug, Resource
from vnetsh.testing.fleet import bridge, nic, port, tunnel, vm

VLANS = (0, 10, 20)


@dataclass(frozen=True)
class End:
    """A link's end at a bridge: its untagged VLAN, its trunk's (None: all others), and whether it is isolated."""

    at: int
    vlan: int = 0
    trunk: tuple[int, ...] | None = None
    isolated: bool = False

    def sent(self, vlan: int) -> int | None:
        """The tag of a frame on its way out of the bridge; None where it stays."""
        if self.vlan and vlan == self.vlan:
            return 0
        if self.trunk is None:
            return None if self.vlan else vlan
        return vlan if vlan in self.trunk else None

    def taken(self, tag: int) -> int | None:
        """The VLAN of a frame on its way in; None where it is dropped."""
        if self.vlan and tag == 0:
            return self.vlan
        if self.trunk is None:
            return None if self.vlan else tag
        return tag if tag in self.trunk else None

    @property
    def attributes(self) -> Attributes:
        """As a port's or tunnel's attributes."""
        said = {"vlan": self.vlan or None, "trunk": self.trunk, "isolated": "yes" if self.isolated else None}
        return {name: value for name, value in said.items() if value is not None}


class Frame(NamedTuple):
    """A frame at a bridge: its VLAN there, the end of the link that it came by, and whether that is isolated."""

    at: int
    vlan: int
    link: int = -1
    isolated: bool = False


def _vlans(guest: End) -> tuple[int, ...]:
    if guest.trunk is None:
        return (guest.vlan,)
    return (*guest.trunk, guest.vlan) if guest.vlan else guest.trunk


@dataclass
class Network:
    """Bridges, by number, on hosts; links between them; and guests, each at one of them."""

    hosts: list[int]
    links: list[tuple[End, End]] = field(default_factory=list)
    guests: list[End] = field(default_factory=list)

    def _onward(self, frame: Frame) -> Iterator[Frame]:
        """What comes of a frame at the bridges next to its own: never back by the link that it came by."""
        for number, (one, other) in enumerate(self.links):
            for side, (near, far) in enumerate(((one, other), (other, one))):
                blocked = frame.link == 2 * number + side or (frame.isolated and near.isolated)
                if near.at != frame.at or blocked:
                    continue
                on_wire = near.sent(frame.vlan)
                into = None if on_wire is None else far.taken(on_wire)
                if into is not None:
                    yield Frame(far.at, into, 2 * number + 1 - side, far.isolated)

    def _flooded(self, frame: Frame, enough: int) -> Iterator[Frame]:
        """A frame, and all that comes of it; each of those `enough` times at most."""
        seen: Counter[Frame] = Counter()
        waiting = [frame]
        while waiting:
            here = waiting.pop()
            seen[here] += 1
            if seen[here] <= enough:
                yield here
                waiting += self._onward(here)

    @property
    def doubles(self) -> bool:
        """Whether a frame that begins at a bridge comes anywhere twice."""
        for start in (Frame(at, vlan) for at in range(len(self.hosts)) for vlan in VLANS):
            there = Counter((frame.at, frame.vlan) for frame in self._flooded(start, 2))
            if max(there.values()) > 1:
                return True
        return False

    def hears(self, sender: int, listener: int) -> bool:
        """Whether anything that a guest sends comes to another one."""
        one, other = self.guests[sender], self.guests[listener]
        return any(
            frame.at == other.at and frame.vlan in _vlans(other) and not (frame.isolated and other.isolated)
            for vlan in _vlans(one)
            for frame in self._flooded(Frame(one.at, vlan, isolated=one.isolated), 1)
        )

    def fleet(self) -> Fleet:
        """The same as hosts hold it: links are tunnels between hosts, and patch ports within one."""
        places = {f"kvm{n}": Host(f"kvm{n}", f"192.0.2.{n + 1}") for n in sorted({*self.hosts})}
        plugs: dict[str, dict[str, Plug]] = {name: {} for name in places}
        found: list[Resource] = [bridge(f"b{at}", f"kvm{host}") for at, host in enumerate(self.hosts)]
        for number, (one, other) in enumerate(self.links):
            for side, (near, far) in enumerate(((one, other), (other, one))):
                here, there = self.hosts[near.at], self.hosts[far.at]
                if here == there:
                    peer = f"p{number}_{1 - side}"
                    said = {**near.attributes, "peer": peer}
                    found.append(port(f"p{number}_{side}", f"b{near.at}", f"kvm{here}", **said))
                else:
                    address = places[f"kvm{there}"].address
                    isolated = {"isolated": "yes"} if near.isolated else {}
                    found.append(
                        tunnel(f"t{number}", f"b{near.at}", address, f"kvm{here}", key=number, **isolated)
                    )
                    plugs[f"kvm{here}"][f"t{number}"] = Plug({f"b{near.at}": near.attributes})
        for number, guest in enumerate(self.guests):
            host = f"kvm{self.hosts[guest.at]}"
            found.append(vm(f"g{number}", host, state="running"))
            found.append(nic(f"n{number}", f"b{guest.at}", f"g{number}", host, **guest.attributes))
        facts = {(name, "ovs"): LinkFacts(plugs=of_host) for name, of_host in plugs.items()}
        return Fleet(places, {one.key: one for one in found}, facts)


def network(seed: int) -> Network:
    """A random one: trees mostly, some with a mesh in them, and links that close rings."""
    chance = random.Random(seed)
    bridges = chance.randint(2, 7)
    found = Network([chance.randrange(4) for _ in range(bridges)])

    def end(at: int, *, isolated: bool = False) -> End:
        kind = chance.random()
        vlan = chance.choice(VLANS[1:]) if kind < 0.12 else 0
        trunk = tuple(sorted(chance.sample(VLANS[1:], chance.randint(1, 2)))) if kind > 0.85 else None
        if trunk and len(trunk) == 1 and kind > 0.92:  # the other one is the native one
            vlan = next(one for one in VLANS[1:] if one not in trunk)
        return End(at, vlan, trunk, isolated)

    if chance.random() < 0.6:
        mesh = chance.sample(range(bridges), chance.randint(2, bridges))
        for number, one in enumerate(mesh):
            for other in mesh[number + 1 :]:
                if chance.random() < 0.9:
                    whole = chance.random() < 0.9
                    near, far = End(one, isolated=whole), End(other, isolated=True)
                    found.links.append((near, far) if chance.random() < 0.8 else (end(one), far))
    for _ in range(chance.randint(0, bridges)):
        one, other = chance.randrange(bridges), chance.randrange(bridges)
        if one != other:
            pair = end(one, isolated=chance.random() < 0.2), end(other, isolated=chance.random() < 0.2)
            found.links.append(pair)
    for _ in range(chance.randint(2, 6)):
        found.guests.append(end(chance.randrange(bridges), isolated=chance.random() < 0.3))
    return found
