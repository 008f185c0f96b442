"""Where the cursor is at the end of a text: in which blocks, in which sentence, in which slot of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vnetsh.diagnostics import Source
from vnetsh.language.binding import Binder, Slot
from vnetsh.language.parsing import parse
from vnetsh.language.scanning import Scanned, Statement, scan
from vnetsh.schema import CONTROL, Block, Vocabulary

# Matched from a text's end backwards: a search forwards would try every place before it.
_GAP = r"(?:[ \t]|\n\r?[ \t]*\\)*"
_UNFINISHED = re.compile(rf"(?:{_GAP}(?:,|>-<|-<|<|>-){_GAP}(?:\"[^\"\n]*\"|[^\s,;<>\"]+))*")


@dataclass(frozen=True)
class _Cursor:
    """The blocks that are open at the end of a text (`holders`, the innermost last), and its last statement."""

    text: str
    last: Statement
    holders: Sequence[Statement]

    @property
    def end(self) -> int:
        """Where the last statement ends."""
        return max([self.last.closed, *(token.end for token in self.last.tokens)], default=0)

    def begins(self, holder: Statement | None) -> bool:
        """Whether another sentence begins here: after a line's end, a `;` or a brace."""
        rest = self.text[self.end :].replace("\\\n", "")
        over = ";" in rest or "\n" in rest or not self.last.tokens
        return over or self.last is holder or self.last.block is not None


def open_string(text: str) -> str:
    """The text in quotes that a text ends in and that is not closed yet, with its quote; empty without one."""
    if '"' not in text.rpartition("\n")[2]:
        return ""
    spans = [p.span for p in scan(Source("", text)).problems if p.code == "E002" and p.span]
    return text[spans[-1].start :] if spans and "\n" not in text[spans[-1].start :] else ""


def slot_at(text: str, vocabulary: Vocabulary) -> Slot:
    """The slot that a new word at the end of `text` would fill."""
    scanned = scan(Source("", text))
    if _is_over(scanned, text):
        return Slot()
    unfinished = _UNFINISHED.match(text[::-1])
    if unfinished and unfinished[0]:  # of `a, b,` the list's slot is the one before `a`
        text = text[: len(text) - len(unfinished[0])]
        scanned = scan(Source("", text))
    return _slot(_cursor(text, scanned.statements), vocabulary)


def _cursor(text: str, statements: Sequence[Statement]) -> _Cursor:
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
    return _Cursor(text, last, holders)


def _slot(cursor: _Cursor, vocabulary: Vocabulary) -> Slot:
    binder, holder = Binder(vocabulary), cursor.holders[-1] if cursor.holders else None
    allowed: Slot | None = None
    if holder and vocabulary.block_of(holder.tokens[0].text) is Block.SENTENCES:
        allowed, holder = _heads_inside(cursor.holders, vocabulary), None
    # A block's parts go on with the sentence that holds it, so they are read as one.
    outer = cursor.text[holder.tokens[0].start : holder.tokens[-1].end] if holder else ""
    inner = "" if cursor.begins(holder) else cursor.text[cursor.last.tokens[0].start : cursor.end]
    sentences = parse(Source("", f"{outer} {inner} ")).sentences
    if not sentences:
        return Slot() if inner else allowed or binder.next_slot(None)
    return replace(binder.next_slot(sentences[-1]), inside=_qualifier(cursor.holders, vocabulary))


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
