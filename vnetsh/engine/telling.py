"""What places tell of themselves, and of their links' counters: all at once; who hangs is not waited for long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vnetsh.engine.connections import Connections
from vnetsh.engine.observe import At
from vnetsh.errors import BackendRefused, ServiceAbsent, VnetshError
from vnetsh.hosts.workers import in_time
from vnetsh.model import Attributes, Inventory, Key, Resource, Value
from vnetsh.model.telling import Counters

REACHABLE, ERROR = "reachable", "error"


def about(
    at: Sequence[At], inventory: Inventory, connections: Connections, patience: float
) -> Mapping[str, Attributes]:
    """What each place tells of itself: whether it answers, and what its backends know. Raises nothing."""
    connections.know(inventory)

    def ask(one: At) -> Attributes | VnetshError:
        tell = connections.progress(one[0])
        tell("looking")
        try:
            return connections.connection(inventory[one[0]], one[1]).about()
        except VnetshError as error:
            return error
        finally:
            tell("")

    told: dict[str, dict[str, Value]] = {}
    wrong: dict[str, VnetshError] = {}
    found, seconds = in_time("about", ask, at, patience)
    for one in at:
        answer = found.get(one)
        if answer is None:
            connections.leave(*one)  # whoever still asks there has it for himself
            connections.progress(one[0])("")
            wrong.setdefault(one[0], VnetshError(f"no answer in {seconds:.1f} s"))
        elif isinstance(answer, ServiceAbsent | BackendRefused):
            told.setdefault(one[0], {})
        elif isinstance(answer, VnetshError):
            wrong[one[0]] = answer
        else:
            told.setdefault(one[0], {}).update(answer)
    for place, values in told.items():
        values[REACHABLE] = "yes" if place not in wrong else "no"
    for place, error in wrong.items():
        told[place] = {
            **told.get(place, {}),
            REACHABLE: "no",
            ERROR: error.message.removeprefix(f"{place}: "),
        }
    return told


def counters(
    resources: Sequence[Resource], inventory: Inventory, connections: Connections, patience: float
) -> Mapping[Key, Counters]:
    """Those of the links of resources, of the places that answer."""
    of: dict[At, list[Resource]] = {}
    for one in resources:
        if one.backend and one.place in inventory:
            of.setdefault((one.place, one.backend), []).append(one)

    def ask(at: At) -> Mapping[Key, Counters]:
        try:
            return connections.connection(inventory[at[0]], at[1]).counters(of[at])
        except VnetshError:
            return {}

    found, _ = in_time("counters", ask, list(of), patience)
    for late in of.keys() - found.keys():
        connections.leave(*late)
    return {key: told for some in found.values() for key, told in some.items()}
