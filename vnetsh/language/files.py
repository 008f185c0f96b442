"""Scripts as files: read with what editors do to them, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO

from vnetsh.diagnostics import Source, Span
from vnetsh.errors import UsageError

LARGEST = 16 << 20
"""Bytes of a script, at most: what has more is no script."""


def read_source(path: Path, included: Span | None = None) -> Source:
    """A script's text, without the mark that some editors put before it. Raises `UsageError`."""
    try:
        with path.open("rb") as file:
            return Source(str(path), _text(str(path), file.read(LARGEST + 1)), included)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error


def read_stream(stream: TextIO, name: str) -> Source:
    """The text of a stream that is open already. Raises `UsageError`."""
    try:
        raw = getattr(stream, "buffer", None)
        return Source(name, _text(name, raw.read(LARGEST + 1)) if raw else stream.read())
    except OSError as error:
        raise UsageError(f"cannot read {name}: {error.strerror}") from error


def _text(name: str, data: bytes) -> str:
    if len(data) > LARGEST:
        raise UsageError(
            f"{name} is longer than {LARGEST >> 20} MB", help="is it a script? Several files may be given"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is no text in UTF-8", help=f"byte {error.start} is wrong") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def replace_file(path: Path, text: str) -> None:
    """Write a file anew, or for the first time, whole or not at all; its mode stays. Raises `UsageError`.

    A link stays one: what it leads to is written. What is no file (`/dev/stdin`, a pipe) is left as it is.
    """
    said, path = path, path.resolve()
    if path.exists() and not path.is_file():
        raise UsageError(f"cannot write {said}: it is no file")
    new = path.with_name(f".{path.name}.{os.getpid()}.vnetsh")
    try:
        new.write_text(text, encoding="utf-8")
        if path.exists():
            new.chmod(path.stat().st_mode)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise UsageError(f"cannot write {said}: {error.strerror}") from error
