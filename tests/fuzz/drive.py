#!/usr/bin/env python
"""The coverage-guided fuzzer; `scripts/fuzz` runs it."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["vnetsh"]):
    from examining import examine_bytes

    from vnetsh.language import expanding, ranges
    from vnetsh.registry import load_plugins
    from vnetsh.session import Session


def dictionary_text() -> str:
    """The language's words as libFuzzer wants them: quoted, with escapes."""
    from generating import dictionary

    words = sorted(set(dictionary(load_plugins().vocabulary)))
    escaped = ["".join(f"\\x{byte:02X}" for byte in word.encode()) for word in words]
    return "".join(f'"{word}"\n' for word in escaped)


def absolute(argument: str) -> str:
    """An argument that still names its file in another folder."""
    option, equals, value = argument.partition("=")
    if option in ("-artifact_prefix", "-dict"):
        return f"{option}{equals}{Path(value).resolve()}{'/' if value.endswith('/') else ''}"
    return str(Path(argument).resolve()) if Path(argument).exists() else argument


def main() -> None:
    """Run until the time is over or a text breaks something."""
    if sys.argv[1:] == ["--dictionary"]:
        sys.stdout.write(dictionary_text())
        return
    arguments = [absolute(argument) for argument in sys.argv]
    # Loops and ranges that come to an end sooner reach the same code, more often.
    expanding.MOST_SENTENCES, expanding.MOST_WORDS, ranges.MOST_VALUES = 300, 3000, 50
    # A folder where a script includes nothing by chance.
    plugins = load_plugins()
    with (
        tempfile.TemporaryDirectory() as empty,
        Session(plugins, plugins.worlds["demo"].hosts("3")) as session,
    ):
        os.chdir(empty)
        atheris.Setup(arguments, lambda data: examine_bytes(data, session))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
