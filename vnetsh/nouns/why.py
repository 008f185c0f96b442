"""The verb `why`: by which hops packets go from one to another, or where they stop and what mends it."""

from __future__ import annotations

from vnetsh.schema import Answer, Foreseen, Name, Verb
from vnetsh.schema.lent import Asking, Settling
from vnetsh.schema.phrase import Phrase

ENDS = Name(
    what="a way, each end a vm, a port, a host or an address", refs=("vm", "port", "host"), way=True, never="/",
    or_nic=True, qualified=True,
)  # fmt: skip
"""From whom to whom."""


def _answer(action: Phrase, asking: Asking) -> Answer:
    from vnetsh.nouns.why_answered import answer

    return answer(action, asking)


def _foresee(action: Phrase, settler: Settling) -> Foreseen | None:
    from vnetsh.nouns.why_answered import foresee

    return foresee(action, settler)


WHY = Verb(
    "why",
    help="Tell by which hops packets go from one to another, over all hosts; or at which they stop, and what mends it.",
    subject=ENDS,
    answer=_answer,
    foresee=_foresee,
    example="why web1 -> web2",
)
