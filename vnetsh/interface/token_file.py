"""A file with a token, which is nobody's but its owner's."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from vnetsh.errors import UsageError

SHORTEST = 16
"""Characters of a token, at least: nobody tries out that many."""


def token_in(path: str) -> str:
    """The token in a file. Raises `UsageError`."""
    try:
        with Path(path).expanduser().open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            token = file.read(4096).strip() if stat.S_ISREG(mode) else ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot read {path}: {getattr(error, 'strerror', None) or 'it is no text'}"
        ) from error
    if len(token) < SHORTEST or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            f"{path} has no token: one word of {SHORTEST} letters and digits, or more",
            help="`(umask 077; openssl rand -hex 24 > web-token)` makes a file with one",
        )
    if mode & 0o077:
        raise UsageError(f"{path} can be read by others", help=f"`chmod 600 {path}`")
    return token
