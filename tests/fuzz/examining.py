"""All that must hold of any text whatsoever: what the properties, the corpus and the fuzzer call."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable

from vnetsh.diagnostics import Diagnostic, ProblemsFound, Source, Span
from vnetsh.interface import render
from vnetsh.language.completion import candidates
from vnetsh.language.formatting import formatted
from vnetsh.language.parsing import Parsed, parse
from vnetsh.language.scanning import unfinished
from vnetsh.language.syntax import Item, Link, Sentence, Word
from vnetsh.script.script import Script
from vnetsh.session import Session

NAMES = {"host": ["kvm1", "kvm2"], "bridge": ["vswitch01"], "vm": ["cirros01"], "port": ["p1"]}
PLAIN = render.Style.__new__(render.Style)
PLAIN.on = False


def examine(text: str, session: Session, cursors: Iterable[int]) -> Script | None:
    """Check, format and complete a text; the script, when it is one. Raises `AssertionError`."""
    source = Source("<fuzz>", text)
    script = None
    problems: tuple[Diagnostic, ...] = ()
    try:
        script = session.check(source)
    except ProblemsFound as found:
        problems = found.problems
    assert bool(problems) is (script is None)
    for problem in problems:
        tell(problem)
    if script and len(script.sentences) < 100:
        again = session.check(Source("<again>", script.text))
        assert list(map(_plain, again.sentences)) == list(map(_plain, script.sentences))
    assert_canonical(source)
    for cursor in cursors:
        for candidate in candidates(text[:cursor], session.vocabulary, NAMES):
            assert 0 <= candidate.replaces <= cursor
    unfinished(text)
    return script


def examine_bytes(data: bytes, session: Session) -> None:
    """Examine what a file holds, with the cursor at its end and at two places inside."""
    text = data.decode("utf-8", "replace")
    inside = zlib.crc32(data)
    examine(text, session, {len(text), inside % (len(text) + 1), inside // 7 % (len(text) + 1)})


def tell(problem: Diagnostic) -> None:
    """Say a problem in every form there is, and see that its places are in its source."""
    assert problem.code
    assert problem.message
    render.diagnostics_text([problem], PLAIN)
    json.dumps(problem.as_json())
    if problem.span:
        inside(problem.span)
        for via in problem.span.chain():
            inside(via.span)


def inside(span: Span) -> None:
    """A span lies in its source."""
    assert 0 <= span.start <= span.end <= len(span.source.text)


def assert_canonical(source: Source) -> None:
    """What can be read has one form, which means the same."""
    before = parse(source)
    try:
        text = formatted(source)
    except ProblemsFound:
        assert before.problems
        return
    assert not before.problems
    after = parse(Source(source.name, text))
    assert not after.problems
    assert tree(after) == tree(before)
    assert [comment.text for comment in after.comments] == [comment.text for comment in before.comments]
    assert formatted(Source(source.name, text)) == text


def tree(parsed: Parsed) -> object:
    """A syntax tree without its places."""
    return [_sentence(sentence) for sentence in parsed.sentences]


def _sentence(sentence: Sentence) -> object:
    block = None if sentence.block is None else [_sentence(inner) for inner in sentence.block]
    return (_item(sentence.head), [_item(item) for item in sentence.items], block)


def _item(item: Item) -> object:
    if isinstance(item, Word):
        return (item.text, item.quoted)
    if isinstance(item, Link):
        return (_item(item.left), item.arrow, _item(item.right))
    return [_item(word) for word in item.words]


def _plain(sentence: Sentence) -> object:
    """A plain sentence without its places and quotes."""
    inner = [_plain(one) for one in sentence.block or ()]
    return [*(_words(item) for item in (sentence.head, *sentence.items)), inner]


def _words(item: Item) -> object:
    if isinstance(item, Word):
        return item.text
    if isinstance(item, Link):
        return (item.left.text, item.arrow, item.right.text)
    words = [word.text for word in item.words]
    return words if len(words) > 1 else words[0]  # a list of one is the word
