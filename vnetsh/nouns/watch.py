"""The verb `watch`: what another sentence shows, anew each time that something changes, until it is interrupted."""

from __future__ import annotations

from collections.abc import Callable

from vnetsh.nouns.show import SHOW
from vnetsh.nouns.tree import TREE
from vnetsh.schema import Answer, Verb
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase


def _watching(of: Verb) -> Callable[[Phrase, Asking], Answer]:
    """What has a sentence answered anew each time."""

    def watch(action: Phrase, asking: Asking) -> Answer:
        show = of.answer
        assert show
        return Answer(again=lambda seen: show(action, seen))

    return watch


WATCH = Verb(
    "watch",
    help="Show something, and again each time that it changes, until Ctrl-C.",
    forms=(
        Verb(
            "watch show",
            help="What `show` shows. Off a terminal each change is a line, or with `-o json` an object in a line.",
            subject=SHOW.subject,
            operands=SHOW.operands,
            attributes=SHOW.attributes,
            parts=SHOW.parts,
            answer=_watching(SHOW),
            fit=SHOW.fit,
            example="watch show vms on kvm1",
        ),
        Verb(
            "watch tree",
            help="What `tree` draws.",
            attributes=TREE.attributes,
            answer=_watching(TREE),
            example="watch tree",
        ),
    ),
    example="watch show vms",
)
