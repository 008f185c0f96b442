"""All checks of moves, without a move: what the hosts were seen to have, and what only they can tell, is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vnetsh.backend import Backend
from vnetsh.diagnostics import Diagnostic
from vnetsh.engine.appraising import appraised
from vnetsh.engine.connections import Connections
from vnetsh.engine.observe import observe, places
from vnetsh.errors import VnetshError
from vnetsh.model import ActionKind, Change, Check, Fleet, Impact, Inventory
from vnetsh.planning.plan import Plan
from vnetsh.planning.planner import Planner
from vnetsh.reach import Reach
from vnetsh.schema import Verb, Vocabulary
from vnetsh.schema.phrase import Phrase
from vnetsh.script.script import Segment


@dataclass(frozen=True)
class Checking:
    """What a session lends for it."""

    inventory: Inventory
    vocabulary: Vocabulary
    connections: Connections

    def checks(self, action: Phrase) -> tuple[Sequence[Check], Sequence[Diagnostic]]:
        """The checks of all moves that an action means; and what refuses the action itself.

        Raises `HostUnreachable`.
        """
        backends = self.connections.backends
        if isinstance(action.schema, Verb):  # as if it were to be made
            made = {name: said for name, said in action.attributes.items() if name != action.schema.asks}
            action = replace(action, attributes=made)
        fleet = observe(self.inventory, places(self.inventory, self.inventory, backends), self.connections)
        planned, after, problems = Planner(self.vocabulary, backends).plan_segment(
            Segment(action=action), fleet
        )
        moves = [change for change in planned.changes if change.action is ActionKind.MOVE]
        if not moves:
            return (), problems
        found = [check for move in moves for check in self._of(move, fleet, after, backends[move.backend])]
        known = [check.problem for check in found if check.problem]
        found += [
            Check("all else in the fleet", problem) for problem in problems if not _told(problem, known)
        ]
        if not any(check.problem for check in found):
            found += self._ends(moves, fleet)
        return found, ()

    def _of(self, move: Change, fleet: Fleet, after: Fleet, backend: Backend) -> Iterator[Check]:
        yield from backend.checks(move, fleet)
        foreseen = backend.foresee(move, after)
        yield Check("what runs there with it", foreseen.problem, foreseen.how)
        yield _network(move, fleet)
        try:
            connection = self.connections.connection(self.inventory[move.place], backend.name)
            yield from connection.examine(move, fleet, self.connections.progress(move.place))
        except VnetshError as error:
            yield Check("what only its hosts can tell", says=error.message, told=False)

    def _ends(self, moves: Sequence[Change], fleet: Fleet) -> Iterator[Check]:
        """Whether they come to their end, and how long it takes."""
        plan = Plan((), self.inventory)
        for move in moves:
            told, problems = appraised(plan.of(move), fleet, self.connections)
            [change] = told.changes
            says = str(change.estimate or "")
            yield Check("it comes to its end", problems[0] if problems else None, says)


def _network(move: Change, fleet: Fleet) -> Check:
    """Whether its bridges there are in the networks of those here, and what it costs others that they are not.

    Nobody is refused to move where nobody can reach him: a script may join it afterwards.
    """
    what, vm, target = "the same networks there", move.before, move.resource.place
    assert vm
    reach = Reach(fleet)
    ports = [port for port in fleet.parts(vm) if port.get("bridge")]
    apart = [
        port.text("bridge")
        for port in ports
        if reach.domains(port).isdisjoint(reach.domains(replace(port, place=target)))
    ]
    cost = f"{move.impact}: {move.how}" if move.impact > Impact.LIVE else ""
    if not apart:
        return Check(what, says=cost, warned=bool(cost))
    bridges = ", ".join(f"`{name}`" for name in dict.fromkeys(apart))
    says = f"no network joins {bridges} of {vm.place} and of {target}"
    return Check(what, says="; ".join(filter(None, (says, cost))), warned=True)


def _told(problem: Diagnostic, known: Sequence[Diagnostic]) -> bool:
    """Whether a problem is among others, wherever its place in the script is."""
    return any((problem.code, problem.message) == (one.code, one.message) for one in known)
