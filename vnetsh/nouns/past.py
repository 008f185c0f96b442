"""The nouns `run` and `migration`: what was done, as the journal tells. Nothing is planned about them."""

from __future__ import annotations

from vnetsh.schema import HOST, VM, Attribute, Duration, Kind, Name, Scope, Text, ValueType


def _seen(name: str, type: ValueType, help: str, *, column: bool = True) -> Attribute:
    return Attribute(name, type, help, settable=False, column=column)


RUN_KIND = Kind(
    "run",
    help="What was done from this machine, run by run, the newest first. `history N` tells of one what it changed.",
    attributes=(
        _seen("time", Text(), "When it began."),
        _seen("who", Text(), "Who made it, from which machine."),
        _seen("what", Text(), "What it was: a script's name, or that it took a run back."),
        _seen("changes", Text(), "How many of its changes stand."),
        _seen("hosts", Name(what="hosts", ref="host", many=True), "Whom it touched."),
        _seen("outcome", Text(), "What came of it."),
    ),
    scope=Scope.RUN,
    sayable=False,
)

MIGRATION_KIND = Kind(
    "migration",
    help="A move of a vm: under way, whoever began it, or made from this machine. Its name is its run.",
    attributes=(
        _seen("vm", VM, "The vm."),
        _seen("from", HOST, "From this host."),
        _seen("to", HOST, "To that one."),
        _seen("when", Text(), "When its run began."),
        _seen("state", Text(), "`under way`, `done`, or what became of it."),
        _seen("gap", Duration(), "For how long it could not be reached, as measured from the network."),
        _seen("downtime", Duration(), "For how long its guest stood still, as libvirt tells."),
        _seen("took", Duration(), "How long the move took."),
        _seen("left", Text(), "Of one under way: what is left to be sent.", column=False),
        _seen("what", Text(), "What the run was.", column=False),
    ),
    scope=Scope.RUN,
    sayable=False,
)
