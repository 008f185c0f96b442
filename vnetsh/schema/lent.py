"""What the core lends to a noun's or verb's functions: just what they need of the stage that calls them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from vnetsh.backend import Connection, Progress
from vnetsh.diagnostics import Diagnostic, Span
from vnetsh.hosts.transport import Transport
from vnetsh.model import (
    Attributes,
    Change,
    Check,
    Finding,
    Fleet,
    Host,
    Inventory,
    Packet,
    Place,
    Resource,
    Route,
    Traced,
    Trial,
    Tried,
    Watching,
)
from vnetsh.schema.phrase import Phrase

if TYPE_CHECKING:
    from vnetsh.hosts.examining import Diagnosis

T = TypeVar("T")


class Resolving(Protocol):
    """What `Kind.expand` is lent while a script is resolved: it knows the script and the inventory, no fleet."""

    @property
    def inventory(self) -> Inventory:
        """All places, also those that the script itself declares."""

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The hosts among the places."""

    @property
    def phrases(self) -> Sequence[Phrase]:
        """Every sentence of the script."""

    def refuse(self, problem: Diagnostic) -> None:
        """Note a problem: the script will not run."""


class Asking(Protocol):
    """What `Verb.answer` is lent: the places themselves."""

    @property
    def inventory(self) -> Inventory:
        """All places."""

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The hosts among the places."""

    def kind_of_word(self, word: str) -> str:
        """The kind whose name or plural is `word`, of those that can be shown; empty when there is none."""

    def shown_kinds(self) -> Sequence[str]:
        """The plurals of all kinds that can be shown."""

    def look(
        self, kind: str, places: Iterable[str] = (), *, seen: Fleet | None = None, partly: bool = False
    ) -> Sequence[Resource]:
        """The resources of a kind, by name and place, at these places or all; of a fleet that was `seen` already.

        `partly`: also where some places do not answer. Raises `VnetshError`.
        """

    def about(self, places: Iterable[str]) -> Mapping[str, Attributes]:
        """What places tell of themselves: whether they answer, and what their backends know of them."""

    def observe(self, *, partly: bool = False) -> Fleet:
        """All that all places hold. Raises nothing: who does not answer is in `Fleet.unreachable`.

        `partly`: it is to be seen by somebody, who need not wait long for one that hangs.
        """

    def cancel(self, job: int) -> tuple[str, bool]:
        """Have a run that is under way taken back, and wait: what came of it, and whether it was.

        Raises `VnetshError`.
        """

    def transport(self, host: Host) -> Transport:
        """The way to a host. Raises `HostUnreachable`."""

    def check_moves(self, action: Phrase) -> Sequence[Check]:
        """All checks of the moves that an action means. Raises `CannotTell`, `HostUnreachable`."""

    def try_way(self, trial: Trial, fleet: Fleet) -> Tried:
        """See who reaches whom, from the source's place. Raises `CannotTell`, `HostUnreachable`."""

    def watch_way(self, trial: Trial, fleet: Fleet) -> Watching:
        """Watch a way until it is ended. Raises as `try_way`."""

    def trace(self, route: Route, fleet: Fleet) -> Sequence[Finding]:
        """What the places of a route tell of it; who cannot be asked is said. Raises nothing."""

    def trace_packet(self, packet: Packet, fleet: Fleet) -> Traced | None:
        """What the place whose networks a packet goes tells of it; None where nobody has to do with it.

        Raises `CannotTell`, `HostUnreachable`.
        """

    @property
    def daemons(self) -> Mapping[str, Sequence[str]]:
        """By backend the programs of which a host that has one should have the service run."""

    def diagnose(self) -> Diagnosis:
        """What is wrong with all places, as they tell themselves; who cannot be asked is said. Raises nothing."""

    def connection(self, place: Place, backend: str) -> Connection:
        """A backend's connection to a place. Raises `HostUnreachable`, `ServiceAbsent`."""

    def progress_of(self, place: str) -> Progress:
        """What to call while the answer takes its time."""


class Settling(Protocol):
    """What `Kind.settle` and `Verb.plan` are lent while a segment is planned: they know the fleet too."""

    @property
    def inventory(self) -> Inventory:
        """All places."""

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The hosts among the places."""

    @property
    def fleet(self) -> Fleet:
        """What there is, or will be when the segments before are made."""

    @property
    def said(self) -> Iterable[Resource]:
        """What this segment declares and where, before it is settled."""

    def held_kinds(self) -> Sequence[str]:
        """The kinds of which places can hold something, by name."""

    def kind_of_word(self, word: str) -> str:
        """The kind whose name or plural is `word`, of those that places can hold; empty when there is none."""

    def one_in_all(self, kind: str) -> bool:
        """Whether things of a kind are one in all, living at some place: whoever names one means that one."""

    def there(self, kind: str, name: str) -> Sequence[Resource]:
        """What the fleet has of a kind by that name, be it as what stands for others (a mesh for its tunnels)."""

    def renamed(self, names: Mapping[tuple[str, str], str]) -> Sequence[tuple[Resource, Resource]]:
        """What else is called after things that get other names, or names them: each before and after.

        `names` are the new names, by kind and old name.
        """

    def stands_for(self, resource: Resource) -> Sequence[Resource] | None:
        """The objects for which one stands; None of one that is there itself."""

    def riding(self, resource: Resource) -> Sequence[Resource]:
        """What goes with a resource without being a part of it: what rides on it by name (a bridge's tunnels)."""

    def meant(
        self, said: str, kinds: Sequence[str], span: Span | None, place: str = ""
    ) -> tuple[str, str] | None:
        """Kind and name of what is said where several kinds fit, at a place or anywhere; refuses what is not clear."""

    def joined(self, nic: Resource) -> Sequence[Resource] | None:
        """A NIC that is to be on something else than a bridge: as it is on its host, and what there is of it elsewhere.

        None of one that is on a bridge; nothing, where it is refused.
        """

    def off_bridges(self, nic: Resource) -> Sequence[Diagnostic] | None:
        """What would refuse a NIC that is to be on something else than a bridge, which is not noted; None of others."""

    def find(self, kind: str, place: str, name: str) -> Resource | None:
        """A resource of this segment or, else, of the fleet."""

    @property
    def settled(self) -> Iterable[Resource]:
        """What this segment declares that is settled already."""

    def settled_of(self, kind: str) -> Iterable[Resource]:
        """Those of them that are of a kind."""

    def parts_said(self, resource: Resource) -> Sequence[Resource]:
        """The parts that this segment declares of something, before they are settled."""

    def against(self, change: Change, first: Sequence[Change] = ()) -> Diagnostic | None:
        """What would refuse a change on the fleet as it is; it is not noted."""

    def once(self, key: tuple[str, str], make: Callable[[], T]) -> T:
        """What is worked out once for the whole segment."""

    def remove(self, resource: Resource, because: str) -> None:
        """Note that something of the fleet is to go: what is declared says so, in words."""

    def refuse(self, problem: Diagnostic) -> None:
        """Note a problem (once): the plan will not run."""
