"""The verb `doctor`: what is wrong with the hosts, and what mends it; and the same as a table, `show warnings`."""

from __future__ import annotations

from vnetsh.schema import HOSTS, Answer, Attribute, Kind, Scope, Text, Verb
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase


def _answer(action: Phrase, asking: Asking) -> Answer:
    from vnetsh.nouns.doctored import answer

    return answer(action, asking)


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

DOCTOR = Verb(
    "doctor",
    help="Tell what is wrong with the hosts and what they hold: each with the sentence or command that mends it.",
    attributes=(Attribute("on", HOSTS, "Only of these hosts.", otherwise="of all", clearable=False),),
    answer=_answer,
    example="doctor on kvm1",
)
