from __future__ import annotations

import pytest

from vnetsh.schema import PORT, Address, BadValue, Choice, Integer, Mac, Name, Size, ValueType


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        (Size(), "512M", 512 * 2**20),
        (Size(), "2g", 2 * 2**30),
        (Size(), "512", 512 * 2**20),
        (Size(), "1GiB", 2**30),
        (Integer(least=1, most=4094), "4094", 4094),
        (Address(), "2001:DB8::1", "2001:db8::1"),
        (Mac(), "52-54-00-AB-cd-ef", "52:54:00:ab:cd:ef"),
        (Name(), "a.b-c_d", "a.b-c_d"),
        (PORT, "x" * 15, "x" * 15),
    ],
)
def test_good(type: ValueType, text: str, value: object) -> None:
    assert type.parse(text) == value


@pytest.mark.parametrize(
    ("type", "text"),
    [
        (Size(), "0"),
        (Size(), "1.5G"),
        (Size(), "M"),
        (Integer(least=1, most=4094), "0"),
        (Integer(), "9" * 30),
        (Integer(), "١"),
        (Address(), "192.0.2.256"),
        (Mac(), "01:00:5e:00:00:01"),
        (Name(), "a-"),
        (Name(), "-a"),
        (Name(), "a b"),
        (Name(), ""),
        (Name(), "ä"),
        (PORT, "x" * 16),
        (Choice(choices=("a", "b")), "c"),
    ],
)
def test_bad(type: ValueType, text: str) -> None:
    with pytest.raises(BadValue):
        type.parse(text)


@pytest.mark.parametrize("text", ["512M", "2G", "3T", "7K"])
def test_a_size_is_shown_as_it_is_said(text: str) -> None:
    assert Size().show(Size().parse(text)) == text
