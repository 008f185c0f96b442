"""What may come next at the end of a text: one function for the shell, hints and editors. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from vnetsh.diagnostics import Source
from vnetsh.language.binding import Binder, Slot
from vnetsh.language.parsing import parse
from vnetsh.language.scanning import Scanned, Statement, scan
from vnetsh.schema import CONTROL, Block, Name, Scope, Vocabulary

# Both are matched from a text's end backwards: a search forwards would try every place before it.
_WORD = re.compile(r"[^\s,;<>\"{}]*")
_GAP = r"(?:[ \t]|\n\r?[ \t]*\\)*"
_UNFINISHED = re.compile(rf"(?:{_GAP}(?:,|>-<|-<|<|>-){_GAP}[^\s,;<>\"]+)*")

Names = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word that fits, how many characters before the cursor it replaces, and what it is."""

    text: str
    replaces: int
    meta: str = ""


def candidates(text: str, vocabulary: Vocabulary, names: Names) -> Iterator[Candidate]:
    """The words that fit at the end of `text`; `names` are the known names of each kind."""
    word = _WORD.match(text[::-1])
    typed = word[0][::-1] if word else ""
    slot = slot_at(text[: len(text) - len(typed)], vocabulary)
    for candidate, meta in _fitting(slot, vocabulary, names):
        if candidate.startswith(typed):
            yield Candidate(candidate, len(typed), meta)


def slot_at(text: str, vocabulary: Vocabulary) -> Slot:
    """The slot that a new word at the end of `text` would fill."""
    binder = Binder(vocabulary)
    scanned = scan(Source("", text))
    if _is_over(scanned, text):
        return Slot()
    unfinished = _UNFINISHED.match(text[::-1])
    if unfinished and unfinished[0]:  # of `a, b,` the list's slot is the one before `a`
        text = text[: len(text) - len(unfinished[0])]
        scanned = scan(Source("", text))
    statements = scanned.statements
    path: list[Statement] = []  # the last statement of each block that is open
    while statements and (not path or path[-1].block is not None):
        path.append(statements[-1])
        statements = statements[-1].block or []
        if path[-1].closed >= 0:
            break
    last = path[-1] if path else Statement()
    holders = [statement for statement in path[:-1] if statement.closed < 0]
    if last.block is not None and last.closed < 0:
        holders.append(last)
    holder = holders[-1] if holders else None
    allowed: Slot | None = None
    if holder and vocabulary.block_of(holder.tokens[0].text) is Block.SENTENCES:
        allowed, holder = _heads_inside(holders, vocabulary), None
    end = max([last.closed, *(token.end for token in last.tokens)], default=0)
    rest = text[end:].replace("\\\n", "")
    begins = last is holder or last.block is not None or ";" in rest or "\n" in rest or not last.tokens
    # A block's sentences go on with the sentence that holds it, so they are read as one.
    starts = [holder.tokens[0].start, holder.tokens[-1].end] if holder else [end, end]
    inner = "" if begins else text[last.tokens[0].start : end]
    sentences = parse(Source("", text[starts[0] : starts[1]] + " " + inner)).sentences
    if not sentences:
        return Slot() if inner else allowed or binder.next_slot(None)
    return replace(binder.next_slot(sentences[-1]), inside=_qualifier(holders, vocabulary))


def _qualifier(holders: Sequence[Statement], vocabulary: Vocabulary) -> str:
    """The name that stands in front of those in the blocks that are open; empty when none does."""
    for holder in reversed(holders):
        kind = vocabulary.kinds.get(holder.tokens[0].text)
        if kind and kind.qualifies and len(holder.tokens) > 1:
            return holder.tokens[1].text
    return ""


def _heads_inside(holders: Sequence[Statement], vocabulary: Vocabulary) -> Slot | None:
    """What a sentence in blocks can begin with; None: with any head, as in a loop that stands in no other block."""
    heads = [holder.tokens[0].text for holder in reversed(holders)]
    schema = next((vocabulary.schema(head) for head in heads if head not in CONTROL), None)
    if schema is None:
        return None
    return Slot(tuple(dict.fromkeys((*vocabulary.heads_inside(schema), "let", "for"))))


def _is_over(scanned: Scanned, text: str) -> bool:
    """Whether a text ends in a comment, in a string that is open, or in a sentence that makes no sense any more."""
    comment = scanned.comments[-1].start if scanned.comments else len(text)
    spoilt = [p.span.end for p in scanned.problems if p.code in ("E001", "E002") and p.span]
    rest = text[spoilt[-1] :] if spoilt else "\n"
    return (comment < len(text) and "\n" not in text[comment:]) or not ("\n" in rest or ";" in rest)


def _fitting(slot: Slot, vocabulary: Vocabulary, names: Names) -> Iterator[tuple[str, str]]:
    for keyword in slot.keywords:
        yield keyword, _meaning(keyword, slot, vocabulary)
    if slot.type is None:
        return
    for choice in slot.type.words():
        yield choice, slot.type.what
    ref = slot.type.ref
    if ref == "kind":
        for kind in vocabulary.held():
            yield kind.name, "kind"
    elif ref == "kinds":
        for kind in vocabulary.kinds.values():
            if kind.scope is not Scope.SCRIPT:
                yield kind.plural, kind.help
    elif ref == "object":
        for kind_name, known in names.items():
            for name in known:
                yield name, kind_name
    else:
        known_as = {kind: _names_of(kind, slot, vocabulary, names) for kind in slot.type.kinds}
        for kind_name, known in known_as.items():
            others = {name for other, them in known_as.items() if other != kind_name for name in them}
            for name in known:
                yield (f"{kind_name}:{name}" if name in others else name), kind_name
    if slot.attribute and slot.attribute.clearable and not slot.attribute.required:
        yield "none", "clear it"


def _names_of(kind: str, slot: Slot, vocabulary: Vocabulary, names: Names) -> Sequence[str]:
    """The names of a kind as they are said at this place: in a block, without the name that it puts in front."""
    known = names.get(kind, ())
    if not (isinstance(slot.type, Name) and slot.type.qualified and slot.inside):
        return known
    subject = vocabulary.kinds[kind].subject if kind in vocabulary.kinds else None
    if isinstance(subject, Name) and subject.qualified:
        return [name.removeprefix(f"{slot.inside}/") for name in known if "/" in name]
    return [f"{kind}:{name}" for name in known] if slot.type.refs else known


def _meaning(keyword: str, slot: Slot, vocabulary: Vocabulary) -> str:
    if slot.schema is None:
        head = vocabulary.schema(keyword)
        return head.help if head else ""
    for form in slot.schema.forms:
        if keyword in form.words:
            return form.help
    for schema in (*slot.schema.parts, slot.schema):
        attribute = schema.attribute(keyword)
        if attribute:
            return attribute.help
        if schema.name == keyword:
            return schema.help
    return ""
