"""What a backend is: the contract between the core and everything that touches a place."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from vnetsh.errors import CannotTell
from vnetsh.model import (
    Attributes,
    Change,
    Check,
    Facts,
    Finding,
    Fleet,
    Host,
    Packet,
    Place,
    Resource,
    Route,
    Thing,
    Traced,
    Trial,
    Tried,
    UnderWay,
    Watching,
)
from vnetsh.model.apply_failed import ApplyFailed as ApplyFailed
from vnetsh.model.assessment import FREE as FREE, Assessment as Assessment
from vnetsh.model.console import NO_CONSOLE as NO_CONSOLE, NO_DISPLAY as NO_DISPLAY, Console as Console
from vnetsh.model.host_command import HostCommand as HostCommand
from vnetsh.model.job_state import Job as Job, JobState as JobState, Progress as Progress
from vnetsh.model.telling import Counters as Counters, Telling as Telling

if TYPE_CHECKING:
    from vnetsh.diagnostics import Diagnostic
    from vnetsh.hosts.going_back import Guard
    from vnetsh.hosts.transport import Busy, Held, Transport


@dataclass(frozen=True)
class Observation:
    """All that a backend found at one place: its resources, and what assessing wants to know besides."""

    resources: Sequence[Resource] = ()
    facts: Facts = field(default_factory=Facts)


class Context(Protocol):
    """What the engine lends to a connection."""

    def host(self, name: str) -> Host:
        """A host of the inventory. Raises `VnetshError` when there is none of that name."""

    def place(self, name: str) -> Place:
        """A place of the inventory. Raises `VnetshError` when there is none of that name."""

    def transport(self, host: Host) -> Transport:
        """The way to a host; opened once and shared by all backends."""

    def connection(self, place: Place, backend: str) -> Connection:
        """A backend's connection to a place, opened once. Another thread may use it: its author knows what is safe."""

    def opened(self, backend: str) -> Sequence[Connection]:
        """A backend's connections that are open: to the places that were looked at, and to others that were needed.

        Other threads may be using them, as of `connection`.
        """

    def progress(self, place: str) -> Progress:
        """What to call while a connection to a place is being opened."""

    @property
    def timeout(self) -> float:
        """Seconds that one call to a place may take before it counts as hung."""


def _unkept(change: Change, thing: Thing) -> None:
    """Nobody will take the change back."""


