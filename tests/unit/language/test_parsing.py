"""Statements into sentences, by the grammar; each problem at its place."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vnetsh.diagnostics import Source
from vnetsh.language import sentence_shapes as shapes
from vnetsh.language.parsing import Parsed, parse
from vnetsh.language.sentence_shapes import grammar
from vnetsh.language.syntax import Item, Link, Sentence, Word, WordList


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
    shapes.shape.cache_clear()
    parsed("bridge a on b, c\n" * 50 + "vm x on y, z\n")
    info = shapes.shape.cache_info()
    assert (info.misses, info.hits) == (1, 50)


@pytest.fixture
def new_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Forgets what this process knows of the grammar; the cache folder is the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    caches = (shapes._memory, shapes.terminals, shapes.shape, shapes.grammar)

    def forget() -> None:
        for known in caches:
            known.cache_clear()

    forget()
    yield forget
    forget()


TEXT = 'bridge a on b, c\ntunnel t a<->b mtu "1400"\nmove a -> b\nfor a, , b\na'


def test_what_lark_said_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_process: Callable[[], None]
) -> None:
    first = parsed(TEXT)
    new_process()
    monkeypatch.setattr(shapes, "grammar", None)  # whoever asks Lark fails
    assert parsed(TEXT) == first
    with pytest.raises(TypeError):
        parsed("a, b, c, d, e")


@pytest.mark.parametrize(
    "spoilt",
    [
        "",
        "[]",
        '{"grammar": 7}',
        json.dumps({"grammar": shapes._text(), "terminals": 1, "shapes": {}}),
        json.dumps({"grammar": shapes._text(), "terminals": {}, "shapes": {"W": 5, "WWWWCW": [["x"], []]}}),
        json.dumps({"grammar": "another", "terminals": {"WORD": "x"}, "shapes": {"WWWWCW": [[], 0]}}),
    ],
)
def test_a_spoilt_memory_is_none(tmp_path: Path, new_process: Callable[[], None], spoilt: str) -> None:
    expected = parsed(TEXT)
    memory = tmp_path / "vnetsh" / "shapes.json"
    memory.write_text(spoilt)
    new_process()
    assert parsed(TEXT) == expected
    assert json.loads(memory.read_text())["shapes"]["WWWWCW"]


def test_without_room_for_its_memory_it_works_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_process: Callable[[], None]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert not parsed("bridge a on b, c").problems


def test_its_memory_is_bounded(tmp_path: Path, new_process: Callable[[], None]) -> None:
    parsed("\n".join("a " * n for n in range(1, 150)))
    parsed("\n".join(f"a{' b' * n}{' b, c' * m}" for n in range(50) for m in range(1, 50)))
    kept = json.loads((tmp_path / "vnetsh" / "shapes.json").read_text())["shapes"]
    assert len(kept) == 1000
    assert max(map(len, kept)) <= 100
