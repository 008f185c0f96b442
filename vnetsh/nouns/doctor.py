"""The verb `doctor`: what is wrong with the hosts, and what mends it. What it does is read when one is said."""

from __future__ import annotations

from vnetsh.schema import HOSTS, Answer, Attribute, Verb
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase


def _answer(action: Phrase, asking: Asking) -> Answer:
    from vnetsh.nouns.doctored import answer

    return answer(action, asking)


DOCTOR = Verb(
    "doctor",
    help="Tell what is wrong with the hosts and what they hold: each with the sentence or command that mends it.",
    attributes=(Attribute("on", HOSTS, "Only of these hosts.", otherwise="of all", clearable=False),),
    answer=_answer,
    example="doctor on kvm1",
)
