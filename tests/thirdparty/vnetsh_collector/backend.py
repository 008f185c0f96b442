"""The backend `collector`: one call of `ovs-vsctl`, one transaction, for all changes of a host."""

from __future__ import annotations

from collections.abc import Sequence

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
from vnetsh.diagnostics import Diagnostic
from vnetsh.errors import BackendRefused, ServiceAbsent, VerificationFailed
from vnetsh.model import Change, Fleet, Host, Impact, Place
from vnetsh_collector import rows

_DATABASE = "unix:/run/openvswitch/db.sock"


class CollectorBackend(Backend):
    """Collectors on hosts with Open vSwitch."""

    name = "collector"
    kinds = frozenset({"collector"})
    preferred = True
    attributes = {"collector": frozenset({"bridge", "number", "targets"})}  # noqa: RUF012 - as the base class says

    def serves(self, place: Place) -> bool:
        """Real hosts."""
        return isinstance(place, Host) and not place.world

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """Nobody notices a change, but its bridge must be there; no two of a bridge have one number."""
        after = change.after
        if after is None:
            return Assessment(Impact.NONE, how="samples go nowhere")
        bridge, number = after.text("bridge"), after.get("number")
        if fleet.get("bridge", after.place, bridge) is None:
            help = f"to make it: `bridge {bridge} on {after.place}`"
            return Assessment(
                problem=Diagnostic(
                    "E302", f"host `{after.place}` has no bridge `{bridge}`", after.span, help=help
                )
            )
        for other in fleet.of_kind("collector", after.place):
            if other.name != after.name and (other.text("bridge"), other.get("number")) == (bridge, number):
                message = f"collector `{other.name}` of bridge `{bridge}` has the number {number} already"
                return Assessment(problem=Diagnostic("E203", message, after.span, help="choose another"))
        return FREE

    def commands(self, change: Change, before: Fleet, after: Fleet) -> Sequence[HostCommand]:
        """The call that `apply` would make for this change alone."""
        uuid, ipfix = ("UUID", "IPFIX") if change.before else ("", "")
        note = f"`ovs-vsctl list {rows.SET}` tells them" if change.before else ""
        return (HostCommand(("ovs-vsctl", *rows.words(change, uuid, ipfix, 0)), note=note),)

    def connect(self, place: Place, context: Context) -> CollectorConnection:
        """Over the host's transport."""
        return CollectorConnection(context.host(place.name), context)


class CollectorConnection(Connection):
    """One host's collectors."""

    def __init__(self, host: Host, context: Context) -> None:
        self._host = host
        self._transport = context.transport(host)
        self._timeout = context.timeout

    def observe(self, progress: Progress) -> Observation:
        """All collectors. Raises `ServiceAbsent` where there is no Open vSwitch."""
        return Observation(self._read().resources)

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Make all changes in one transaction, or none."""
        ids = self._read().ids
        said: list[str] = []
        for number, change in enumerate(changes):
            said += rows.words(change, *ids.get(change.resource.name, ("", "")), number)
        if not said:
            return
        try:
            self._vsctl(said)
        except BackendRefused as error:
            raise ApplyFailed(error.message, change=changes[0]) from error

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """Read it back."""
        found = {resource.name: resource for resource in self._read().resources}
        for change in changes:
            there = found.get(change.resource.name)
            if (there is None) != (change.after is None):
                raise VerificationFailed(f"{self._host.name}: {change} did not come about")

    def _read(self) -> rows.Rows:
        return rows.read(self._vsctl(["-f", "json", *rows.LIST]), self._host.name, CollectorBackend.name)

    def _vsctl(self, said: Sequence[str]) -> str:
        """Run `ovs-vsctl`; what it prints. Raises `BackendRefused`, `ServiceAbsent`, `HostUnreachable`."""
        wait = ["--no-wait"] if self._host.text("vswitchd") == "skip" else []
        database = self._host.text("ovsdb", _DATABASE)
        argv = ["ovs-vsctl", f"--db={database}", "--timeout=10", *wait, *said]
        done = self._transport.run(argv, timeout=self._timeout + 2)
        if done.returncode == 0:
            return done.stdout
        message = f"{self._host.name}: {done.stderr.strip() or 'ovs-vsctl failed'}"
        if done.returncode == 127 or "database connection failed" in done.stderr:
            raise ServiceAbsent(message, help="is Open vSwitch installed, and does it run?")
        raise BackendRefused(message)
