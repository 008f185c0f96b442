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

    Through a link the file that it leads to; never a device, or what somebody else has put into the way.
    """
    made: Path | None = None
    try:
        file = path.resolve()
        if file.exists() and not file.is_file():
            raise UsageError(f"cannot write {path}: it is no file")
        new = file.with_name(f".{file.name}.{os.getpid()}.vnetsh")
        with new.open("x", encoding="utf-8") as opened:
            made = new
            opened.write(text)
        if file.exists():
            new.chmod(file.stat().st_mode)
        new.replace(file)
    except (OSError, ValueError) as error:
        if made:
            made.unlink(missing_ok=True)
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot write {path}: {why}") from error
