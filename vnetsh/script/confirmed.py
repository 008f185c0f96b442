"""A whole script that has to be confirmed: the option of the command line as the sentence that it stands for. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.diagnostics import Source, Span
from vnetsh.language.syntax import Sentence, Word
from vnetsh.nouns.confirm import CONFIRM
from vnetsh.schema import Vocabulary
from vnetsh.schema.phrase import Phrase

OPTION = "--confirm-within"


def whole(sentences: Sequence[Sentence], within: str, vocabulary: Vocabulary) -> tuple[Sentence, ...]:
    """Plain sentences as the block of one `confirm within …`; before it how places are reached, which none holds.

    What is wrong with the block itself points at the option.
    """
    heads = {*vocabulary.heads()} - {*vocabulary.heads_inside(CONFIRM)}
    outside = [one for one in sentences if one.head.text in heads]
    inside = tuple(one for one in sentences if one.head.text not in heads)
    words = (CONFIRM.name, CONFIRM.confirms, within)
    source = Source(OPTION, " ".join(words))
    head, word, value = (Word(text, _span(source, words, n)) for n, text in enumerate(words))
    return (*outside, Sentence(head, (word, value), head.span.to(value.span), block=inside))


def remedy(block: Phrase, otherwise: str) -> str:
    """What to do where something cannot stand in a block that has to be confirmed: of the option's not `otherwise`."""
    if block.span.source.name != OPTION:
        return otherwise
    return f"leave `{OPTION}` out: in a script `confirm within 60s {{ … }}` can stand around a part of it"


def _span(source: Source, words: Sequence[str], number: int) -> Span:
    begin = sum(len(word) + 1 for word in words[:number])
    return Span(source, begin, begin + len(words[number]))
