"""A way that is to be tried: from whom, to whom, by what; and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vnetsh.model.resource import Resource


@dataclass(frozen=True)
class End:
    """One end of a way: a vm, a host or, of no kind, an address of which nobody knows whose it is.

    `place` is the host where it is, empty where nobody knows. `nics` are those of a vm's NICs that are on bridges.
    `address` is an IPv4 address as it was said or, of a host, as its sentence says; empty where it is yet to be found.
    """

    name: str
    kind: str = ""
    place: str = ""
    nics: tuple[Resource, ...] = ()
    address: str = ""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Trial:
    """A way to be tried until it is as expected, for `within` milliseconds at most.

    `reaches`: whether the target is to answer the source, or is not to. By ping, or what comes nearest to it; with
    `tcp`, by a connection to that port. Without `loss` one answer is enough; with it no more of the packets may be
    lost, in hundredths of a percent. A way that is watched may be away for `outage` milliseconds. `own` is an address
    with its prefix that nobody has: a port beside the source may use it. `alone`: only the source itself can tell, for
    no place beside it is on its network.
    """

    source: End
    target: End
    reaches: bool = True
    tcp: int = 0
    loss: int | None = None
    within: int = 5000
    outage: int = 1000
    own: str = ""
    alone: bool = False


@dataclass(frozen=True)
class Tried:
    """What came of a trial: whether it is as expected, and in words what was seen, from where and by what.

    `data` is the same for a program (JSON-able).
    """

    holds: bool
    says: str
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Watching:
    """A way that is being watched: `says` from where, in words; `end` stops it and gives what was seen, once."""

    says: str
    end: Callable[[], Tried]
