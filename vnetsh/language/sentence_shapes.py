"""What Lark makes of the grammar in `grammar/vnet.lark`: its terminals, and the tree of each shape of a sentence.

A shape is a sentence's terminals, a letter each (`WWW,WW` with C for the comma: `bridge br0 on kvm1, kvm2 …`):
sentences of the same shape have the same tree, with other words at its leaves. What Lark said of a shape is kept
in the user's cache folder: to import Lark and load its tables takes longer than all the rest of a small script.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vnetsh.errors import UsageError
from vnetsh.language.files import replace_file

if TYPE_CHECKING:
    from lark import Lark, Tree

_LETTERS = {"W": "WORD", "S": "STRING", "C": "COMMA", "L": "LINK", "A": "ARROW", "O": "ORDER"}
_FORMAT = 1  # of the file on the disk
_KEPT = 1000  # shapes on the disk, at most
_LONGEST = 100  # terminals of one that is kept


@dataclass(frozen=True)
class Shape:
    """What Lark makes of a sequence of terminals: each item's tokens by number, or where it stops.

    An item is the grammar's rule (`value`, `list`, `link`, `way`) and the numbers of its words.
    """

    items: tuple[tuple[str, tuple[int, ...]], ...] = ()
    wrong: int = -1


class _Memory:
    """What is on the disk of this grammar, as JSON; whatever is wrong with it, it is as if it were not there."""

    def __init__(self) -> None:
        folder = _folder()
        self._file = folder / "shapes.json" if folder else None
        self.terminals: dict[str, str] = {}
        self._shapes: dict[str, Any] = {}
        self._new = False
        with suppress(OSError, ValueError, TypeError, KeyError):
            found = json.loads(self._file.read_bytes()) if self._file else {}
            if (found["format"], found["grammar"]) == (_FORMAT, _text()):
                terminals, shapes = dict(found["terminals"]), dict(found["shapes"])
                self.terminals, self._shapes = terminals, shapes

    def shape(self, terminals: str) -> Shape | None:
        """A shape that is known."""
        with suppress(ValueError, TypeError):
            items, wrong = self._shapes.get(terminals, ())
            return Shape(tuple((str(rule), tuple(map(int, numbers))) for rule, numbers in items), int(wrong))
        return None

    def add(self, terminals: str, shape: Shape) -> None:
        """Have a shape known from now on."""
        if len(terminals) <= _LONGEST and len(self._shapes) < _KEPT:
            self._shapes[terminals] = shape.items, shape.wrong
            self._new = True

    def write(self) -> None:
        """Write what is new; where that cannot be, nothing is lost but time."""
        if not self._new or self._file is None:
            return
        self._new = False
        known = {"format": _FORMAT, "grammar": _text(), "terminals": terminals(), "shapes": self._shapes}
        with suppress(UsageError):
            replace_file(self._file, json.dumps(known))


_memory = cache(_Memory)


@cache
def _text() -> str:
    return Path(import_module("vnetsh.grammar").__path__[0], "vnet.lark").read_text()


def cache_folder() -> Path:
    """The cache folder. Raises `RuntimeError` where nobody knows where the user is at home."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vnetsh"


def _folder() -> Path | None:
    """The cache folder, of mode 0700 and the user's own, for Lark unpickles its tables; else None."""
    try:
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        return folder if folder.stat().st_uid == os.geteuid() else None
    except (OSError, RuntimeError):  # nobody knows where the user is at home
        return None


@cache
def grammar() -> Lark:
    """The parser, its tables from the cache folder where they are there."""
    from lark import Lark

    folder = _folder()
    kept: str | bool = str(folder / "grammar.lark-cache") if folder else False
    return Lark(_text(), parser="lalr", lexer="contextual", maybe_placeholders=False, cache=kept)


@cache
def terminals() -> Mapping[str, str]:
    """The grammar's terminals: regular expressions by name."""
    return _memory().terminals or {
        t.name: t.pattern.to_regexp() for t in grammar().terminals if not t.name.startswith("_")
    }


@lru_cache(maxsize=4096)
def shape(terminals: str) -> Shape:
    """A shape, by the first letters of its terminals' names."""
    known = _memory().shape(terminals)
    if known is None:
        known = _parsed(terminals)
        _memory().add(terminals, known)
    return known


def keep() -> None:
    """Keep on the disk what Lark has said."""
    _memory().write()


def _parsed(terminals: str) -> Shape:
    """Let Lark parse a sentence whose words are numbers."""
    from lark import Token, UnexpectedInput

    parser = grammar().parse_interactive("")
    try:
        for number, letter in enumerate(terminals):
            at = number
            parser.feed_token(Token(_LETTERS[letter], str(number)))
        at = len(terminals)
        tree = parser.feed_eof()  # type: ignore[no-untyped-call]
    except UnexpectedInput:
        return Shape(wrong=at)
    sentence = tree.children[0]
    return Shape(tuple(_item(item) for item in sentence.children[1:]))


def _item(tree: Tree[str]) -> tuple[str, tuple[int, ...]]:
    if tree.data == "value":
        return "value", (int(str(tree.children[0])),)
    values = [child for child in tree.children if not isinstance(child, str)]
    return str(tree.data), tuple(int(str(value.children[0])) for value in values)
