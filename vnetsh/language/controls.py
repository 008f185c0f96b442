"""`let`, `for` and `include`: what these sentences must look like, and what is said when they do not. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from vnetsh.diagnostics import Diagnostic, Source, Span, Via
from vnetsh.language.ranges import Refused
from vnetsh.language.syntax import Item, Link, Sentence, Word
from vnetsh.schema import CONTROL

NAME = re.compile(r"[A-Za-z_]\w*\Z")
"""The name of a variable."""


def let(sentence: Sentence) -> tuple[Word, Item]:
    """The variable of a `let`, and what it is to stand for. Raises `Refused`."""
    no_block(sentence)
    name, *values = sentence.items or (None,)
    if len(values) == 2 and isinstance(values[0], Word) and values[0].text == "=":
        raise Refused(_no_equals(values[0].span, f"let {_written(name)} {_written(values[1])}"))
    if isinstance(name, Word) and "=" in name.text and not values:
        raise Refused(_no_equals(name.span, f"let {name.text.replace('=', ' ', 1)}"))
    if not isinstance(name, Word) or len(values) != 1 or isinstance(values[0], Link):
        raise Refused(malformed(sentence))
    _see_name(name)
    return name, values[0]


def loop(sentence: Sentence) -> tuple[Word, Item, Sequence[Sentence]]:
    """The variable of a `for`, what it runs over, and the sentences of a round. Raises `Refused`."""
    items = sentence.items
    keyword = items[1] if len(items) > 1 else None
    if len(items) != 3 or not isinstance(items[0], Word) or isinstance(items[2], Link):
        raise Refused(malformed(sentence))
    if not isinstance(keyword, Word) or keyword.text != "in":
        raise Refused(malformed(sentence))
    if sentence.block is None:
        example = f"for example `{CONTROL['for'].example}`"
        raise Refused(Diagnostic("E117", "a `for` without its block", sentence.span, help=example))
    _see_name(items[0])
    return items[0], items[2], sentence.block


def included(sentence: Sentence, via: Via | None, *, in_block: bool) -> Item:
    """The file of an `include`. Raises `Refused`."""
    no_block(sentence)
    if via or in_block:
        raise Refused(
            Diagnostic(
                "E117",
                "`include` stands in a block",
                sentence.span.through(via),
                help="each file is read once: take it out of the block",
            )
        )
    if len(sentence.items) != 1:
        raise Refused(malformed(sentence))
    return sentence.items[0]


def file_of(source: Source) -> Path | None:
    """The file that a source is; None for `-c`, standard input and what the shell reads."""
    return None if source.name.startswith("<") else Path(source.name).resolve()


def located(word: Word) -> Path:
    """The file that an `include` names, from where it stands. Raises `Refused`."""
    base = file_of(word.span.source)
    try:
        path = ((base.parent if base else Path()) / word.text).resolve()
        special = path.exists() and not path.is_file()  # of a device there might be no end
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle; characters that no name has
        raise Refused(cannot_include(f"cannot read {word.text}", word.span)) from error
    if special:
        raise Refused(cannot_include(f"{word.text} is not a file", word.span))
    return path


def cannot_include(message: str, span: Span, help: str = "") -> Diagnostic:
    """The problem of a file that cannot be read."""
    return Diagnostic("E114", message, span, help=help or "its path is relative to this file")


def malformed(sentence: Sentence) -> Diagnostic:
    """The problem of a sentence that has other parts than it must have."""
    schema = CONTROL[sentence.head.text]
    return Diagnostic(
        "E117", f"this is no `{schema.name}`", sentence.span, help=f"for example `{schema.example}`"
    )


def no_block(sentence: Sentence) -> None:
    """Refuse a block. Raises `Refused`."""
    if sentence.block is not None:
        message = f"`{sentence.head.text}` takes no block"
        raise Refused(Diagnostic("E118", message, sentence.span, help="take the braces out"))


def _see_name(name: Word) -> None:
    if not NAME.match(name.text):
        raise Refused(
            Diagnostic(
                "E117",
                f"`{name.text}` cannot be a variable's name",
                name.span,
                help="letters, digits and `_`, not beginning with a digit; without `$` where it gets its value",
            )
        )


def _no_equals(span: Span, example: str) -> Diagnostic:
    return Diagnostic("E117", "there is no `=` in a `let`", span, help=f"say `{example}`")


def _written(item: Item | None) -> str:
    return item.span.source.text[item.span.start : item.span.end] if item else ""
