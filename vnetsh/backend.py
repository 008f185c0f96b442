"""What a backend is: the contract between the core and everything that touches a host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from vnetsh.diagnostics import Diagnostic
from vnetsh.errors import VnetshError
from vnetsh.model import NOTHING, Fleet, Host, Resource
from vnetsh.model.change import Change, Impact

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a change costs on a given fleet, or why it cannot be made.

    `how` says in a few words what will be done ("hot-plugged"); `problem` refuses the whole plan.
    """

    impact: Impact = Impact.NONE
    hits: tuple[str, ...] = ()
    how: str = ""
    problem: Diagnostic | None = None


@dataclass(frozen=True)
class Observation:
    """All that a backend found on one host."""

    resources: Sequence[Resource] = ()
    facts: Mapping[str, object] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class HostCommand:
    """A command as somebody would type it on a host.

    `input` is what it reads, `note` a few words on it. `host`: where it runs, when that is not the host of its
    change (`Change.host`). As text it is for a shell: quoted, the note a comment, the input a here-document.
    """

    argv: tuple[str, ...]
    input: str = ""
    note: str = ""
    host: str = ""

    def __str__(self) -> str:
        import shlex

        line = shlex.join(self.argv)
        end = "EOF"
        while end in self.input.splitlines():
            end += "_"
        if self.input:
            line += f" <<'{end}'"
        if self.note:
            line += f"  # {' '.join(self.note.split())}"
        return f"{line}\n{self.input.rstrip()}\n{end}" if self.input else line


class ApplyFailed(VnetshError):
    """A change could not be made.

    `change` is the one that failed; nothing of it is left, except what `leftovers` says in sentences.
    `done` are those of the same call that did take effect: the engine takes them back.
    """

    def __init__(
        self,
        message: str,
        *,
        change: Change | None = None,
        done: Sequence[Change] = (),
        leftovers: Sequence[str] = (),
        help: str = "",
    ) -> None:
        super().__init__(message, help=help)
        self.change = change
        self.done = tuple(done)
        self.leftovers = tuple(leftovers)


class Progress(Protocol):
    """Called by long work; `fraction` from 0 to 1, or None when it is not known."""

    def __call__(self, text: str, fraction: float | None = None) -> None:
        """Say how far the work is."""


class Context(Protocol):
    """What the engine lends to a connection."""

    def transport(self, host: Host) -> Transport:
        """The way to a host; opened once and shared by all backends."""

    def connection(self, host: Host, backend: str) -> Connection:
        """A backend's connection to a host; opened once (a migration needs the other end's)."""

    @property
    def timeout(self) -> float:
        """Seconds that one call to a host may take before it counts as hung."""


class Connection(Protocol):
    """A backend's live link to one host. Used by one thread at a time."""

    def observe(self) -> Observation:
        """Read what is there. Raises `ServiceAbsent`, `HostUnreachable`."""

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Make the changes, all of this host and backend, as one transaction where that can be had.

        Raises `ApplyFailed`, or `HostUnreachable` when the way to the host is lost.
        """

    def verify(self, changes: Sequence[Change]) -> None:
        """Wait (bounded) until the changes have really come about. Raises `VerificationFailed`."""

    def close(self) -> None:
        """Let go of everything; never raises."""


class Preparing(Protocol):
    """What a connection may have besides: found by name, for what takes time and changes nothing."""

    def prepare(self, changes: Sequence[Change]) -> None:
        """Get ready for `apply` with the same changes, which are about to be written down.

        Changes nothing on the host; `apply` need not follow. Raises `VnetshError`: `apply` is not called then.
        """


class Backend(Protocol):
    """Realises resources of some kinds on hosts.

    Registered by `vnetsh_register_backends`. Everything but `connect` is pure.
    """

    @property
    def name(self) -> str:
        """Its name in the language (`backend ovs`) and in reports."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that it realises."""

    @property
    def preferred(self) -> bool:
        """Whether it makes new things of its kinds when the sentence names no backend."""

    def serves(self, host: Host) -> bool:
        """Whether it works on such a host at all (by its world, not by asking it)."""

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """The cost of a change, from what `apply` will really do; `fleet` is as it will be just before."""

    def connect(self, host: Host, context: Context) -> Connection:
        """Open a connection. Raises `ServiceAbsent`, `HostUnreachable`."""


class Explaining(Protocol):
    """What a backend may have besides: found by name, and `--explain` prints nothing of one that has it not."""

    def commands(self, change: Change, before: Fleet, after: Fleet) -> Sequence[HostCommand]:
        """The commands by which somebody would make a change by hand, in their order; none is also an answer.

        `before` and `after` are the fleet around all the changes that are made together with it. Pure. What
        cannot be known beforehand is a word in capitals that no command takes, and the note says what it is.
        """


class Foreseeing(Protocol):
    """What a backend may have besides: found by name, for what only shows when a whole stage is made."""

    def foresee(self, change: Change, after: Fleet) -> Assessment:
        """What else speaks against a change, or is to be said of it (`how`): on the fleet after its stage.

        Where `assess` does not see what is made together with the change: a tunnel's new bridge. Pure.
        """
