"""A source into sentences, by the grammar in `grammar/vnet.lark`; all problems of a source at once."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic, Source, Span
from vnetsh.splitting import blanked, split
from vnetsh.syntax import Item, Link, Sentence, Word, WordList

if TYPE_CHECKING:
    from lark import Lark, Token, Tree


@dataclass(frozen=True)
class Parsed:
    """The sentences of a source that could be read, and the problems of the others."""

    source: Source
    sentences: tuple[Sentence, ...]
    problems: tuple[Diagnostic, ...]


@cache
def grammar() -> Lark:
    """The parser, from its cache where there is one.

    The cache is unpickled, so it lives in a folder that only the user can write.
    """
    from lark import Lark

    text = resources.files("vnetsh.grammar").joinpath("vnet.lark").read_text()
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vnetsh"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        owned = folder.stat().st_uid == os.geteuid()
        cache_file: str | bool = str(folder / "grammar.lark-cache") if owned else False
    except OSError:
        cache_file = False
    return Lark(text, parser="lalr", lexer="contextual", propagate_positions=True, cache=cache_file)


def parse(source: Source) -> Parsed:
    """Read every statement of a source by itself."""
    sentences: list[Sentence] = []
    problems: list[Diagnostic] = []
    for span in split(source):
        found = _parse_one(span)
        if isinstance(found, Diagnostic):
            problems.append(found)
        else:
            sentences.append(found)
    return Parsed(source, tuple(sentences), tuple(problems))


def _parse_one(span: Span) -> Sentence | Diagnostic:
    from lark import UnexpectedCharacters, UnexpectedInput

    text = blanked(span)
    try:
        tree = grammar().parse(text)
    except UnexpectedCharacters as error:
        return _bad_character(span, text, error.pos_in_stream or 0)
    except UnexpectedInput as error:
        return _unexpected(span, text, error)
    return _sentence(tree.children[0], span)  # type: ignore[arg-type]


_HINTS = {
    "->": ("`->` does not join hosts", "a tunnel has two equal ends: `kvm1<->kvm2`"),
    ">": ("`>` means nothing here", "a tunnel's ends are joined by `<->`"),
    "<": ("`<` means nothing here", "a tunnel's ends are joined by `<->`"),
    "'": ("`'` does not quote", 'quote with `"`, and only values that have blanks'),
    "{": ("a block cannot stand here", "say each sentence on its own line"),
    "}": ("`}` closes nothing", "take it out"),
    "\\": ("`\\` is not at the end of its line", "it continues a line only as its last character"),
}


def _bad_character(span: Span, text: str, at: int) -> Diagnostic:
    place = Span(span.source, span.start + at, span.start + at + 1)
    char = text[at]
    if char == '"':
        place = Span(span.source, place.start, span.end)
        return Diagnostic(
            "E002", "this string does not end", place, "opened here", 'close it with `"` on the same line'
        )
    if text[at - 1 : at + 1] == "->":
        place, char = Span(span.source, place.start - 1, place.end), "->"
    message, help = _HINTS.get(
        char,
        (
            f"`{char}` cannot stand here"
            if char.isprintable()
            else f"the character U+{ord(char):04X} cannot stand here",
            "quote a value that has such characters",
        ),
    )
    return Diagnostic("E001", message, place, help=help)


def _unexpected(span: Span, text: str, error: Exception) -> Diagnostic:
    token = getattr(error, "token", None)
    if token is None or token.type == "$END":
        last = re.search(r"\S+\s*\Z", text)
        place = Span(span.source, span.start + (last.start() if last else 0), span.end)
        after = text[-1] if text.endswith(",") else "<->"
        return Diagnostic(
            "E003",
            "the sentence ends too early",
            place,
            f"nothing follows `{after}`",
            "say what comes after it",
        )
    place = Span(span.source, span.start + token.start_pos, span.start + token.end_pos)
    if token.type == "COMMA":
        help = "values are separated by blanks, hosts of a list by one comma: `on kvm1, kvm2`"
    elif token.type == "LINK":
        help = "`<->` stands between two hosts: `kvm1<->kvm2`"
    else:
        help = "a sentence begins with a word, such as `bridge` or `migrate`; quotes are for values that have blanks"
    return Diagnostic("E001", f"`{token}` cannot stand here", place, help=help)


def _sentence(tree: Tree[Token], span: Span) -> Sentence:
    head, *items = tree.children
    return Sentence(
        _word(head.children[0], span),  # type: ignore[union-attr, arg-type]
        tuple(_item(item, span) for item in items),  # type: ignore[arg-type]
        span,
    )


def _item(tree: Tree[Token], span: Span) -> Item:
    if tree.data == "value":
        return _word(tree.children[0], span)  # type: ignore[arg-type]
    words = [_word(child.children[0], span) for child in tree.children if not hasattr(child, "type")]  # type: ignore[arg-type]
    place = words[0].span.to(words[-1].span)
    if tree.data == "link":
        return Link(words[0], words[1], place)
    return WordList(tuple(words), place)


def _word(token: Token, span: Span) -> Word:
    assert token.start_pos is not None
    assert token.end_pos is not None
    place = Span(span.source, span.start + token.start_pos, span.start + token.end_pos)
    if token.type == "STRING":
        return Word(re.sub(r"\\(.)", r"\1", token[1:-1]), place, quoted=True)
    return Word(str(token), place)
