"""What several assessments of the demo refuse alike. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource, is_off
from vnetsh_demo.fleet_index import FleetIndex
from vnetsh_demo.host import MEMORY, memory_of

_WORDS = {
    "E108": "backend",
    "E402": "uplink",
    "E404": "key",
    "E421": "type",
    "E422": "type",
    "E443": "disk",
    "E444": "memory",
    "E497": "key",
    "E499": "forward-delay",
}
"""The word that a problem is about, by its code; the name of others."""


def no_memory(vm: Resource, index: FleetIndex) -> Assessment | None:
    """What refuses a vm that is to run where there is too little memory."""
    if is_off(vm):
        return None
    free = MEMORY - index.used_memory(vm.place)
    if memory_of(vm) <= free:
        return None
    return refused(
        vm,
        "E444",
        f"vm `{vm.name}` needs {memory_of(vm) // 2**20} MiB, and {vm.place} has {free // 2**20} MiB free",
        "",
        "give it less memory, or another host",
    )


def port_taken(where: Resource, port: str, taken: Resource) -> Assessment:
    """A port's name that something else has."""
    message = f"the port name `{port}` is taken by {described(taken)} on {taken.place}"
    return refused(where, "E441", message, "", "choose another name, or delete what has it")


def described(taken: Resource) -> str:
    """Something, in words."""
    if taken.kind == "port" and taken.parent:
        return "a port of " + " ".join(taken.parent)
    return f"{taken.kind} {taken.name}"


def refused(resource: Resource, code: str, message: str, label: str, help: str) -> Assessment:
    """What forbids a change, at the word that it is about."""
    return Assessment(problem=Diagnostic(code, message, resource.at(_WORDS.get(code, "name")), label, help))
