"""The entry points of what is installed, read from the distributions' files.

`importlib.metadata` finds the same, and then what is in no folder too; importing it takes longer than importing
all of vnetsh's own plugins. (Format: https://packaging.python.org/specifications/entry-points/)
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path


@dataclass(frozen=True)
class EntryPoint:
    """A name in a group, the object that it stands for (`module:attribute`), and whose it is."""

    name: str
    value: str
    distribution: str = ""

    @property
    def owner(self) -> str:
        """How messages speak of it."""
        return f"{self.name} (of {self.distribution})" if self.distribution else self.name

    def load(self) -> object:
        """Import the object. Raises whatever its module raises."""
        module, _, attributes = self.value.partition("[")[0].strip().partition(":")
        found: object = import_module(module.strip())
        for attribute in attributes.strip().split(".") if attributes else ():
            found = getattr(found, attribute)
        return found


def entry_points(group: str) -> list[EntryPoint]:
    """Those of a group, in the order of `sys.path`; of a distribution that is there twice, the first's."""
    seen: set[str] = set()
    found: list[EntryPoint] = []
    for distribution, file in _files():
        if distribution not in seen:
            seen.add(distribution)
            with suppress(OSError, UnicodeDecodeError):
                lines = file.read_text(encoding="utf-8").splitlines()
                found += [EntryPoint(name, value, distribution) for name, value in _of(group, lines)]
    return found


def _files() -> Iterator[tuple[str, Path]]:
    """The distributions' names, and where their entry points would stand."""
    for folder in dict.fromkeys(sys.path):
        with suppress(OSError):
            for path in Path(folder).iterdir():
                if path.suffix in (".dist-info", ".egg-info"):
                    name = re.sub(r"[-_.]+", "-", path.stem.partition("-")[0]).lower()
                    yield name, path / "entry_points.txt"


def _of(group: str, lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    inside = False
    for line in map(str.strip, lines):
        if line.startswith("["):
            inside = line == f"[{group}]"
        elif inside and "=" in line and line[0] not in "#;":
            name, _, value = line.partition("=")
            yield name.strip(), value.strip()
