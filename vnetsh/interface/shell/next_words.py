"""What `?` says: which words may come next, each with what it means."""

from __future__ import annotations

from itertools import islice

from vnetsh.interface.shell.completing import SlotCompleter
from vnetsh.language.completion import slot_of
from vnetsh.plain_text import plain
from vnetsh.schema import Vocabulary

_MOST = 40


def next_words(text: str, completer: SlotCompleter, vocabulary: Vocabulary) -> str:
    """A line for each of them, and before these what is to be said there."""
    _, slot = slot_of(text, vocabulary)
    lines = []
    if slot.type:
        said = slot.attribute.help if slot.attribute else ""
        lines.append(f"  {slot.type.describe()}{f': {said}' if said else ''}")
    found = list(islice(completer.offered(text), _MOST + 1))
    width = max((len(one.text) for one in found[:_MOST]), default=0)
    lines += [f"  {plain(one.text):<{width}}  {one.meta}".rstrip() for one in found[:_MOST]]
    if len(found) > _MOST:
        lines.append("  …")
    return "\n".join(lines) or "  nothing: the line can be entered"
