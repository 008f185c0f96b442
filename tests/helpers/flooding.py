"""Random networks of bridges, and what becomes of each frame in them, link by link: the model's counterpart."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from vnetsh.model import Attributes, Fleet, Host, LinkFacts, Plug, Resource
from vnetsh.testing.fleet import bridge, nic, port, tunnel, vm

VLANS = (0, 10, 20)


Stack = tuple[int, ...]
"""The tags of a frame, the outermost one first; of a frame on a bridge that is its VLAN. Untagged ones have none."""


@dataclass(frozen=True)
class End:
    """A link's end at a bridge: its untagged VLAN, its trunk's (None: all others), and whether it is isolated.

    With `qinq` it gives what comes in a tag more, of its VLAN; of `customers` only (0: untagged), where they are said.
    """

    at: int
    vlan: int = 0
    trunk: tuple[int, ...] | None = None
    isolated: bool = False
    qinq: bool = False
    customers: tuple[int, ...] | None = None

    def sent(self, stack: Stack, *, surely: bool = False) -> Stack | None:
        """The tags of a frame on its way out of the bridge; None where it stays.

        `surely`: not of one that stays or goes as its switch's cache has it.
        """
        vlan, rest = (stack or (0,))[0], stack[1:]
        if self.vlan and vlan == self.vlan:
            allowed = self.trunk is not None or not rest
            if self.qinq:
                allowed = self.customers is None or (rest or (0,))[0] in self.customers
            return rest if allowed or not surely else None
        if self.trunk is None:
            return None if self.vlan else stack
        return stack if vlan in self.trunk else None

    def taken(self, tags: Stack) -> Stack | None:
        """The tags of a frame on its way in; None where it is dropped."""
        vlan = (tags or (0,))[0]
        if self.qinq:
            return (self.vlan, *tags) if self.customers is None or vlan in self.customers else None
        if self.vlan and not tags:
            return (self.vlan,)
        if self.trunk is None:
            return None if self.vlan else tags
        return tags if vlan in (*self.trunk, self.vlan) and tags else None

    @property
    def stacks(self) -> Sequence[Stack]:
        """What whoever is here sends and takes, as it is on the bridge."""
        if self.qinq:
            return [(self.vlan, one) if one else (self.vlan,) for one in self.customers or (0,)]
        native = (self.vlan,) if self.vlan else ()
        return [native] if self.trunk is None else [(one,) for one in (*self.trunk, *native)]

    @property
    def attributes(self) -> Attributes:
        """As a port's or tunnel's attributes."""
        said = {"vlan": self.vlan or None, "trunk": self.trunk, "isolated": "yes" if self.isolated else None}
        if self.qinq:
            said["qinq"] = self.customers or ("all",)
        return {name: value for name, value in said.items() if value is not None}


class Frame(NamedTuple):
    """A frame at a bridge: its tags there, the end of the link that it came by, and whether that is isolated."""

    at: int
    tags: Stack
    link: int = -1
    isolated: bool = False


@dataclass
class Network:
    """Bridges, by number, on hosts; links between them; and guests, each at one of them."""

    hosts: list[int]
    links: list[tuple[End, End]] = field(default_factory=list)
    guests: list[End] = field(default_factory=list)
    deepest: int = 0
    """The most tags that a frame has had."""

    def _onward(self, frame: Frame, evenly: bool, *, surely: bool) -> Iterator[Frame]:
        """What comes of a frame at the bridges next to its own: never back by the link that it came by.

        `evenly`: only of those to which an answer comes back the same way.
        """
        for number, (one, other) in enumerate(self.links):
            for side, (near, far) in enumerate(((one, other), (other, one))):
                blocked = frame.link == 2 * number + side or (frame.isolated and near.isolated)
                if near.at != frame.at or blocked:
                    continue
                on_wire = near.sent(frame.tags, surely=surely)
                into = None if on_wire is None else far.taken(on_wire)
                if into is None:
                    continue
                back = far.sent(into, surely=True) if evenly else None
                if not evenly or (back is not None and near.taken(back) == frame.tags):
                    yield Frame(far.at, into, 2 * number + 1 - side, far.isolated)

    def _flooded(
        self, frame: Frame, enough: int, *, evenly: bool = False, surely: bool = False
    ) -> Iterator[Frame]:
        """A frame, and all that comes of it; each of those `enough` times at most.

        `surely`: no further than it has two tags.
        """
        seen: Counter[Frame] = Counter()
        waiting = [frame]
        while waiting:
            here = waiting.pop()
            self.deepest = max(self.deepest, len(here.tags))
            seen[here] += 1
            if seen[here] <= enough and len(here.tags) < (3 if surely else self._too_deep):
                yield here
                waiting += self._onward(here, evenly, surely=surely)

    @property
    def _too_deep(self) -> int:
        """So many tags has only what came twice by the same end of a link."""
        return sum(end.qinq for link in self.links for end in link) + 4

    @property
    def doubles(self) -> bool:
        """Whether a frame that begins at a bridge, or at a guest, comes anywhere twice."""
        self.deepest = 0
        starts = [Frame(at, (vlan,) if vlan else ()) for at in range(len(self.hosts)) for vlan in VLANS]
        for one in self.guests:  # what one of these wraps is nowhere else
            inside = [one.taken((vlan,)) for vlan in VLANS if vlan and one.qinq]
            starts += [Frame(one.at, tags, isolated=one.isolated) for tags in inside if tags]
        for start in starts:
            there = Counter((frame.at, frame.tags) for frame in self._flooded(start, 2))
            if max(there.values()) > 1 or self.deepest >= self._too_deep:
                return True
        return False

    def comes(self, sender: int, tags: Stack, listener: int, *, surely: bool) -> set[Stack]:
        """With which tags a frame that a guest sends, with these, comes to another one; `surely`, or perhaps."""
        one, other = self.guests[sender], self.guests[listener]
        start = one.taken(tags)
        if start is None:
            return set()
        sent = (
            other.sent(frame.tags, surely=surely)
            for frame in self._flooded(Frame(one.at, start, isolated=one.isolated), 1, surely=surely)
            if frame.at == other.at and not (frame.isolated and other.isolated)
        )
        return {one for one in sent if one is not None}

    def hears(self, sender: int, listener: int) -> bool:
        """Whether anything that a guest sends comes to another one, and an answer back the same way."""
        one, other = self.guests[sender], self.guests[listener]
        return any(
            frame.at == other.at and frame.tags in other.stacks and not (frame.isolated and other.isolated)
            for tags in one.stacks
            for frame in self._flooded(
                Frame(one.at, tags, isolated=one.isolated), 1, evenly=True, surely=True
            )
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
    wrapping = chance.choice((0, 0.15, 0.4))

    def end(at: int, *, isolated: bool = False) -> End:
        kind = chance.random()
        vlan = chance.choice(VLANS[1:]) if kind < 0.12 else 0
        trunk = tuple(sorted(chance.sample(VLANS[1:], chance.randint(1, 2)))) if kind > 0.85 else None
        if trunk and len(trunk) == 1 and kind > 0.92:  # the other one is the native one
            vlan = next(one for one in VLANS[1:] if one not in trunk)
        if not vlan and not trunk and chance.random() < wrapping:
            inner = (
                tuple(sorted(chance.sample(VLANS, chance.randint(1, 2)))) if chance.random() < 0.2 else None
            )
            return End(at, chance.choice(VLANS[1:]), None, isolated, qinq=True, customers=inner)
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
