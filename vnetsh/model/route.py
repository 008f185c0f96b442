"""A way as packets go it, thing by thing, and what is found at one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vnetsh.model.resource import Key, Value


@dataclass(frozen=True)
class Hop:
    """One thing that a packet passes: a vm, a port, a bridge, a tunnel, a cable; `backend` realises it.

    Of a bridge `enters` and `leaves` are the links by which a packet comes and goes, the bridge's own device called
    as it; `vlan` is its VLAN there, 0 of what is untagged; `remote` is where a tunnel leads by which it leaves,
    `origin` whence one leads by which it came; of a host that leads into a tunnel of its own both are its ends, and
    `carries` is its type. `link` is a port's device. `says` is the hop in words, empty where those
    beside it say all.
    """

    kind: str
    name: str
    place: str
    says: str = ""
    backend: str = ""
    link: str = ""
    vlan: int = 0
    enters: str = ""
    leaves: str = ""
    remote: str = ""
    origin: str = ""
    carries: str = ""

    @property
    def key(self) -> Key:
        """What it is, and where."""
        return self.kind, self.place, self.name


@dataclass(frozen=True)
class Route:
    """A way from its first hop to its last one; MAC and IP addresses of its two ends, empty where they are unknown.

    `carries` is the type of a tunnel whose packets go it, empty of any packets; of these `asks` is the protocol and the
    port of those that are meant, where one is.
    """

    hops: tuple[Hop, ...]
    macs: tuple[str, str] = ("", "")
    addresses: tuple[str, str] = ("", "")
    carries: str = ""
    asks: tuple[str, int] | None = None

    def at(self, place: str, backend: str) -> list[Hop]:
        """The hops of a place that a backend realises."""
        return [hop for hop in self.hops if hop.place == place and hop.backend == backend]


class Severity(StrEnum):
    """How bad a finding of `doctor` is: what does not work, what may not tomorrow, what is good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """What is wrong at a thing: `says` in words why nothing passes it or, where it does not stop all, what does not.

    `fix` are the attributes by which a sentence about the thing mends it, `sentence` is one that is known as a whole;
    `gone`: it should not be there, and its deletion mends it. `command` is what mends it on the thing's host where no
    sentence does, `advice` what a person has to see to. `other` is what it is unlike, or what misses it. `symptom`: it
    follows from something else that is wrong, if that is found. `severity` counts for `doctor`, whose findings are of
    no way.
    """

    at: Key
    says: str
    fix: Mapping[str, Value] = field(default_factory=dict)
    command: str = ""
    other: Key | None = None
    stops: bool = True
    symptom: bool = False
    sentence: str = ""
    gone: bool = False
    advice: str = ""
    severity: Severity = Severity.ERROR
