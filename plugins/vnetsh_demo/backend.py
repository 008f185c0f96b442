"""The backend `demo`: real semantics on hosts in memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.backend import (
    FREE,
    ApplyFailed,
    Assessment,
    Backend,
    Connection,
    Context,
    Observation,
    Progress,
)
from vnetsh.errors import BackendRefused, VerificationFailed
from vnetsh.model import Attributes, Check, Estimate, Finding, Fleet, Host, Place, Trial, Tried, Watching
from vnetsh.model.backups import BACKUP
from vnetsh.model.change import ActionKind, Change
from vnetsh_demo import ILL, WORLD, backups, going_back
from vnetsh_demo.host import NAME, DemoHost
from vnetsh_demo.outage import measured

if TYPE_CHECKING:
    from vnetsh_demo.fleet_index import FleetIndex


def _sent(bits: object, memory: object) -> Assessment:
    if not isinstance(bits, int) or not isinstance(memory, int):
        return FREE
    estimate = Estimate(seconds=1 + 8 * memory / bits, pause=100)
    return Assessment(how=str(estimate), estimate=estimate)


class DemoBackend(Backend):
    """All kinds of the core, on hosts that live as long as this object."""

    name = NAME
    kinds = frozenset(
        {"bridge", "port", "tunnel", "vm", "snapshot", "backup", "disk", "cloudinit", "pool", "image", "flow"}
        | {"address", "route", "dhcp", "static", "nat"}
    )
    preferred = True
    tries_ways = True

    def __init__(self) -> None:
        self._hosts: dict[str, DemoHost] = {}
        self._index: FleetIndex | None = None
        self.mutex = threading.RLock()

    def serves(self, place: Place) -> bool:
        """Only hosts of the world `demo`."""
        return isinstance(place, Host) and place.world == WORLD

    def host(self, name: str) -> DemoHost:
        """A host's memory; a new one has the bridge `vswitch01` with its uplink, as in the lab."""
        with self.mutex:
            return self._hosts.setdefault(name, DemoHost(name))

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """The same costs and refusals as the real backends'."""
        from vnetsh_demo.assessment import assess
        from vnetsh_demo.fleet_index import FleetIndex

        index = self._index
        if index is None or index.fleet is not fleet:  # another thread may plan on another one
            index = self._index = FleetIndex(fleet)
        return assess(change, index)

    def alone(self, change: Change, fleet: Fleet) -> str:
        """As the real backends: bridges, tunnels, and ports that are no vm's."""
        return going_back.alone(change)

    def checks(self, move: Change, fleet: Fleet) -> Sequence[Check]:
        """Each check of a move."""
        from vnetsh_demo.fleet_index import FleetIndex
        from vnetsh_demo.moves import CHECKS

        index = FleetIndex(fleet)
        found = ((what, check(move, index)) for what, check in CHECKS)
        return [Check(what, failed.problem if failed else None) for what, failed in found]

    def foresee(self, change: Change, after: Fleet) -> Assessment:
        """Whether the packets of a bridge fit through its uplink and its tunnels, and its ports' VLANs are kept."""
        from vnetsh.nouns.mtu import foresee
        from vnetsh_demo import seeds
        from vnetsh_demo.linux_bridges import vlans_refused

        if change.resource.kind == "cloudinit":
            return seeds.foresee(change, after)
        return vlans_refused(change, after) or foresee(change, after)

    def connect(self, place: Place, context: Context) -> DemoConnection:
        """The way to a host. Raises `HostUnreachable` while it is switched off."""
        with self.mutex:
            new = place.name not in self._hosts
            memory = self.host(place.name)
        if new and ILL in place.attributes:
            from vnetsh_demo.ills import plant

            plant(memory)
        memory.answer()
        return DemoConnection(self, memory)


