"""Secrets in files of this machine: read when they are given to hosts, and kept nowhere."""

from __future__ import annotations

from pathlib import Path

from vnetsh.errors import BackendRefused

_ONE_LINE = "a file of this machine, as seen from the folder where vnetsh was started, with the secret as its only line"
_LONGEST = 4096
"""Bytes that a secret has at most."""


def read(file: str) -> str:
    """The secret in a file. Raises `BackendRefused`."""
    path = Path(file).expanduser()
    try:
        if path.exists() and not path.is_file():  # one that does not end, maybe
            raise BackendRefused(f"the secret in `{file}` cannot be read: it is no file", help=_ONE_LINE)
        with path.open() as opened:
            value = opened.read(_LONGEST + 1).rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BackendRefused(f"the secret in `{file}` cannot be read: {why}", help=_ONE_LINE) from error
    if not value or "\n" in value or "\0" in value or len(value.encode()) > _LONGEST:
        raise BackendRefused(f"`{file}` has no secret, or more than one line", help=_ONE_LINE)
    return value
