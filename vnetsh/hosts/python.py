"""A host's own Python, to run a program there of which nothing is left."""

from __future__ import annotations

from collections.abc import Sequence

_PYTHON = r"""
for python in python3 /usr/libexec/platform-python; do
    command -v "$python" >/dev/null 2>&1 && exec "$python" -I -S -c "$@"
done
echo 'there is no python3' >&2
exit 127
"""


def python(code: str, *words: str) -> Sequence[str]:
    """The command that runs code (3.7 or newer, its standard library only) with these words as its arguments."""
    return ["sh", "-c", _PYTHON, "sh", code, *words]
