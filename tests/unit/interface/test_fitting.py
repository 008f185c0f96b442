"""Tables that fit: shortened, then fewer columns, and what is hidden is said; wide characters counted right."""

from __future__ import annotations

import pytest

from vnetsh.interface.fitting import cut, padded, table, width_of
from vnetsh.interface.render import Style

PLAIN = Style.plain()
ROWS = [
    {"name": "web1", "host": "kvm1", "long": "x" * 30, "more": "y" * 30, "state": "running"},
    {"name": "größer 大", "host": "kvm2", "long": "", "more": "y", "state": "stopped"},
]


@pytest.mark.parametrize("width", range(20, 130, 7))
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(width_of, table(ROWS, PLAIN, width).splitlines())) <= max(width, 22)


def test_nothing_is_cut_off_a_terminal() -> None:
    shown = table(ROWS, PLAIN)
    assert "x" * 30 in shown
    assert "…" not in shown


def test_columns_are_shortened_first() -> None:
    shown = table(ROWS, PLAIN, 60)
    assert "MORE" in shown
    assert "xxx…" in shown
    assert "hidden" not in shown


def test_the_least_important_go_then_and_the_state_stays() -> None:
    shown = table(ROWS, PLAIN, 34)
    assert "STATE" in shown.splitlines()[0]
    assert "MORE" not in shown
    assert shown.splitlines()[-1].startswith("1 column hidden: widen, or -o js")


def test_what_was_asked_for_is_there_however_narrow_it_is() -> None:
    shown = table(ROWS, PLAIN, 20, all=True)
    assert "more   " + "y" * 30 in shown
    assert "hidden" not in shown


def test_columns_line_up_with_wide_characters() -> None:
    _, web1, wide = table([{"name": r["name"], "state": r["state"]} for r in ROWS], PLAIN, 40).splitlines()
    assert width_of(web1[: web1.index("running")]) == width_of(wide[: wide.index("stopped")])


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("kvm1", 4, "kvm1"),
        ("kvm12", 4, "kvm…"),
        ("大大大", 4, "大…"),
        ("a", 0, ""),
        ("e\u0301x", 2, "e\u0301x"),
    ],
)
def test_a_text_is_cut_by_columns(text: str, width: int, shown: str) -> None:
    assert cut(text, width) == shown


def test_padding_counts_columns() -> None:
    assert padded("大", 4) == "大  "
