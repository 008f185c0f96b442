"""The colours of what is typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.lexers import Lexer

from vnetsh.language.highlighting import Role, pieces, tokens
from vnetsh.schema import Vocabulary

# The terminal's own palette: it fits dark and light backgrounds alike.
_STYLES: Mapping[Role, str] = MappingProxyType(
    {
        Role.COMMENT: "ansibrightblack italic",
        Role.OPERATOR: "bold",
        Role.BRACE: "bold",
        Role.LANGUAGE: "ansimagenta bold",
        Role.NOUN: "ansiblue bold",
        Role.VERB: "ansiblue bold",
        Role.NAME: "bold",
        Role.PART: "ansicyan bold",
        Role.KEY: "ansicyan",
        Role.CHOICE: "ansigreen",
        Role.PATH: "ansigreen",
        Role.STRING: "ansigreen",
        Role.NUMBER: "ansiyellow",
        Role.VARIABLE: "ansimagenta",
    }
)


class Shown(Processor):
    """Has what was pasted show where it hides a character: control characters the prompt spells out itself."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """The same pieces, as long, all of them to be seen."""
        return Transformation(
            [
                (
                    piece[0],
                    "".join(char if char.isprintable() or char < " " else "\ufffd" for char in piece[1]),
                )
                for piece in transformation_input.fragments
            ]
        )


class WordColours(Lexer):
    """Colours each word by its role; after one of the shell's own `before` words a sentence begins."""

    def __init__(self, vocabulary: Vocabulary, before: tuple[str, ...] = ()) -> None:
        self._vocabulary = vocabulary
        self._before = before

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """The styled pieces of each line."""
        text = document.text
        first = text.lstrip().partition(" ")[0]
        begin = text.index(first) + len(first) if first in self._before else 0
        lines: list[StyleAndTextTuples] = [[]]
        at = 0
        for token in tokens(text[begin:], self._vocabulary):
            for role, start, end in pieces(text[begin:], token):
                _add(lines, "", text[at : begin + start])
                _add(lines, _STYLES.get(role, ""), text[begin + start : begin + end])
                at = begin + end
        _add(lines, "", text[at:])
        return lambda number: lines[number] if number < len(lines) else []


def _add(lines: list[StyleAndTextTuples], style: str, text: str) -> None:
    for number, part in enumerate(text.split("\n")):
        if number:
            lines.append([])
        if part:
            lines[-1].append((style, part))
