"""The backend `host`: what hosts themselves do on their networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vnetsh.backend import (
    FREE,
    ApplyFailed,
    Assessment,
    Backend,
    Connection,
    Context,
    HostCommand,
    Observation,
    Progress,
)
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused, VerificationFailed, VnetshError
from vnetsh.hosts.link_watch import TellsOfLinks
from vnetsh.model import Attributes, Fleet, Host, Place, Resource
from vnetsh.model.change import Change
from vnetsh.model.reboot import SURVIVES
from vnetsh_hostnet.record import NAME

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport
    from vnetsh_hostnet.seen import Seen

_WITH_PATH = 'PATH=$PATH:/usr/sbin:/sbin; exec "$@"'


class HostBackend(Backend):
    """Addresses, routes, DHCP and NAT."""

    name = NAME
    kinds = frozenset({"address", "route", "dhcp", "static", "nat"})
    preferred = True
    attributes: Mapping[str, frozenset[str]] = {
        "address": frozenset({"bridge", "port", "addresses", SURVIVES}),
        "route": frozenset({"via", "dev", "address", SURVIVES}),
        "dhcp": frozenset({"bridge", "port", "range", "dns", "lease", "router", SURVIVES}),
        "static": frozenset({"dhcp", "address"}),
        "nat": frozenset({"bridge", "port", "out", "networks", SURVIVES}),
    }

    def serves(self, place: Place) -> bool:
        """Real hosts and the lab's."""
        return isinstance(place, Host) and place.world in ("", "lab")

    def further(self, resource: Resource, fleet: Fleet) -> Attributes:
        """That the host brings it about at each start, where it can be told so."""
        if resource.kind == "static":
            return {}
        from vnetsh_hostnet.observing import HostFacts

        told = fleet.facts_of(resource.place, NAME, HostFacts).at_start
        return {SURVIVES: "yes"} if told else {}

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """What a change costs, or what is in its way."""
        from vnetsh_hostnet.assessment import assess

        return assess(change, fleet)

    def foresee(self, change: Change, after: Fleet) -> Assessment:
        """Whether what stays has the addresses that it needs."""
        if change.resource.kind != "address":
            return FREE
        from vnetsh_hostnet.assessment import foresee

        return foresee(change, after)

    def commands(self, change: Change, before: Fleet, after: Fleet) -> Sequence[HostCommand]:
        """The very commands, on a host as the fleet tells of it."""
        from vnetsh_hostnet.by_hand import commands

        return commands(change, after)

    def connect(self, place: Place, context: Context) -> HostConnection:
        """The host's shell."""
        assert isinstance(place, Host)
        return HostConnection(place, context.transport(place), context.timeout)


class HostConnection(TellsOfLinks, Connection):
    """What is ours on one host. When a command fails, those before it are taken back."""

    def __init__(self, host: Host, transport: Transport, timeout: float) -> None:
        self._host = host.name
        self._transport = transport
        self._timeout = timeout

    def _look(self) -> Seen:
        from vnetsh_hostnet.seen import look

        return look(self._host, self._transport, self._timeout)

    def observe(self, progress: Progress) -> Observation:
        """All that the host's record says, and what of it is not so."""
        self.see_that_it_tells()
        from vnetsh_hostnet.observing import observation

        return observation(self._look())

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Make the changes, all or nothing. Raises `ApplyFailed`, `HostUnreachable`."""
        from vnetsh_hostnet.steps import steps

        try:
            planned = steps(self._look(), changes)
        except BackendRefused as error:
            message = error.message.removeprefix(f"{self._host}: ")
            raise ApplyFailed(f"{self._host}: {message}", help=error.help) from error
        progress(f"{len(planned)} commands")
        try:
            self._run(planned)
        except BackendRefused as error:
            change = changes[0] if len(changes) == 1 else None
            raise ApplyFailed(
                error.message, change=change, leftovers=self._back(changes), help=error.help
            ) from error

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """Look again. Raises `VerificationFailed`."""
        from vnetsh_hostnet.observing import wrong

        seen = self._look()
        for change in changes:
            there = seen.record.get(change.resource.kind, change.resource.name)
            if (there is None) != (change.after is None):
                raise VerificationFailed(f"{self._host}: {change} did not come about")
            after = change.after
            error = wrong(there, seen) if there and after and not after.get("error") else ""
            if there and after and after.get(SURVIVES) and not there.get(SURVIVES):
                error = error or "it would not survive a reboot, as was asked"
            if error:
                raise VerificationFailed(f"{self._host}: {change} did not come about: {error}")

    def _run(self, planned: Sequence[HostCommand]) -> None:
        """Run commands up to the first that fails. Raises `BackendRefused`, `HostUnreachable`."""
        for step in planned:
            reached("a command of a host's own")
            argv = ["sh", "-c", _WITH_PATH, "sh", *step.argv]
            done = self._transport.run(argv, input=step.input, timeout=self._timeout)
            if done.returncode:
                words = (done.stderr or done.stdout).strip().removeprefix("RTNETLINK answers: ")
                denied = ("ermi" in words and "denied" in words) or "not permitted" in words
                raise BackendRefused(
                    f"{self._host}: {_program(step)}: {words}",
                    help="this needs root on the host" if denied else "",
                )

    def _back(self, changes: Sequence[Change]) -> list[str]:
        """Take back what was begun; sentences about what resists."""
        from vnetsh_hostnet.steps import steps

        try:
            self._run(steps(self._look(), [change.inverse() for change in reversed(changes)]))
        except VnetshError as error:
            return [f"{self._host}: not all is as it was: {error}"]
        return []


def _program(step: HostCommand) -> str:
    """What a command is about, in a word."""
    return step.argv[4] if step.argv[:2] == ("sh", "-c") else step.argv[0]
