"""The verb `keep`: who must reach whom from its sentence on. What it means is read when one is said."""

from __future__ import annotations

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet, Trial
from vnetsh.nouns.expect import ADDRESS, WAY
from vnetsh.schema import Answer, Attribute, Duration, Foreseen, Verb
from vnetsh.schema.lent import Asking, Settling
from vnetsh.schema.phrase import Phrase


def _answer(action: Phrase, asking: Asking) -> Answer:
    from vnetsh.nouns.keeping import begin

    return begin(action, asking)


def _foresee(action: Phrase, settler: Settling) -> Foreseen | None:
    from vnetsh.nouns.keeping import foresee

    return foresee(action, settler)


def _keeps(action: Phrase, fleet: Fleet) -> Diagnostic | None:
    from vnetsh.nouns.keeping import parted

    return parted(action, fleet)


KEEP = Verb(
    "keep",
    help="See that one reaches another from here on to the end of the script; refuse a plan that would part them.",
    subject=WAY,
    attributes=(
        Attribute(
            "outage",
            Duration(),
            "For how long the target may not answer.",
            default=Trial.outage,
            clearable=False,
        ),
        ADDRESS,
    ),
    answer=_answer,
    foresee=_foresee,
    keeps=_keeps,
    example="keep web1 -> db",
)
