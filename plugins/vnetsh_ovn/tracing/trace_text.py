"""What `ovn-trace` prints of a packet's way (ovn-trace(8), detailed output), as the events of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

_HEAD = re.compile(r"^\s*(ingress|egress|multicast)\((.*)\)$")
_WORD = re.compile(r'(\w+)="([^"]*)"')
_STAGE = re.compile(
    r"^\s*\d+\. (\w+)(?: \([^)]*\))?: (?:(no match)\b.*|(.*), priority (\d+), uuid ([0-9a-f]{8}))$"
)
_NEW_ADDRESS = re.compile(r"^\s*ct_\w+\(ip[46]\.(src|dst)=([^)]+)\)")
_OUTPUT = re.compile(r'/\* output to "([^"]*)", type "([^"]*)" \*/')
_REDIRECTED = re.compile(r'/\* Replacing type "chassisredirect" outport "([^"]*)"')
_BACKENDS = re.compile(r"ct_lb\w*\(backends=([^;)]+)")
_NEXT_HOP = re.compile(r"^x?x?reg0 = ([0-9a-f.:]+);$")
_OUTPORT = re.compile(r'^outport = "([^"]+)";$')

DROP = "drop;"
NOBODY = "/* No MAC binding. */"
SWAPPED = re.compile(r"ip[46]\.dst <-> ip[46]\.src;")


@dataclass(frozen=True)
class Entry:
    """A pipeline that begins: of a switch or a router, by the UUID that it has in the northbound database."""

    pipeline: str
    datapath: str
    inport: str = ""
    outport: str = ""


@dataclass(frozen=True)
class Stage:
    """A flow that took the packet at a stage: none where nothing `match`ed it; its UUID's first eight digits."""

    name: str
    match: str = ""
    priority: int = 0
    uuid: str = ""
    actions: tuple[str, ...] = ()

    @property
    def drops(self) -> bool:
        """Whether the packet ends here."""
        return not self.uuid or DROP in self.actions

    @property
    def backends(self) -> Sequence[str]:
        """Those among which a load balancer chooses here."""
        found = next((said for action in self.actions if (said := _BACKENDS.search(action))), None)
        return [one.strip() for one in found[1].split(",")] if found else []

    @property
    def next_hop(self) -> str:
        """To whom a router sends it; empty where it says nothing of that, or whom it is for."""
        return next((said[1] for action in self.actions if (said := _NEXT_HOP.match(action))), "")

    @property
    def outport(self) -> str:
        """The port by which it leaves."""
        return next((said[1] for action in self.actions if (said := _OUTPORT.match(action))), "")

    @property
    def answers(self) -> bool:
        """Whether who has it answers by itself."""
        return any(SWAPPED.match(action) for action in self.actions)

    @property
    def unknown(self) -> bool:
        """Whether a router does not know yet who has the address of its next hop: it asks then, by ARP."""
        return NOBODY in self.actions


@dataclass(frozen=True)
class NewAddress:
    """Another address that the packet gets: as its `src`, or its `dst`."""

    side: str
    address: str


@dataclass(frozen=True)
class Output:
    """A port by which the packet leaves a pipeline, with its type: empty of a vm's."""

    port: str
    type: str


@dataclass(frozen=True)
class Redirected:
    """It goes on at the chassis that has this port (`cr-…`)."""

    port: str


Event = Entry | Stage | NewAddress | Output | Redirected


@dataclass(frozen=True)
class Trace:
    """A packet's way."""

    text: str

    @property
    def is_one(self) -> bool:
        """Whether it tells of any way: of what it does not know `ovn-trace` says nothing, with exit code 0."""
        return "ingress(" in self.text

    @cached_property
    def events(self) -> Sequence[Event]:
        """All that happens to it, in its order."""
        return list(self._events())

    def _events(self) -> Iterator[Event]:
        stage: re.Match[str] | None = None
        actions: list[str] = []
        after: list[Event] = []
        for line in [*self.text.splitlines(), ""]:
            head, begins, changed = _HEAD.match(line), _STAGE.match(line), _NEW_ADDRESS.match(line)
            if stage and (head or begins or changed or not line.strip()):
                yield _stage(stage, actions)
                yield from after
                stage, actions, after = None, [], []
            if head:
                words = dict(_WORD.findall(head[2]))
                yield Entry(head[1], words["dp"], words.get("inport", ""), words.get("outport", ""))
            elif changed:
                yield NewAddress(changed[1], changed[2])
            elif begins:
                stage = begins
            else:
                actions.append(line.strip())
                found = [Output(*said) for said in _OUTPUT.findall(line)]
                more = [Redirected(said) for said in _REDIRECTED.findall(line)]
                if stage:
                    after += [*found, *more]
                else:
                    yield from found
                    yield from more


def _stage(found: re.Match[str], actions: Sequence[str]) -> Stage:
    if found[2]:
        return Stage(found[1])
    return Stage(found[1], found[3], int(found[4]), found[5], tuple(actions))
