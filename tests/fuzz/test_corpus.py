"""What the fuzzer found worth keeping, and what it broke: replayed."""

from __future__ import annotations

from pathlib import Path

import pytest
from examining import examine_bytes

from vnetsh.session import Session

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
BROKEN = sorted((Path(__file__).parent / "broken").iterdir())


def test_there_is_a_corpus() -> None:
    assert 50 <= len(CORPUS) <= 200
    assert sum(path.stat().st_size for path in CORPUS) < 100_000


def test_corpus(demo: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in CORPUS:
        examine_bytes(path.read_bytes(), demo)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_what_was_broken_once(
    path: Path, demo: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    examine_bytes(path.read_bytes(), demo)
