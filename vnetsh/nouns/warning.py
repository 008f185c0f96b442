"""The noun `warning`: what `doctor` finds, as a table (`show warnings`)."""

from __future__ import annotations

from vnetsh.schema import Attribute, Kind, Scope, Text

WARNING = "warning"

WARNING_KIND = Kind(
    WARNING,
    help="What `doctor` finds wrong, but notes, as a table.",
    attributes=tuple(
        Attribute(name, Text(), help, settable=False)
        for name, help in (
            ("host", "Where it is."),
            ("severity", "An `error` does not work, a `warning` may not tomorrow."),
            ("says", "What is wrong with it."),
            ("mend", "The sentence or command that mends it, or what a person has to see to."),
        )
    ),
    scope=Scope.RUN,
    sayable=False,
)
