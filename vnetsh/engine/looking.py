"""What can be read of the places, without changing anything: for answers, tables and exports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from vnetsh.backend import Backend, Connection, Counters, Progress
from vnetsh.engine.connections import Connections
from vnetsh.engine.failures import HostsDown
from vnetsh.engine.observe import observe, places
from vnetsh.errors import (
    BackendRefused,
    CannotTell,
    HostUnreachable,
    ServiceAbsent,
    VnetshError,
)
from vnetsh.hosts.transport import Transport
from vnetsh.model import (
    Attributes,
    Check,
    Finding,
    Fleet,
    Host,
    Inventory,
    Key,
    Packet,
    Place,
    Resource,
    Route,
    Traced,
    Trial,
    Tried,
    Watching,
    hosts_in,
)
from vnetsh.nouns.warning import WARNING
from vnetsh.schema import Scope, Vocabulary
from vnetsh.schema.phrase import Phrase
from vnetsh.script.script import Script

if TYPE_CHECKING:
    from vnetsh.hosts.examining import Diagnosis


class Looking:
    """Reads the places of an inventory. What `Verb.answer` is lent."""

    def __init__(
        self,
        inventory: Inventory,
        vocabulary: Vocabulary,
        backends: Mapping[str, Backend],
        connections: Connections,
        *,
        keep_going: bool = False,
        runs: Callable[[], Path] | None = None,
    ) -> None:
        self.runs_folder = runs
        self.inventory = inventory
        self.vocabulary = vocabulary
        self.backends = backends
        self.connections = connections
        self.keep_going = keep_going
        self.real = True
        """Whether the hosts outlive this process, and are reached by a way."""
        self.left_out: dict[str, VnetshError] = {}
        """The places that gave no answer and were left out of what was last looked at."""
        self.asks_again = False
        """Whether each look is a command of its own."""
        self.patience = inf
        """Seconds for which one that does not answer holds up what others have told, at most."""
        self.broken_off: Callable[[], bool] = lambda: False
        """Whether the run is being broken off in which something is looked at."""

    def at(self, inventory: Inventory) -> Looking:
        """The same for other places."""
        known = self.vocabulary, self.backends, self.connections
        found = Looking(inventory, *known, keep_going=self.keep_going, runs=self.runs_folder)
        found.left_out, found.real, found.patience = self.left_out, self.real, self.patience
        return found

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The hosts among the places."""
        return hosts_in(self.inventory)

    def kind_of_word(self, word: str) -> str:
        """The kind whose name or plural is `word`, of those that can be shown; empty when there is none."""
        kind = self.vocabulary.kind_of_word(word)
        return kind.name if kind and kind in self.vocabulary.seen() else ""

    def shown_kinds(self) -> list[str]:
        """The plurals of all kinds that can be shown."""
        return [kind.plural for kind in self.vocabulary.seen()]

    def look(
        self,
        kind: str,
        at: Iterable[str] = (),
        *,
        again: bool | None = None,
        seen: Fleet | None = None,
        partly: bool = False,
    ) -> list[Resource]:
        """The resources of a kind, by name and place, at these places or all. Raises `HostsDown`.

        With `again` those are asked, too, that gave no answer before: else a command waits for them once only; where it
        is not said, a session `asks_again`. Of a fleet that was `seen` nobody is asked. `partly`: also where some do
        not answer, which are `left_out` then.
        """
        wanted = set(at)
        if self.vocabulary.kinds[kind].scope is Scope.INVENTORY:
            return [
                Resource(kind, place.name, place.name, {**_how_reached(place), **place.attributes})
                for place in self.inventory.values()
                if place.noun == kind and (not wanted or place.name in wanted)
            ]
        if self.asks_again if again is None else again:
            self.connections.try_again()
        if self.vocabulary.kinds[kind].scope is Scope.RUN:
            return self._warnings(wanted) if kind == WARNING else self._of_runs(kind, wanted)
        noun = self.vocabulary.kinds[kind]
        needed = frozenset(noun.requires) if noun.scope is Scope.SCRIPT else frozenset({kind})
        # What stands for others is whole only where all places are seen.
        at = self.inventory if noun.gather else sorted(wanted) or self.inventory
        fleet = seen or self._seen(self.inventory, at, needed, self.patience if partly else inf)
        if fleet.unreachable and not self.keep_going and (noun.members or not partly):
            raise HostsDown(fleet.unreachable)
        self.left_out |= fleet.unreachable
        found = noun.gather(fleet) if noun.gather else fleet.of_kind(kind)
        here = (one for one in found if not wanted or one.place in wanted or not (noun.gather or seen))
        return sorted(here, key=lambda resource: (resource.name, resource.place))

    def about(self, places_: Iterable[str]) -> Mapping[str, Attributes]:
        """What places tell of themselves: whether they answer, and what their backends know of them."""
        from vnetsh.engine.telling import about

        at = places(self.inventory, places_, self.backends)
        return about(at, self.inventory, self.connections, self.patience)

    def counters(self, resources: Sequence[Resource]) -> Mapping[Key, Counters]:
        """What has gone through the links of resources, of those that answer."""
        from vnetsh.engine.telling import counters

        return counters(resources, self.inventory, self.connections, self.patience)

    def _warnings(self, hosts: Collection[str]) -> list[Resource]:
        from vnetsh.nouns.doctored import warnings

        return warnings(self, sorted(hosts))

    def _of_runs(self, kind: str, hosts: Collection[str]) -> list[Resource]:
        """What this machine's runs are at, and what they were."""
        from vnetsh.engine.past_runs import of_runs

        self.connections.know(self.inventory)
        at = places(self.inventory, sorted(hosts) or self.inventory, self.backends, frozenset({"vm"}))
        folder = self.runs_folder() if self.runs_folder else None
        found, silent = of_runs(kind, hosts, folder, self.inventory, at, self.connections)
        self.left_out |= silent
        return found

    def cancel(self, job: int) -> tuple[str, bool]:
        """Have a run that is under way taken back. Raises `VnetshError`."""
        from vnetsh.engine.under_way import cancel
        from vnetsh.hosts.locking_here import who_we_are

        if self.runs_folder is None:
            raise VnetshError("nothing is known of any job here")
        return cancel(self.runs_folder(), job, who_we_are(), self.connections.progress(""))

    def observe(self, *, partly: bool = False) -> Fleet:
        """All that all places hold; who does not answer is in `Fleet.unreachable`. `partly`: for a person."""
        return self._seen(self.inventory, self.inventory, patience=self.patience if partly else inf)

    def observe_for(self, script: Script, also: Iterable[str] = ()) -> Fleet:
        """What the places hold that a script needs, and others."""
        return self._seen(script.inventory, sorted({*script.places(), *also}))

    def _seen(
        self,
        inventory: Inventory,
        names: Iterable[str],
        kinds: frozenset[str] | None = None,
        patience: float = inf,
    ) -> Fleet:
        at = places(inventory, names, self.backends, kinds)
        return observe(inventory, at, self.connections, patience=patience)

    def transport(self, host: Host) -> Transport:
        """The way to a host. Raises `HostUnreachable`, and `CannotTell` of one that is imagined."""
        if not self.real:
            raise CannotTell(f"{host.name} is in memory only: there is nothing to be seen on it")
        return self.connections.transport(host)

    def check_moves(self, action: Phrase) -> Sequence[Check]:
        """All checks of the moves that an action means. Raises `CannotTell`, `HostUnreachable`."""
        from vnetsh.engine.checking_moves import Checking

        found, problems = Checking(self.inventory, self.vocabulary, self.connections).checks(action)
        if problems:
            raise CannotTell(problems[0].message, help=problems[0].help, code=problems[0].code)
        return found

    def try_way(self, trial: Trial, fleet: Fleet) -> Tried:
        """See who reaches whom, from the source's place. Raises `CannotTell`, `HostUnreachable`."""
        return self._seeing(trial).try_way(trial, fleet, self.progress_of(trial.source.place))

    def watch_way(self, trial: Trial, fleet: Fleet) -> Watching:
        """Watch a way until it is ended. Raises as `try_way`."""
        return self._seeing(trial).watch_way(trial, fleet, self.progress_of(trial.source.place))

    def trace(self, route: Route, fleet: Fleet) -> Sequence[Finding]:
        """What the places of a route tell of it; who cannot be asked is said."""
        found: list[Finding] = []
        for place, backend in dict.fromkeys((hop.place, hop.backend) for hop in route.hops if hop.backend):
            try:
                connection = self.connection(self.inventory[place], backend)
                found += connection.trace(route, fleet, self.progress_of(place))
            except (HostUnreachable, ServiceAbsent, BackendRefused) as error:
                found.append(Finding(("host", place, place), f"not asked: {error.message}", stops=False))
        return found

    def trace_packet(self, packet: Packet, fleet: Fleet) -> Traced | None:
        """What the place of its networks tells; of a packet from elsewhere to elsewhere, whoever knows of it first.

        Raises `CannotTell`, `HostUnreachable`.
        """
        nics = (packet.source, packet.target)
        known = [(self.inventory[one.place], self.backends[one.backend]) for one in nics if one]
        able = [one for one in self.backends.values() if one.traces_packets]
        every = [(place, one) for place in self.inventory.values() for one in able if one.serves(place)]
        for place, backend in known[:1] or every:
            if not backend.traces_packets:
                raise CannotTell(f"where packets go in the networks of {place.name}, nobody here can tell")
            told = self.connection(place, backend.name).trace_packet(
                packet, fleet, self.progress_of(place.name)
            )
            if told:
                return told
        return None

    @property
    def daemons(self) -> Mapping[str, Sequence[str]]:
        """By backend the programs of its service on a host."""
        return {backend.name: backend.daemons for backend in self.backends.values()}

    def diagnose(self) -> Diagnosis:
        """What is wrong with all places, as they tell themselves. Raises nothing."""
        from vnetsh import journal
        from vnetsh.engine.diagnosing import diagnose

        found = diagnose(self.inventory, self.connections, real=self.real)
        with suppress(journal.JournalFailed):  # there are none
            runs = journal.cut_off(self.runs_folder()) if self.runs_folder else ()
            found = replace(found, cut_off=runs)
        return found

    def _seeing(self, trial: Trial) -> Connection:
        """Who sees what a trial is about, at its source's place."""
        place = self.inventory[trial.source.place]
        able = [one for one in self.backends.values() if one.tries_ways and one.serves(place)]
        if not able:
            raise CannotTell(f"no backend at {place.name} can see who reaches whom")
        return self.connection(place, able[0].name)

    def connection(self, place: Place, backend: str) -> Connection:
        """A backend's connection to a place. Raises `HostUnreachable`, `ServiceAbsent`."""
        self.connections.know(self.inventory)
        return self.connections.connection(place, backend)

    def progress_of(self, place: str) -> Progress:
        """What to call while something takes its time; it raises `KeyboardInterrupt` when that is broken off."""
        told = self.connections.progress(place)

        def progress(text: str, fraction: float | None = None) -> None:
            if self.broken_off():
                raise KeyboardInterrupt
            told(text, fraction)

        return progress


def _how_reached(place: Place) -> Attributes:
    return {"address": place.address or None} if isinstance(place, Host) else {"on": place.hosts}
