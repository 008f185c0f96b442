"""JSON is the same with orjson and without it."""

from __future__ import annotations

import pytest

from vnetsh import quick_json


@pytest.fixture(params=["orjson", "standard library"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "orjson":
        assert quick_json._orjson is not None
    else:
        monkeypatch.setattr(quick_json, "_orjson", None)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, -2.5, True, None], "ü": "\u2028\n"}, '{"a":[1,-2.5,true,null],"ü":"\u2028\\n"}'),
        ({"op": ("a", "b")}, '{"op":["a","b"]}'),
        ("", '""'),
        (2**63 - 1, "9223372036854775807"),
    ],
)
def test_there_and_back(value: object, text: str) -> None:
    assert quick_json.dumps(value) == text.encode()
    assert quick_json.dumps(quick_json.loads(memoryview(text.encode()))) == text.encode()


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b'{"a":NaN}', b"[Infinity]", b"\xff\xfe[\0]\0", b'"\xff"', b"[" * 200_000, b"{'a': 1}"],
)
def test_what_is_no_json(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are the library's
        quick_json.loads(text)


@pytest.mark.parametrize("value", ["\ud800", {"a": object()}, {"a": b"bytes"}, {1, 2}])
def test_what_json_has_not(value: object) -> None:
    with pytest.raises(TypeError):
        quick_json.dumps(value)
