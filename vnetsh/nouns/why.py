"""The verb `why`: by which hops packets go from one to another, or where they stop and what mends it."""

from __future__ import annotations

from vnetsh.nouns.why_found import DETAIL, PROTOCOLS
from vnetsh.schema import FLAG, Answer, Attribute, Foreseen, Integer, Name, Verb
from vnetsh.schema.lent import Asking, Settling
from vnetsh.schema.phrase import Phrase

ENDS = Name(
    what="a way, each end a vm, a port, a host or an address", refs=("vm", "port", "host"), way=True, never="/",
    or_nic=True, qualified=True,
)  # fmt: skip
"""From whom to whom."""
_PORT = Integer(what="a port", least=1, most=65535)
_PACKET = tuple(
    Attribute(
        one,
        _PORT,
        f"Of packets of {one.upper()} to this port of the target.",
        otherwise="of an echo request, as `ping` sends them",
        clearable=False,
    )
    for one in PROTOCOLS
)
_DETAIL = Attribute(DETAIL, FLAG, "With the own account of whoever was asked.", clearable=False)


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
    attributes=(*_PACKET, _DETAIL),
    answer=_answer,
    foresee=_foresee,
    example="why web1 -> web2",
)
