"""Blocks that have to be confirmed: each alone, of something that can be, in a time that makes sense. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.diagnostics import Diagnostic
from vnetsh.schema.phrase import Phrase
from vnetsh.script.confirmed import remedy
from vnetsh.script.script import Script

LEAST, MOST = 2_000, 3_600_000
"""Milliseconds: a new connection takes its time, and a fleet that hangs in the air is no state to be in for long."""


def confirmed_blocks_make_sense(script: Script) -> Iterator[Diagnostic]:
    """No block in another one, none that changes nothing, none that is confirmed at once or never."""
    around: list[Phrase] = []
    changes = False
    for segment in script.segments:
        if not segment.bounds:
            changes = changes or not segment.query
            continue
        assert segment.action
        if segment.ended or not segment.action.inner:
            if not (segment.ended and changes):
                yield Diagnostic(
                    "E537",
                    "nothing stands in this block that could be confirmed",
                    segment.action.span,
                    help="say what is to be changed in it, before what is expected: `confirm within 60s { … }`",
                )
            del around[len(around) - segment.ended :]
            changes = True
            continue
        if around:
            yield Diagnostic(
                "E536",
                "a block that has to be confirmed stands in another one",
                segment.action.span,
                help=remedy(around[0], "its hosts have one timer each: say one block after the other"),
            )
        around.append(segment.action)
        changes = False
        within = segment.action.value("within")
        if isinstance(within, int) and not LEAST <= within <= MOST:
            yield Diagnostic(
                "E539",
                "the time to confirm is 2 s at least and 1 h at most",
                segment.action.attributes["within"].span,
                help="`confirm within 60s { … }`",
            )