class Connection(Telling, ABC):
    """A backend's live link to one place. Used by one thread at a time.

    `keep(change, thing)` is for `apply` and `begin`, on any thread: it writes down, on the disk before it returns, what
    a change of theirs makes beside its resource and what only a record can tell from another's: a file, with its
    identity. Whoever takes the change back is given that in `Change.made`, and removes nothing else. Raises
    `VnetshError` when it cannot be written. While there is a `guard`, `apply` promises it a way back before each
    change: what it makes is yet to be confirmed. Only changes come then that the place can take back (`alone`).
    """

    keep: Callable[[Change, Thing], None] = staticmethod(_unkept)
    guard: Guard | None = None

    @abstractmethod
    def observe(self, progress: Progress) -> Observation:
        """Read what is there. Raises `ServiceAbsent`, `HostUnreachable`."""

    def appraise(self, moves: Sequence[Change], fleet: Fleet, progress: Progress) -> Sequence[Assessment]:
        """What only those that run here can tell of moves that begin here: how long each takes, or that it cannot end.

        And what only they can tell against changes of the kinds that the backend `appraises`. `fleet` is as it was
        observed. One for each change, or none at all. Asked when a plan is made: it changes nothing, and takes some
        seconds at most. Raises `HostUnreachable`.
        """
        return ()

    def examine(self, move: Change, fleet: Fleet, progress: Progress) -> Sequence[Check]:
        """What only its hosts can tell of a move that begins here, under their locks. Changes nothing.

        `apply` asks the same, and refuses by it, before anything moves. Raises `HostUnreachable`.
        """
        return ()

    def try_way(self, trial: Trial, fleet: Fleet, progress: Progress) -> Tried:
        """See whether one end reaches another, from this place, where the source is: of a backend that `tries_ways`.

        Changes nothing that stays. `fleet` is as it was just observed. Says truthfully from where and by what it was
        seen. Raises `CannotTell` where that cannot be seen honestly, `HostUnreachable`; `progress` breaks it off.
        """
        raise CannotTell("this backend tries no ways")

    def watch_way(self, trial: Trial, fleet: Fleet, progress: Progress) -> Watching:
        """Watch a way from now on, on threads of its own. Kept is what is never away for long. Raises as `try_way`."""
        raise CannotTell("this backend watches no ways")

    def trace(self, route: Route, fleet: Fleet, progress: Progress) -> Sequence[Finding]:
        """Why a packet stops at a hop of this place and backend, as only that can tell: of a way over all hosts.

        Changes and sends nothing, and takes a second at most. Of hops without a bridge between them only what is wrong
        with each by itself. Raises `HostUnreachable`.
        """
        return ()

    def trace_packet(self, packet: Packet, fleet: Fleet, progress: Progress) -> Traced | None:
        """Where a packet goes in this place's networks, and what stops it: of a backend that `traces_packets`.

        None where it begins and ends outside of all that is here. Changes and sends nothing. Raises `CannotTell`,
        `HostUnreachable`.
        """
        raise CannotTell("this backend traces no packets")

    def diagnose(self, fleet: Fleet, progress: Progress) -> Sequence[Finding]:
        """What is wrong at its place, and what there is to know of it (its version, as a note): for `doctor`.

        `fleet` is as it was just observed. Changes nothing, in a few seconds at most. Raises `HostUnreachable`.
        """
        return ()

    def console(self, vm: Resource, *, force: bool) -> Console:
        """Open the serial console of a vm that is here; `force` takes it from whoever has it.

        Raises `CannotTell` with the code E551 and a remedy where there is none, `HostUnreachable`.
        """
        raise CannotTell(f"the backend {vm.backend} has no consoles", code=NO_CONSOLE)

    def screenshot(self, vm: Resource) -> bytes:
        """What a vm's display shows, as a PNG or a PPM. Raises `CannotTell` with the code E552, `HostUnreachable`."""
        raise CannotTell(f"the backend {vm.backend} sees no displays", code=NO_DISPLAY)

    def under_way(self) -> Sequence[UnderWay]:
        """The moves of vms that leave here just now, whoever began them. Raises `HostUnreachable`."""
        return ()

    @abstractmethod
    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Make the changes, all of this place and backend, as one transaction where that can be had.

        Raises `ApplyFailed`, or `HostUnreachable` when the way to the place is lost.
        """

    @abstractmethod
    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """Wait (bounded) until the changes have really come about. Raises `VerificationFailed`."""

    def close(self) -> None:
        """Let go of everything; never raises."""

    def alive(self) -> bool:
        """Whether it can be used still; asked before a step, for it may have been lost while nobody used it.

        By one short question, where only that can tell. Raises `HostHung` when there is no answer.
        """
        return True

    def begin(self, changes: Sequence[Change]) -> Job | None:
        """Begin the changes as work that goes on by itself; None where `apply` is to make them. Raises as it does."""
        return None

    def settle(self, changes: Sequence[Change], progress: Progress) -> Sequence[Change] | None:
        """After a call whose outcome nobody knows (a reply was lost, its run was killed): which of its changes stand.

        Waits until nothing of them is under way any more (a migration goes on by itself), and changes nothing. Those
        that neither stand nor left anything behind are forgotten then; others are taken back by `apply`, as inverses
        with `undo` and `made`. None: what is to be seen at the place tells, as it does of a transaction. Raises
        `HostUnreachable` while nobody can tell: then it is asked again another time. A change that stands, and of which
        something was kept that `goes` in the end, is given to `apply` once more: only that is left to do.
        """
        return None

    def watch(self, tell: Callable[[], None]) -> bool:
        """Have `tell` called, on any thread, each time that something here may have changed; until `close`.

        False where nothing can tell: then somebody has to look now and then. Asked once of each connection. When it can
        tell no longer, it calls `tell` once more and `observe` fails from then on: then a new connection is made.
        """
        return False


class Backend(ABC):
    """Realises resources of some kinds at places.

    Registered by `vnetsh_register_backends`. Everything but `connect` and `lock` is pure. `name` is its name in the
    language (`backend ovs`) and in reports; `preferred`: it makes new things of its `kinds` when the sentence names
    no backend. `tries_ways`: its connections see who reaches whom (`Connection.try_way`). `traces_packets`: they tell
    where packets go in networks of many hosts (`trace_packet`). `beside`: it is asked only beside a place of that sort.
    What others have found of kinds that it `governs` is changed only as it says (`governed`), and it may complete that.
    """

    name: str
    kinds: frozenset[str]
    preferred: bool = False
    tries_ways: bool = False
    traces_packets: bool = False
    completes: frozenset[str] = frozenset()
    appraises: frozenset[str] = frozenset()
    governs: frozenset[str] = frozenset()
    daemons: tuple[str, ...] = ()
    beside: str = ""

    @property
    def attributes(self) -> Mapping[str, frozenset[str]] | None:
        """Those that it can give to each kind: a plan that wants another one is refused. None: whatever is said."""
        return None

    def further(self, resource: Resource, fleet: Fleet) -> Attributes:
        """What it gives a resource of vnetsh's own besides what is said: that it survives a reboot."""
        return {}

    @abstractmethod
    def serves(self, place: Place) -> bool:
        """Whether it works at such a place at all (by its sort and world, not by asking it)."""

    @abstractmethod
    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """The cost of a change, from what `apply` will really do; `fleet` is as it will be just before."""

    @abstractmethod
    def connect(self, place: Place, context: Context) -> Connection:
        """Open a connection. Raises `ServiceAbsent`, `HostUnreachable`."""

    def checks(self, move: Change, fleet: Fleet) -> Sequence[Check]:
        """Each check of a move by itself, by what was observed: `assess` refuses it by the first that fails."""
        found = self.assess(move, fleet)
        return (Check("what its hosts were seen to have", found.problem, found.how),)

    def foresee(self, change: Change, after: Fleet) -> Assessment:
        """What else speaks against a change, or is to be said (`how`), on the fleet after its stage: a new bridge's."""
        return FREE

    def governed(self, change: Change, fleet: Fleet) -> Change | Diagnostic | None:
        """What is made in the place of a change of a kind that it `governs`, or what refuses it; None: the change."""
        return None

    def forbids(self, changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterable[Diagnostic]:
        """What all changes of a segment would leave behind, on the fleet before and after: asked of who makes some."""
        return ()

    def completed(self, resource: Resource, fleet: Fleet) -> Resource:
        """One of its kinds `completes`, its own or `governed`, after each look, as all that was found shows it."""
        return resource

    def commands(self, change: Change, before: Fleet, after: Fleet) -> Sequence[HostCommand]:
        """The commands by which somebody would make a change by hand, in their order; none is also an answer.

        The fleets are those around all changes that are made with it. What nobody can know yet is a word in capitals.
        """
        return ()

    def libraries(self) -> Mapping[str, str]:
        """What it needs on this machine beside its own distribution, with its version, or why it cannot be used."""
        return {}

    def alone(self, change: Change, fleet: Fleet) -> str:
        """Why its place cannot take a change back alone, in words; empty where it can. `fleet` is as just before it."""
        return f"the backend `{self.name}` leaves no way back at its places"

    def left_out(self, resource: Resource) -> Sequence[str]:
        """What one of its observed resources has that no sentence can say (QoS, mirrors), each in a few words."""
        return ()

    def lock(self, place: Place, context: Context, who: str) -> Held | Busy | None:
        """Take the own lock of a place that is no host, at once or not at all; it dies with its holder.

        None where it has none: then its hosts are locked. Those who wait are told `who`. Raises `HostUnreachable`.
        """
        return None
