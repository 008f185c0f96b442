"""What the move of a vm between demo hosts costs, and what refuses it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vnetsh.backend import Assessment
from vnetsh.diagnostics import did_you_mean
from vnetsh.model import is_off
from vnetsh.model.change import Change, Impact
from vnetsh.nouns.mtu import too_small
from vnetsh_demo import outage, snapshots
from vnetsh_demo.fleet_index import FleetIndex
from vnetsh_demo.refusals import no_memory, port_taken, refused


def assess(change: Change, index: FleetIndex, running: bool) -> Assessment:
    """The cost of a move, or the first problem that refuses it."""
    for _, check in CHECKS:
        problem = check(change, index)
        if problem:
            return problem
    if not running:
        return Assessment(how="offline")
    how = f"live, peer to peer{outage.words(change)}"
    return Assessment(Impact.LIVE, (change.resource.name,), how)


def _moved_state(change: Change, index: FleetIndex) -> Assessment | None:
    vm = change.resource
    if vm.get("state") != "saved":
        return None
    help = f"start it, and migrate it live: `start {vm.name}`"
    return refused(vm, "E455", f"vm `{vm.name}` has a saved state, which would be lost", "", help)


def _moved_snapshots(change: Change, index: FleetIndex) -> Assessment | None:
    assert change.before
    problem = snapshots.staying(change.before, index.fleet)
    return Assessment(problem=problem) if problem else None


def _moved_bridges(change: Change, index: FleetIndex) -> Assessment | None:
    vm = change.resource
    assert change.before
    for port in index.fleet.nics(change.before):
        bridge = port.text("bridge")
        if not index.fleet.get("bridge", vm.place, bridge):
            names = [other.name for other in index.fleet.of_kind("bridge", vm.place)]
            return refused(
                vm,
                "E442",
                f"port `{port.name}` of vm `{vm.name}` needs bridge `{bridge}`, which {vm.place} has not",
                "",
                did_you_mean(bridge, names, f"to make it: `bridge {bridge} on {vm.place}`"),
            )
    return None


def _moved_mtu(change: Change, index: FleetIndex) -> Assessment | None:
    vm = change.resource
    assert change.before
    for port in index.fleet.nics(change.before):
        small = too_small(index.fleet.get("bridge", vm.place, port.text("bridge")), port, vm)
        if small:
            return Assessment(problem=small)
    return None


def _moved_names(change: Change, index: FleetIndex) -> Assessment | None:
    vm = change.resource
    assert change.before
    for port in index.fleet.nics(change.before):
        taken = index.fleet.interface(vm.place, port.name)
        if taken:
            return port_taken(vm, port.name, taken)
    return None


def _moved_outage(change: Change, index: FleetIndex) -> Assessment | None:
    problem = None if is_off(change.resource) else outage.problem(change, index.fleet)
    return Assessment(problem=problem) if problem else None


CHECKS: Sequence[tuple[str, Callable[[Change, FleetIndex], Assessment | None]]] = (
    ("its state", _moved_state),
    ("snapshots", _moved_snapshots),
    ("its bridges", _moved_bridges),
    ("room for its packets", _moved_mtu),
    ("names of its ports", _moved_names),
    ("its outage can be measured", _moved_outage),
    ("memory", lambda change, index: no_memory(change.resource, index)),
)
"""What a move has to pass, in the order in which it is told."""
