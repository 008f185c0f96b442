"""What `ofproto/trace` says of a packet, read: whether it leaves as it should and, if not, why. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BRIDGE = re.compile(r'\s*bridge\("(.+)"\)\s*$')
_RULE = re.compile(r"\s*(\d+)\. (.+)$")
_NO_MATCH = "No match."
_LEARNED = ("forwarding to learned port", "learned port is input port")


@dataclass(frozen=True)
class Dropped:
    """Where a bridge drops a packet: by a flow of a table, with these fields, or for no flow takes it."""

    bridge: str
    table: int = 0
    fields: str = ""
    priority: int = 0
    by_flow: bool = False
    cookie: str = ""

    @property
    def match(self) -> str:
        """The flow as `ovs-ofctl --strict del-flows` takes it."""
        fields = f",{self.fields}" if self.fields else ""
        return f"table={self.table},priority={self.priority}{fields}"


@dataclass(frozen=True)
class Trace:
    """The text of a trace."""

    text: str

    @property
    def actions(self) -> str:
        """What the datapath does with the packet."""
        return self.text.rpartition("Datapath actions: ")[2].strip()

    def leaves_by(self, names: set[str]) -> bool:
        """Whether the packet leaves by one of these links."""
        return not names.isdisjoint(self.outputs())

    def outputs(self) -> list[str]:
        """The links by which it leaves; what belongs to a tunnel's headers is none."""
        return [word.strip('"') for word in _flat(self.actions).split(",")]

    @property
    def is_unpacked(self) -> bool:
        """Whether it is a tunnel's packet for this host, of which the userspace datapath takes what is inside."""
        return "tnl_pop(" in self.actions

    def leads_to(self, remote: str) -> bool:
        """Whether the packet goes to a tunnel's other end; also where the way there is just being asked for."""
        there = re.escape(remote)
        pattern = rf"dst={there}\b"
        return bool(re.search(pattern, self.actions)) or f"neighbor cache miss for {remote}" in self.text

    def passes_into(self, bridge: str) -> bool:
        """Whether the packet goes on through a patch port into another bridge."""
        return f'bridge("{bridge}")' in self.text

    @property
    def is_normal(self) -> bool:
        """Whether its flow leaves it to the switch itself."""
        return "NORMAL" in self.text

    @property
    def learned(self) -> bool:
        """Whether it goes where its target's address was learned."""
        return any(words in self.text for words in _LEARNED)

    def refusals(self) -> list[str]:
        """What is in the way, in Open vSwitch's own words."""
        found = (line.strip() for line in self.text.splitlines())
        said = [line for line in found if line.startswith(">>") or line.endswith("skipping output")]
        return list(dict.fromkeys(line.lstrip("->").strip().rstrip(".") for line in said))

    def drops(self) -> Iterator[Dropped]:
        """The flows, of any bridge, that drop it."""
        bridge, rule = "", ("", "")
        for line in self.text.splitlines():
            if found := _BRIDGE.match(line):
                bridge = found[1]
            elif found := _RULE.match(line):
                rule = found[1], found[2]
            elif line.strip() == "drop" and rule[0]:
                yield _dropped(bridge, *rule)


def _dropped(bridge: str, table: str, rule: str) -> Dropped:
    if rule == _NO_MATCH:
        return Dropped(bridge, int(table))
    words = rule.split(", ")
    priority = next((word[9:] for word in words if word.startswith("priority ")), "32768")
    fields = "" if words[0].startswith(("priority ", "cookie ")) else words[0]
    cookie = next((word[7:] for word in words if word.startswith("cookie ")), "")
    return Dropped(bridge, int(table), fields, int(priority), by_flow=True, cookie=cookie)


def _flat(actions: str) -> str:
    """Actions without what is in brackets, but those of clones."""
    text = actions.replace("clone(", "").replace("ct_clear", "")
    flat, depth = [], 0
    for char in text:
        if char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif depth == 0:
            flat.append(char)
    return "".join(flat)
