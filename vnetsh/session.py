"""One session: an inventory, the plugins, the connections. The shell and the batch mode are its two faces."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import TracebackType

from vnetsh.apply import Applier
from vnetsh.binding import bind
from vnetsh.checks import check
from vnetsh.connections import Connections
from vnetsh.diagnostics import Diagnostic, ProblemsFound, Source
from vnetsh.errors import VnetshError
from vnetsh.expanding import Expander, Variables
from vnetsh.inventory import read_included
from vnetsh.model import Fleet, Inventory, Resource
from vnetsh.observe import Place, observe, places
from vnetsh.parsing import parse
from vnetsh.plan import Change
from vnetsh.planner import Plan, PlannedSegment, Planner
from vnetsh.plugins import Plugins
from vnetsh.report import Failure, Outcome, Report
from vnetsh.resolve import Resolver, Script, Segment
from vnetsh.schema import Scope


class PlanRefused(VnetshError):
    """The hosts' state speaks against a script (a name is taken, a disk is missing); nothing was touched."""

    def __init__(self, problems: Iterable[Diagnostic]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems[0].message)


class HostsDown(VnetshError):
    """Hosts that a script needs do not answer; nothing was touched."""

    def __init__(self, failures: Sequence[VnetshError]) -> None:
        self.failures = tuple(failures)
        super().__init__("; ".join(failure.message for failure in failures), help=failures[0].help)


@dataclass(frozen=True)
class Prepared:
    """A script, its plan, and the fleet it was planned on.

    `down` are the hosts that did not answer and are left out (only with `keep_going`).
    """

    script: Script
    plan: Plan
    fleet: Fleet
    down: tuple[Failure, ...] = ()


@contextmanager
def interrupts(cancel: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C call `cancel` instead of raising somewhere: what is under way ends in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: cancel())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _quiet(host: str, text: str, fraction: float | None) -> None:
    """No progress is shown."""


