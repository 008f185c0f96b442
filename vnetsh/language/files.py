"""Scripts as files: read with what editors do to them, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from vnetsh.diagnostics import Source, Span
from vnetsh.errors import UsageError


def read_source(path: Path, included: Span | None = None) -> Source:
    """A script's text, without the mark that some editors put before it. Raises `UsageError`."""
    try:
        return Source(str(path), path.read_text(encoding="utf-8-sig"), included)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8", help=f"byte {error.start} is wrong") from error


def replace_file(path: Path, text: str) -> None:
    """Write a file anew, or for the first time, whole or not at all; its mode stays. Raises `UsageError`."""
    new = path.with_name(f".{path.name}.{os.getpid()}.vnetsh")
    try:
        new.write_text(text, encoding="utf-8")
        if path.exists():
            new.chmod(path.stat().st_mode)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