class DemoConnection(Connection):
    """A link to one host in memory."""

    def __init__(self, backend: DemoBackend, host: DemoHost) -> None:
        self._backend = backend
        self._host = host

    def observe(self, progress: Progress) -> Observation:
        """All that the host has."""
        self._host.answer()
        with self._backend.mutex:
            return Observation(tuple(self._host.resources.values()), self._host.facts())

    def about(self) -> Attributes:
        """What a real host's daemons would tell."""
        self._host.answer()
        with self._backend.mutex:
            return self._host.about()

    def appraise(self, moves: Sequence[Change], fleet: Fleet, progress: Progress) -> Sequence[Assessment]:
        """How long moves take whose bandwidth is limited: guests in memory write nothing."""
        return [_sent(change.wishes.get("bandwidth"), change.resource.get("memory")) for change in moves]

    def diagnose(self, fleet: Fleet, progress: Progress) -> Sequence[Finding]:
        """Ports that are left."""
        from vnetsh_demo.ills import findings

        return findings(self._host)

    def try_way(self, trial: Trial, fleet: Fleet, progress: Progress) -> Tried:
        """Guests in memory answer all whom the model lets reach them. Raises `CannotTell` of whom it does not know."""
        from vnetsh_demo.ways import tried

        self._host.answer()
        return tried(trial, fleet)

    def watch_way(self, trial: Trial, fleet: Fleet, progress: Progress) -> Watching:
        """In memory nothing is ever away that the plan does not part. Raises as `try_way`."""
        from vnetsh_demo.ways import watched

        return watched(trial, fleet)

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Make the changes one by one. Raises `ApplyFailed` at the first that the host refuses."""
        self._host.answer()
        if self.guard:  # between its promise and the changes it cannot go back
            with self._backend.mutex, going_back.promised(self.guard, self._backend.mutex, self._host):
                self._make_all(changes, progress)
        else:
            self._make_all(changes, progress)

    def _make_all(self, changes: Sequence[Change], progress: Progress) -> None:
        fault = self._host.take_fault()
        # Where a rename is taken back its parts come first, and name a vm that is not there yet.
        changes = sorted(changes, key=lambda change: change.resource.kind != "vm" or not change.renames)
        for number, change in enumerate(changes):
            progress(str(change))
            try:
                if fault and fault[1] == number:
                    raise BackendRefused(fault[0])
                with self._backend.mutex:
                    self._make(change)
            except BackendRefused as error:
                done = changes[:number]
                raise ApplyFailed(error.message, change=change, done=done, help=error.help) from error

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """See that each change came about. Raises `VerificationFailed`."""
        self._host.answer()
        for change in changes:
            here = self._backend.host(change.resource.place)
            found = here.resources.get((change.resource.kind, change.resource.name))
            if (found is None) != (change.after is None):
                raise VerificationFailed(f"{here.name}: {change} did not come about")
            problem = here.unrealised(found) if found else ""
            if problem:
                raise VerificationFailed(
                    f"{here.name}: {problem}", help="`ip link` on the host lists what there is"
                )

    def _make(self, change: Change) -> None:
        if change.after is None:
            self._host.remove(change.resource.kind, change.resource.name)
        elif change.action is ActionKind.MOVE:
            self._move(change)
        elif change.action is ActionKind.ADD:
            self._host.add(backups.made(change) if change.after.kind == BACKUP else change.after)
        elif change.before and change.renames:
            self._host.rename(change.before, change.after)
        else:
            self._host.change(change.after)

    def _move(self, change: Change) -> None:
        """A vm and its ports go to the other host; when that refuses, all stays as it was.

        Where it is taken back the vm comes from there, though it is asked for here.
        """
        assert change.after
        here, there = self._backend.host(change.place), self._backend.host(change.after.place)
        here.answer()
        there.answer()
        kind, name = change.after.kind, change.after.name
        if change.undo and (kind, name) not in here.resources:
            return
        before = dict(there.resources)
        try:
            there.add(change.after)
            for part in here.parts(kind, name):
                there.resources.pop((part.kind, part.name), None) if part.inherent else None
                there.add(replace(part, place=there.name))
        except BackendRefused:
            there.resources = before
            raise
        here.remove(kind, name)
        if change.before and change.before.get("state") != "stopped" and (found := measured(change)):
            self.keep(change, found)
