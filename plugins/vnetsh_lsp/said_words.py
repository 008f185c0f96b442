"""The words that a sentence may say, for editors that colour by lists of them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from vnetsh.schema import SentenceSchema


@dataclass(frozen=True)
class SaidWords:
    """What may follow a head, in the order of its schema."""

    parts: tuple[str, ...]
    keys: tuple[str, ...]
    choices: tuple[str, ...]
    """What its attributes take where that is one of some words."""


def said_words(schema: SentenceSchema) -> SaidWords:
    """The words of a sentence, with those of its parts and of all its forms."""
    forms = (schema, *schema.forms)
    parts = [part for form in forms for part in form.parts]
    phrases = [*forms, *parts]
    return SaidWords(
        parts=tuple(part.name for part in parts),
        keys=(
            *(a.name for phrase in phrases for a in phrase.attributes if a.settable),
            *(word for form in schema.forms for word in form.words),
        ),
        choices=tuple(
            word
            for phrase in phrases
            for a in (*phrase.operands, *phrase.attributes)
            for word in a.type.words()
        ),
    )
