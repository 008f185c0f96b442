"""Why a plan cannot be made: the state of the places speaks against it, or some do not answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vnetsh.diagnostics import Diagnostic
from vnetsh.errors import VnetshError


class PlanRefused(VnetshError):
    """The hosts' state speaks against a script (a name is taken, a disk is missing); nothing was touched.

    `notes` may be why: what a run left half-made there that nobody can settle now.
    """

    def __init__(self, problems: Iterable[Diagnostic], notes: Iterable[str] = ()) -> None:
        self.problems, self.notes = tuple(problems), tuple(notes)
        super().__init__(self.problems[0].message)


class HostsDown(VnetshError):
    """Hosts that a script needs do not answer; nothing was touched."""

    def __init__(self, failures: Mapping[str, VnetshError]) -> None:
        self.hosts = frozenset(failures)
        self.failures = tuple(failures.values())
        message = "; ".join(failure.message for failure in self.failures)
        super().__init__(message, help=self.failures[0].help)
