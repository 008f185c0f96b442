"""The verb `screenshot`: what a vm's display shows, into a file here."""

from __future__ import annotations

from vnetsh.nouns.which import ON
from vnetsh.schema import VM, Answer, Attribute, Text, Verb
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase


def _answer(action: Phrase, asking: Asking) -> Answer:
    from vnetsh.nouns.screenshooting import answer

    return answer(action, asking)


SCREENSHOT = Verb(
    "screenshot",
    help="Write what a vm's display shows into a file here.",
    subject=VM,
    attributes=(
        Attribute(
            "to",
            Text(what="a file"),
            "The file, which is made: a PNG, or what its host gives where the name ends otherwise.",
            required=True,
            clearable=False,
        ),
        ON,
    ),
    answer=_answer,
    example="screenshot web1 to web1.png",
)
