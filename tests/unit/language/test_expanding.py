"""`let`, `for`, `include`, variables and ranges; and that a small script cannot stand for too much."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from vnetsh.diagnostics import Diagnostic, ProblemsFound, Source
from vnetsh.language import expanding
from vnetsh.language.expanding import Expanded, Expander, Value
from vnetsh.language.parsing import parse
from vnetsh.language.syntax import WordList, text_of
from vnetsh.schema import Block
from vnetsh.script.reading import read_included
from vnetsh.session import Session


def expanded(
    text: str,
    settings: Mapping[str, str] | None = None,
    variables: Mapping[str, Value] | None = None,
    name: str = "<t>",
) -> Expanded:
    expander = Expander(read_included, settings or {}, variables or {})
    expander.expand(parse(Source(name, text)))
    return expander.result()


def lines(text: str, settings: Mapping[str, str] | None = None) -> list[str]:
    found = expanded(text, settings)
    assert not found.problems
    return [text_of(sentence) for sentence in found.sentences]


def only_problem(text: str) -> Diagnostic:
    (problem,) = expanded(text).problems
    return problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b, c", ["a b, c"]),
        ("let n 3\na b$n ${n}4 $n", ["a b3 34 3"]),
        ("let n 3; let m ${n}0; a $m", ["a 30"]),
        ("let h k1, k2\na on $h", ["a on [k1,k2]"]),
        ("let h k1, k2\na on $h, k3", ["a on k1, k2, k3"]),
        ("let h k[1-2]\na on $h", ["a on [k1,k2]"]),
        ('let s "x y"\na $s "<$s>"', ['a "x y" "<x y>"']),
        (r'let n 1; a "\$n" "$n"', [r'a "\$n" "1"']),
        (r'let n 1; a "\\$n" "\"$n\"" "\\"', [r'a "\\1" "\"1\"" "\\"']),
        ("let n 3\na $n<->b$n", ["a 3 <-> b3"]),
        ("let v let; let for in; a $v $for", ["a let in"]),
        ("for i in 1..3 { a b$i }", ["a b1", "a b2", "a b3"]),
        ("for i in 08..10 { a $i }", ["a 08", "a 09", "a 10"]),
        ("for i in x, y { a $i }", ["a x", "a y"]),
        ("for i in k[1-2] { a $i }", ["a k1", "a k2"]),
        ("for i in x { a $i }", ["a x"]),
        ("for f in ../disks { a $f }", ["a ../disks"]),
        ("let n 2; for i in 1..$n { a $i }", ["a 1", "a 2"]),
        ("let r 1..2; for i in $r { a $i }", ["a 1", "a 2"]),
        ("for i in 1..2 { for k in $i..2 { a $i$k } }", ["a 11", "a 12", "a 22"]),
        ("let i x; for i in 1..2 { a $i }; a $i", ["a 1", "a 2", "a x"]),
        ("for i in 1..2 { let d ${i}0; a $d }", ["a 10", "a 20"]),
        ("for i in 1..2 { }", []),
        ("a on k[1-3]", ["a on [k1,k2,k3]"]),
        ("a on k[1,3-4]", ["a on [k1,k3,k4]"]),
        ("a on k[09-11]", ["a on [k09,k10,k11]"]),
        ("a on [x,y]-[1-2]", ["a on [x-1,x-2,y-1,y-2]"]),
        ("a v--[1-2]", ["a [v--1,v--2]"]),
        ("a 10.0.[1-2].0/24", ["a [10.0.1.0/24,10.0.2.0/24]"]),
        ("a [ab--y,fd00::1]", ["a [ab--y,fd00::1]"]),
        ("a on k[1-2], z", ["a on k1, k2, z"]),
        ('a "k[1-2]"', ['a "k[1-2]"']),
        ("let n 2; a on k[1-$n]", ["a on [k1,k2]"]),
        ("a b { c d; e f, g }", ["a b c d e f, g"]),
        ("let n 1; a b { c $n { d } }", ["a b c 1 d"]),
    ],
)
def test_what_a_script_stands_for(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


def test_a_list_of_one_is_a_list() -> None:
    """`kvm[3]` is a range of one word: where a list is asked for, it is one."""
    (sentence,) = expanded("a k[3]").sentences
    assert isinstance(sentence.items[0], WordList)
    assert sentence.items[0].spread


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a $x", "E110", "$x"),
        ("a ${x}", "E110", "${x}"),
        ("a x$", "E110", "x$"),
        ("a ${}", "E110", "${}"),
        ("let n 1; a $nn", "E110", "$nn"),
        ('a "$x"', "E110", '"$x"'),
        ("for i in 1..2 { a $i }; a $i", "E110", "$i"),
        ("let n 1; let n 1", "E111", "n"),
        ("a k[2-1]", "E112", "k[2-1]"),
        ("a k[]", "E112", "k[]"),
        ("a k[a-b]", "E112", "k[a-b]"),
        ("a k[1-]", "E112", "k[1-]"),
        ("a k[1--2]", "E112", "k[1--2]"),
        ("a k[1:2]", "E112", "k[1:2]"),
        ("a k[0-99999999999]", "E112", "k[0-99999999999]"),
        ("for i in 2..1 { }", "E112", "2..1"),
        ("for i in 1..x { }", "E112", "1..x"),
        ("for i in 1...3 { }", "E112", "1...3"),
        ("for i in 1.. { }", "E112", "1.."),
        (f"for i in 1..{'9' * 5000} {{ }}", "E112", "1.." + "9" * 5000),
        ("let h a, b; c d$h", "E113", "d$h"),
        ("let h a, b; c $h<->d", "E113", "$h"),
        ("a b<->k[1-2]", "E113", "k[1-2]"),
        ("let", "E117", "let"),
        ("let n", "E117", "let n"),
        ("let n 1 2", "E117", "let n 1 2"),
        ("let n a<->b", "E117", "let n a<->b"),
        ("let n = 1", "E117", "="),
        ("let n=1", "E117", "n=1"),
        ("let $n 1", "E117", "$n"),
        ("let 1n 1", "E117", "1n"),
        ("let n-m 1", "E117", "n-m"),
        ("let n 1 { }", "E118", "let n 1"),
        ("for", "E117", "for"),
        ("for i in 1..2", "E117", "for i in 1..2"),
        ("for i on 1..2 { }", "E117", "for i on 1..2"),
        ("for i in a<->b { }", "E117", "for i in a<->b"),
        ("for $i in 1..2 { }", "E117", "$i"),
        ("include", "E117", "include"),
        ("include a b", "E117", "include a b"),
        ("include a, b", "E117", "include a, b"),
        ("include nowhere.vnet", "E114", "nowhere.vnet"),
        ('include "a\0b"', "E114", '"a\0b"'),
        ('include "\ud800"', "E114", '"\ud800"'),
        (f"include {'x' * 5000}", "E114", "x" * 5000),
        ("include /dev/zero", "E114", "/dev/zero"),
        ("include x { }", "E118", "include x"),
        ("for i in 1..2 { include x }", "E117", "include x"),
        ("a b { let n 1 }", "E118", "let"),
        ("a b { for i in 1..2 { } }", "E118", "for"),
        ("let l let; $l n 1", "E117", "$l"),
        ("let l for; $l i in 1..2 { a }", "E117", "$l"),
    ],
)
def test_problems(text: str, code: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first, *more = expanded(text).problems
    assert first.span
    assert (first.code, first.span.source.text[first.span.start : first.span.end]) == (code, place)
    assert {(p.code, p.span and p.span.start) for p in more} <= {(first.code, first.span.start)}


def test_a_problem_leaves_out_its_sentence_only() -> None:
    found = expanded("a 1\nb $x\nlet n\nc 2")
    assert [text_of(sentence) for sentence in found.sentences] == ["a 1", "c 2"]
    assert [problem.code for problem in found.problems] == ["E110", "E117"]


@pytest.mark.parametrize(
    "text",
    [
        "let n 1 2; a $n; b ${n}x",
        "let n=1; a $n",
        "let n = 1; a $n",
        "let n $m; let k $n; for i in 1..$k { a $i }",
        "let n 1 { }; a $n",
        "include nowhere.vnet; a $n",
    ],
)
def test_a_problem_has_no_consequences(text: str) -> None:
    """What uses a variable whose `let` is wrong is left out without a word."""
    found = expanded(text, {"other": "1"} if "include" in text else {})
    assert len(found.problems) == 1
    assert not found.sentences


def test_what_comes_of_a_loop_says_in_which_round() -> None:
    found = expanded("for i in 1..2 {\n  for k in x, y {\n    a $i$k\n  }\n}")
    assert [[via.note for via in s.span.chain()] for s in found.sentences] == [
        [f"in this loop, k = {k}", f"in this loop, i = {i}"] for i in (1, 2) for k in "xy"
    ]
    assert {sentence.span.source.position(sentence.span.start) for sentence in found.sentences} == {(3, 5)}


# What comes from outside


def test_settings_win_over_the_script() -> None:
    assert lines("let n 3; a $n", {"n": "4"}) == ["a 4"]
    assert lines("a on $h", {"h": "k1,k2"}) == ["a on [k1,k2]"]
    assert lines("let n 3; let m ${n}x; a $m", {"n": "4"}) == ["a 4x"]


def test_a_setting_that_nothing_uses_is_a_problem() -> None:
    (problem,) = expanded("let size 1; a $size", {"sizes": "2"}).problems
    assert (problem.code, problem.span) == ("E111", None)
    assert "`size`" in problem.help


def test_variables_last_and_can_be_said_anew_in_the_shell() -> None:
    first = expanded("let n 3")
    again = expanded("a $n; let n 4; b $n", variables=first.variables)
    assert not again.problems
    assert [text_of(sentence) for sentence in again.sentences] == ["a 3", "b 4"]
    assert again.variables["n"] == "4"


def test_the_environment_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    assert only_problem("a $SECRET").code == "E110"


# Includes


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def included(folder: Path, name: str = "main.vnet") -> Expanded:
    path = folder / name
    return expanded(path.read_text(), name=str(path))


def test_a_path_is_relative_to_the_file_that_says_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.vnet": "a 1\ninclude sub/one.vnet\na 4",
            "sub/one.vnet": 'include "two.vnet"\na 3',
            "sub/two.vnet": "a 2",
        },
    )
    found = included(tmp_path)
    assert not found.problems
    assert [text_of(sentence) for sentence in found.sentences] == ["a 1", "a 2", "a 3", "a 4"]
    assert [via.note for via in found.sentences[1].span.chain()] == ["included here", "included here"]


def test_each_file_is_read_once(tmp_path: Path) -> None:
    """By whatever name it is called."""
    write(
        tmp_path,
        {
            "main.vnet": "include one.vnet\ninclude ./sub/../one.vnet\ninclude two.vnet\ninclude link.vnet",
            "one.vnet": "a 1",
            "two.vnet": "include one.vnet\na 2",
            "sub/empty.vnet": "",
        },
    )
    (tmp_path / "link.vnet").symlink_to("one.vnet")
    found = included(tmp_path)
    assert not found.problems
    assert [text_of(sentence) for sentence in found.sentences] == ["a 1", "a 2"]


def test_a_files_variables_are_the_scripts(tmp_path: Path) -> None:
    write(
        tmp_path, {"main.vnet": "include n.vnet\na $n\nlet file b.vnet\ninclude $file", "n.vnet": "let n 3"}
    )
    write(tmp_path, {"b.vnet": "b $n"})
    assert [text_of(sentence) for sentence in included(tmp_path).sentences] == ["a 3", "b 3"]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_circle_of_files(tmp_path: Path, length: int) -> None:
    names = ["main.vnet", *(f"f{number}.vnet" for number in range(1, length))]
    for name, following in zip(names, [*names[1:], names[0]], strict=True):
        write(tmp_path, {name: f"a {name}\ninclude {following}\nb {name}"})
    found = included(tmp_path)
    (problem,) = found.problems
    assert problem.span
    assert problem.code == "E115"
    assert problem.label == " → ".join([*names, names[0]])
    assert Path(problem.span.source.name).name == names[-1]
    assert len(found.sentences) == 2 * length  # all the others are there


def test_a_folder_a_link_to_itself_and_a_file_that_is_no_text(tmp_path: Path) -> None:
    write(tmp_path, {"main.vnet": "include sub\ninclude loop\ninclude bytes\ninclude pipe\na 1", "sub/x": ""})
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "bytes").write_bytes(b"a \xff\xfe")
    os.mkfifo(tmp_path / "pipe")  # nobody writes into it: to open it would take for ever
    found = included(tmp_path)
    assert [problem.code for problem in found.problems] == ["E114"] * 4
    assert [text_of(sentence) for sentence in found.sentences] == ["a 1"]


def test_problems_of_an_included_file_are_at_its_own_places(tmp_path: Path) -> None:
    write(tmp_path, {"main.vnet": "\n\ninclude one.vnet", "one.vnet": "\ufeffa ,"})
    (problem,) = included(tmp_path).problems
    assert problem.span
    assert Path(problem.span.source.name).name == "one.vnet"
    assert problem.span.source.position(problem.span.start) == (1, 3)
    assert problem.as_json()["via"] == [
        {"note": "included here", "file": str(tmp_path / "main.vnet"), "line": 3, "column": 9}
    ]


def test_files_that_include_one_another_too_deep(tmp_path: Path) -> None:
    write(tmp_path, {f"f{n}.vnet": f"include f{n + 1}.vnet\na {n}" for n in range(50)})
    found = included(tmp_path, "f0.vnet")
    (problem,) = found.problems
    assert problem.code == "E116"
    assert len(found.sentences) == expanding.DEEPEST_INCLUDE


def test_many_files_that_all_include_all(tmp_path: Path) -> None:
    """An include bomb: it would be 12! readings, and is 12."""
    everything = "\n".join(f"include f{n}.vnet" for n in range(12))
    write(tmp_path, {f"f{n}.vnet": f"{everything}\na {n}" for n in range(12)})
    found = included(tmp_path, "f0.vnet")
    assert {problem.code for problem in found.problems} == {"E115"}
    assert sorted(text_of(sentence) for sentence in found.sentences) == sorted(f"a {n}" for n in range(12))


# What is too much. Each of these stands for millions of words or more: that the test ends is a part of it.

DOUBLED = "let a0 x\n" + "".join(f"let a{n + 1} $a{n}$a{n}\n" for n in range(60))
DOUBLED_LISTS = "let a0 x, x\n" + "".join(f"let a{n + 1} $a{n}, $a{n}\n" for n in range(60))


@pytest.mark.parametrize(
    "text",
    [
        "a k[0-10000]",
        "a k[0-999999999]",
        "a k[0-99][0-99][0-99]",
        "a k[" + ",".join(["0-9999"] * 100) + "]",
        "for i in 1..10001 { }",
        "for i in 1..999999999 { }",
        "for a in 1..9999 { for b in 1..9999 { } }",
        "for a in 1..100 {for b in 1..100 {for c in 1..100 {for d in 1..100 { x }}}}",
        "for a in 1..2 {" * 20 + "x" + "}" * 20,
        "for a in 1..9999 { x " + "y " * 2000 + "}",
        "a k[1-9999] " + "y " * 2000,
        "a " + "k[1-9999] " * 2000,
        "a " + ",".join(["k[1-9999]"] * 2000),
        "a k[1-9999]" + "y" * 10_000,
        "for a in k[1-9999] { x k[1-9999] }",
        DOUBLED,
        DOUBLED_LISTS,
        "let l k[1-9999]\n" + "a $l\n" * 1000,
        "x y {" + " y k[1-9999];" * 2000 + "}",
    ],
)
def test_a_small_script_cannot_stand_for_too_much(text: str) -> None:
    found = expanded(text)
    assert found.problems[0].code == "E116"
    assert {problem.code for problem in found.problems} <= {"E116", "E110"}
    assert len(found.sentences) <= expanding.MOST_SENTENCES


def test_the_sentences_before_what_is_too_much_are_still_checked(demo: Session) -> None:
    with pytest.raises(ProblemsFound) as found:
        demo.check(Source("<t>", "nonsense\nfor a in 1..9999 { for b in 1..9999 { nonsense $a } }\nnonsense"))
    assert [problem.code for problem in found.value.problems] == ["E101", "E116"]


def test_blocks_in_blocks(demo: Session) -> None:
    with pytest.raises(ProblemsFound) as found:
        demo.check(Source("<t>", "for i in 1..1 {" * 5000 + "}" * 5000))
    assert [problem.code for problem in found.value.problems] == ["E004"]


def test_a_hundred_thousand_sentences() -> None:
    """Written out they are welcome; and one more out of a loop is not."""
    found = expanded("bridge br0 on kvm1\n" * 100_000)
    assert (len(found.sentences), found.problems) == (100_000, ())
    found = expanded("for i in 1..10000 {\n" + "x\n" * 10 + "}")
    assert [problem.code for problem in found.problems] == ["E116"]


BLOCKS = {"outer": Block.SENTENCES, "none": Block.NONE}


def in_blocks(text: str) -> Expanded:
    expander = Expander(read_included, {}, {}, lambda head: BLOCKS.get(head, Block.PARTS))
    expander.expand(parse(Source("<t>", text)))
    return expander.result()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("outer a { b c; d }", "outer a {\n    b c\n    d\n}"),
        ("outer a { for i in 1..2 { b $i } }", "outer a {\n    b 1\n    b 2\n}"),
        ("for i in 1..2 { outer $i { b $i } }", "outer 1 {\n    b 1\n}\nouter 2 {\n    b 2\n}"),
        ("outer a { let n 3; b $n }", "outer a {\n    b 3\n}"),
        ("outer a { outer b { c } }", "outer a {\n    outer b {\n        c\n    }\n}"),
        ("outer a { vm x { port y; mtu 3 } }", "outer a {\n    vm x port y mtu 3\n}"),
        ("outer a[1-2] { b }", "outer [a1,a2] {\n    b\n}"),
        ("outer a {}", "outer a {\n}"),
    ],
)
def test_the_sentences_of_a_block_stay_sentences(text: str, expected: str) -> None:
    found = in_blocks(text)
    assert not found.problems
    assert "\n".join(map(text_of, found.sentences)) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('outer a { include "x" }', "E117"),
        ("outer a { let n 3 }; b $n", "E110"),
        ("none a { b }", "E118"),
        ("vm a { outer b { c } ; for i in 1..2 { d } }", "E118"),
        ("outer a[1-10000] { b c[1-1000] }", "E116"),
    ],
)
def test_what_a_block_of_sentences_cannot_hold(text: str, code: str) -> None:
    assert [problem.code for problem in in_blocks(text).problems] == [code]
