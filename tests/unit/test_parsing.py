"""Statements into sentences, by the grammar; each problem at its place."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from vnetsh import parsing
from vnetsh.diagnostics import Source
from vnetsh.parsing import Parsed, grammar, parse
from vnetsh.syntax import Item, Link, Sentence, Word, WordList


def parsed(text: str) -> Parsed:
    return parse(Source("t", text))


def shown(item: Item) -> object:
    if isinstance(item, Word):
        return item.text
    if isinstance(item, WordList):
        return [word.text for word in item.words]
    return (item.left.text, "->" if item.arrow else "<->", item.right.text)


def only(text: str) -> Sentence:
    found = parsed(text)
    assert not found.problems
    (sentence,) = found.sentences
    return sentence


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("a", []),
        ("a b", ["b"]),
        ("a b, c", [["b", "c"]]),
        ("a b,c , d e", [["b", "c", "d"], "e"]),
        ("a b<->c", [("b", "<->", "c")]),
        ("a b <-> c d", [("b", "<->", "c"), "d"]),
        ("a b -> c", [("b", "->", "c")]),
        ('a "b c", d', [["b c", "d"]]),
        ('a "b"<->"c"', [("b", "<->", "c")]),
        ("a b c, d e<->f g->h", ["b", ["c", "d"], ("e", "<->", "f"), ("g", "->", "h")]),
        ("a b- c", ["b-", "c"]),
        ("a b--c", ["b--c"]),
        ("a 52:54:00:12:34:56 2001:db8::1 ssh://h/x?y=z", ["52:54:00:12:34:56", "2001:db8::1", "ssh://h/x?y=z"]),
        ("a kvm[1-4] web${n}x ${n} $n", ["kvm[1-4]", "web${n}x", "${n}", "$n"]),
        (r'a "b \" c" "\\" "\n"', ['b " c', "\\", "n"]),
        ("a \u00e9t\u00e9", ["\u00e9t\u00e9"]),
    ],
)  # fmt: skip
def test_items(text: str, items: list[object]) -> None:
    sentence = only(text)
    assert sentence.head.text == "a"
    assert [shown(item) for item in sentence.items] == items


def test_places() -> None:
    text = '  a b , "c d" \\\n e<->f { g h }'
    sentence = only(text)
    listed, link = sentence.items
    assert isinstance(listed, WordList)
    assert isinstance(link, Link)
    inner = sentence.block
    assert inner is not None

    def said(thing: Item | Sentence) -> str:
        return text[thing.span.start : thing.span.end]

    assert said(sentence) == 'a b , "c d" \\\n e<->f'
    assert said(sentence.head) == "a"
    assert (said(listed), [said(word) for word in listed.words]) == ('b , "c d"', ["b", '"c d"'])
    assert (said(link), said(link.left), said(link.right)) == ("e<->f", "e", "f")
    assert [said(one) for one in inner] == ["g h"]


def test_quotes_are_remembered() -> None:
    """`"none"` is a text and not what clears a value."""
    plain, quoted = only('a none "none"').items
    assert isinstance(plain, Word)
    assert isinstance(quoted, Word)
    assert (plain.text, plain.quoted) == ("none", False)
    assert (quoted.text, quoted.quoted) == ("none", True)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a b,, c", "E001", ","),
        ("a , b", "E001", ","),
        (", b", "E001", ","),
        ("a b,", "E003", ","),
        ("a b<->", "E003", "<->"),
        ("a b->", "E003", "->"),
        ("a <-> b", "E001", "<->"),
        ("a b<->c<->d", "E001", "<->"),
        ("a b<->c->d", "E001", "->"),
        ("a b, c<->d", "E001", "<->"),
        ("a b<->c, d", "E001", ","),
        ("<-> b", "E001", "<->"),
        ('"a" b', "E001", '"a"'),
        ("a b<-c", "E001", "<"),
        ("a b>c", "E001", ">"),
    ],
)
def test_wrong_shapes(text: str, code: str, place: str) -> None:
    found = parsed(f"x y\n{text}\nx z")
    assert len(found.sentences) == 2
    (problem,) = found.problems
    assert problem.span
    assert (problem.code, found.source.text[problem.span.start : problem.span.end]) == (code, place)
    assert problem.help


def test_problems_come_in_the_order_of_their_places() -> None:
    found = parsed("a &\nb,\nc {\nd,,e\n'x\n}\n}\nf \"g")
    starts = [problem.span.start for problem in found.problems if problem.span]
    assert len(starts) == 6
    assert starts == sorted(starts)


def test_a_wrong_sentence_with_a_block_still_has_its_inner_problems_told() -> None:
    found = parsed("for i in,, 1 {\n b,,c\n}")
    assert [problem.code for problem in found.problems] == ["E001", "E001"]
    assert found.sentences == ()


def test_the_cache_is_in_a_folder_of_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is unpickled: nobody else may write there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fresh = grammar.__wrapped__()
    folder = tmp_path / "vnetsh"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / "grammar.lark-cache").is_file()
    again = grammar.__wrapped__()  # from the cache
    assert [str(rule) for rule in fresh.rules] == [str(rule) for rule in again.rules]


def test_without_a_folder_for_the_cache_it_works_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert grammar.__wrapped__().parse_interactive("") is not None


def test_a_shape_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsing._shape.cache_clear()
    parsed("bridge a on b, c\n" * 50 + "vm x on y, z\n")
    info = parsing._shape.cache_info()
    assert (info.misses, info.hits) == (1, 50)
