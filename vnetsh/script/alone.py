"""Texts that come from elsewhere, a page or a program: they read no file of this machine, and no way to a host.

Whoever may change what the hosts hold may not thereby read the files of the one whose keys open them: not by an
`include`, not as what a guest is told, and not by a `host` whose sentence says how ssh gets there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from vnetsh.diagnostics import Diagnostic, Span
from vnetsh.errors import UsageError
from vnetsh.language.parsing import Parsed
from vnetsh.schema.phrase import Phrase
from vnetsh.script.resolve import names_places
from vnetsh.script.script import Segment

_RUN_IT = "run it as a script on the machine where vnetsh is: `vnetsh FILE`"


def refuse_included(path: Path, at: Span) -> Parsed:
    """Reads no file. Raises `UsageError`."""
    raise UsageError("a text that comes from elsewhere includes no files of this machine", help=_RUN_IT)


def standing_alone(phrases: Sequence[Phrase]) -> tuple[list[Phrase], list[Diagnostic]]:
    """Those of phrases that need nothing of this machine, and what is wrong with the others."""
    kept: list[Phrase] = []
    problems: list[Diagnostic] = []
    for phrase in phrases:
        found = [*_reaching(phrase)]
        problems += found
        kept += [] if found else [phrase]
    return kept, problems


def _reaching(phrase: Phrase) -> Iterator[Diagnostic]:
    if names_places(phrase.schema):
        yield Diagnostic(
            "E620",
            f"a text that comes from elsewhere says nothing of a `{phrase.schema.name}`",
            phrase.span,
            "it would say how places are reached",
            "that stands in the hosts file of the machine where vnetsh is",
        )
        return
    for attribute in phrase.schema.attributes:
        if attribute.local and phrase.value(attribute.name) is not None:
            yield Diagnostic(
                "E620",
                f"`{attribute.name}` names a file of the machine where vnetsh is, and this text comes from elsewhere",
                phrase.place(attribute.name),
                help=_RUN_IT,
            )
    for inner in (*phrase.parts, *phrase.inner):
        yield from _reaching(inner)


def only_looking(segments: Sequence[Segment]) -> Iterator[Diagnostic]:
    """What is wrong with verbs that change and expect nothing: some write files here, or never end."""
    for segment in segments:
        if segment.query and not segment.foreseen and segment.action:
            name = segment.action.schema.name
            yield Diagnostic(
                "E620",
                f"`{name}` is no change, and nothing to be expected",
                segment.action.span,
                help=f"ask it where vnetsh is: `vnetsh {name} …`; what there is shows without a plan",
            )