class Session:
    """Check, plan and run scripts on an inventory. Also the Python API.

    Use as a context manager: leaving it closes every connection. `progress` is told what each host does.
    """

    def __init__(
        self,
        plugins: Plugins,
        inventory: Inventory,
        *,
        settings: Mapping[str, str] | None = None,
        keep_going: bool = False,
        timeout: float = 10.0,
        progress: Callable[[str, str, float | None], None] = _quiet,
    ) -> None:
        self.plugins = plugins
        self.vocabulary = plugins.vocabulary
        self.inventory = inventory
        self.progress = progress
        self.settings = settings or {}
        self.variables: Variables = {}
        """What `let` said in earlier scripts of this session; the shell adds to it."""
        self._keep_going = keep_going
        self.connections = Connections(plugins.backends, timeout)
        self.planner = Planner(plugins.vocabulary, plugins.backends)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self.connections.close()

    def check(self, *sources: Source) -> Script:
        """Parse and check without touching any host. Raises `ProblemsFound` with all problems."""
        expander = Expander(read_included, self.settings, self.variables)
        for source in sources:
            expander.expand(parse(source))
        expanded = expander.result()
        phrases, found = bind(expanded.sentences, self.vocabulary)
        problems = [*expanded.problems, *found]
        resolver = Resolver(phrases, self.inventory, self.vocabulary)
        script = replace(resolver.resolve(), variables=expanded.variables)
        problems += resolver.problems
        if not problems:
            problems += check(script)
            for more in self.plugins.hook.vnetsh_check(topology=script):
                problems += more
        if problems:
            # A loop's rounds have the same problem at the same place: the first one says it.
            first = {
                (p.code, p.message, p.span and (id(p.span.source), p.span.start, p.span.end)): p
                for p in problems[::-1]
            }
            raise ProblemsFound(sorted(first.values(), key=lambda problem: _order(problem, sources)))
        return script

    def observe(self, script: Script | None = None, kinds: frozenset[str] | None = None) -> Fleet:
        """Look at the hosts that a script needs (without one: at all)."""
        inventory = script.inventory if script else self.inventory
        hosts = script.hosts() if script else set(inventory)
        at = places(inventory, sorted(hosts), self.plugins.backends, kinds)
        return observe(inventory, at, self.connections)

    def prepare(self, *sources: Source) -> Prepared:
        """Check, observe and plan; touches nothing.

        Raises `ProblemsFound`, `HostsDown`, `PlanRefused`.
        """
        script = self.check(*sources)
        acting = any(not segment.query for segment in script.segments)
        fleet = self.observe(script) if acting else Fleet(script.inventory)
        down: tuple[Failure, ...] = ()
        if fleet.unreachable:
            if not self._keep_going:
                raise HostsDown(list(fleet.unreachable.values()))
            down = tuple(Failure(host, e.message, e.help) for host, e in fleet.unreachable.items())
            script = _without_hosts(script, set(fleet.unreachable))
        plan, problems = self.planner.plan(script, fleet)
        if problems:
            raise PlanRefused(problems)
        return Prepared(script, plan, fleet, down)

    def apply(self, prepared: Prepared, show: Callable[[Segment], None] = lambda segment: None) -> Report:
        """Make a plan true, segment by segment; `show` is called for each query at its place."""
        started = time.monotonic()
        applier = Applier(
            prepared.script.inventory, self.connections, self.progress, keep_going=self._keep_going
        )
        applier.failures += prepared.down
        self.plugins.hook.vnetsh_before_apply(plan=prepared.plan)
        with interrupts(applier.cancel):
            begun = self._apply_segments(prepared, applier, show)
        outcomes = list(applier.outcomes.values())
        for planned in prepared.plan.segments[begun:]:
            outcomes += [(change, Outcome.SKIPPED) for change in planned.changes]
        report = Report(
            tuple(outcomes),
            tuple(applier.failures),
            tuple(applier.leftovers),
            applier.interrupted,
            time.monotonic() - started,
        )
        self.plugins.hook.vnetsh_after_apply(plan=prepared.plan, report=report)
        return report

    def _apply_segments(self, prepared: Prepared, applier: Applier, show: Callable[[Segment], None]) -> int:
        """Make the segments in their order until one fails; how many were begun."""
        fleet = prepared.fleet
        begun = 0
        for planned in prepared.plan.segments:
            begun += 1
            if planned.segment.query:
                show(planned.segment)
            elif planned.changes:
                if fleet is not prepared.fleet:  # planned on a prediction: now on what really is there
                    planned, _, problems = self.planner.plan_segment(planned.segment, fleet)
                    if problems:
                        applier.fail(
                            Failure(
                                planned.changes[0].host if planned.changes else "",
                                problems[0].message,
                                problems[0].help,
                            )
                        )
                        break
                if not applier.run(planned.stages):
                    break
                fleet = observe(prepared.script.inventory, _touched(planned), self.connections, fleet)
                missing = self._still_missing(planned, fleet, applier.failed_hosts)
                if missing:
                    applier.fail(missing)
                    break
        if applier.interrupted:  # while the last of it was verified: undone like any other
            applier.undo()
        return begun

    def _still_missing(self, planned: PlannedSegment, fleet: Fleet, but: set[str]) -> Failure | None:
        """What planning a segment again, after it was made, still finds to do; nothing is right."""
        again, _, problems = self.planner.plan_segment(planned.segment, fleet)
        down = sorted({change.host for change in planned.changes} & set(fleet.unreachable) - but)
        if down:
            return Failure(down[0], fleet.unreachable[down[0]].message)
        if problems and not but:
            return Failure(
                planned.changes[0].host, f"verification failed: {problems[0].message}", problems[0].help
            )
        left = [change for change in again.changes if change.host not in but]
        if left:
            wants = "; ".join(f"{change} ({_values(change)})" for change in left)
            return Failure(
                left[0].host, f"verification failed: the host still differs: {wants}", change=left[0]
            )
        return None

    def look(self, kind: str, hosts: Iterable[str] = ()) -> list[Resource]:
        """The resources of a kind, by name and host, on these hosts or all. Raises `HostsDown`."""
        if self.vocabulary.kinds[kind].scope is Scope.INVENTORY:
            return [
                Resource(kind, host.name, host.name, {"address": host.address or None, **host.attributes})
                for host in self.inventory.values()
                if not hosts or host.name in hosts
            ]
        names = sorted(hosts) or list(self.inventory)
        at = places(self.inventory, names, self.plugins.backends, frozenset({kind}))
        fleet = observe(self.inventory, at, self.connections)
        if fleet.unreachable and not self._keep_going:
            raise HostsDown(list(fleet.unreachable.values()))
        return sorted(fleet.of_kind(kind), key=lambda resource: (resource.name, resource.host))


def _order(problem: Diagnostic, sources: Sequence[Source]) -> list[int]:
    """Where a problem comes in a reader's order: an included file stands where it is included."""
    if problem.span is None:
        return []
    spans = [problem.span]
    while spans[0].source.included:
        spans.insert(0, spans[0].source.included)
    root = next((n for n, source in enumerate(sources) if source is spans[0].source), 0)
    return [root, *(span.start for span in spans)]


def _touched(planned: PlannedSegment) -> list[Place]:
    """Where a segment changed anything: of a move, both its hosts."""
    touched = {(r.host, r.backend) for c in planned.changes for r in (c.before, c.after) if r}
    return sorted(touched)


def _values(change: Change) -> str:
    return ", ".join(f"{name} is {old!r}, not {new!r}" for name, (old, new) in change.differing().items())


def _without_hosts(script: Script, down: set[str]) -> Script:
    """A script without what it says of these hosts; its actions stay, and fail by themselves."""
    segments = tuple(
        segment
        if segment.action
        else replace(segment, resources=tuple(r for r in segment.resources if r.host not in down))
        for segment in script.segments
    )
    return replace(script, segments=segments)
