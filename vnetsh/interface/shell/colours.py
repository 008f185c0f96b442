"""The colours of what is typed; what no place has and nothing declares is underlined."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.lexers import Lexer

from vnetsh.interface.shell.inventory import Known
from vnetsh.language.highlighting import Role, Token, pieces, tokens
from vnetsh.schema import Kind, Name, Vocabulary

# The terminal's own palette: it fits dark and light backgrounds alike.
STYLES: Mapping[str, str] = MappingProxyType(
    {
        "comment": "ansibrightblack italic",
        "operator": "bold",
        "brace": "bold",
        "language": "ansimagenta bold",
        "noun": "ansiblue bold",
        "verb": "ansiblue bold",
        "name": "bold",
        "part": "ansicyan bold",
        "key": "ansicyan",
        "choice": "ansigreen",
        "path": "ansigreen",
        "string": "ansigreen",
        "number": "ansiyellow",
        "variable": "ansimagenta",
        "unknown": "underline",
        "prompt": "",
        "protected": "ansired bold",
        "toolbar": "noreverse ansibrightblack",
        "silent": "noreverse ansired",
        "problem": "noreverse ansired",
        "help": "noreverse ansicyan",
    }
)
"""What there is to be coloured, and how, where `config.toml` says nothing else: as styles of prompt-toolkit."""

_CLASSES = {role: f"class:{role.name.lower()}" for role in Role if role.name.lower() in STYLES}
del _CLASSES[
    Role.UNKNOWN
]  # a word that fits nowhere is told of below the line; a name that nothing has is underlined


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

    def __init__(
        self, vocabulary: Vocabulary, known: Callable[[], Known], before: tuple[str, ...] = ()
    ) -> None:
        self._vocabulary = vocabulary
        self._known = known
        self._before = before

    def invalidation_hash(self) -> object:
        """What is to be coloured anew when it is another one."""
        return id(self._known())

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """The styled pieces of each line."""
        text = document.text
        first = text.lstrip().partition(" ")[0]
        begin = text.index(first) + len(first) if first in self._before else 0
        lines: list[StyleAndTextTuples] = [[]]
        at = 0
        found = list(tokens(text[begin:], self._vocabulary))
        nowhere = {token.start for token in unknown(found, text[begin:], self._known())}
        for token in found:
            for role, start, end in pieces(text[begin:], token):
                style = _CLASSES.get(role, "") + " class:unknown" * (token.start in nowhere)
                _add(lines, "", text[at : begin + start])
                _add(lines, style.strip(), text[begin + start : begin + end])
                at = begin + end
        _add(lines, "", text[at:])
        return lambda number: lines[number] if number < len(lines) else []


def unknown(found: Sequence[Token], text: str, known: Known) -> list[Token]:
    """The words that are to name something, and nothing of that name is known, or declared in the same text."""
    declared = {text[token.start : token.end] for token in found if _declares(token)}
    # What has not been looked at, or does not answer, may have anything but hosts.
    all_seen = not (known.waiting or known.silent)
    return [
        token
        for token in found
        if _refers(token, all_seen=all_seen)
        and (word := text[token.start : token.end]) not in declared
        and set(word).isdisjoint('$[]/:"')
        and not any(word in known.names.get(kind, ()) for kind in (token.type.kinds if token.type else ()))
    ]


def _declares(token: Token) -> bool:
    """Whether a word gives something its name."""
    named = token.role is Role.NAME and isinstance(token.schema, Kind)
    return named or (token.type is not None and isinstance(token.type, Name) and not token.type.kinds)


def _refers(token: Token, *, all_seen: bool) -> bool:
    """Whether a word names something that must be there."""
    if not token.type or token.role not in (Role.NAME, Role.VALUE) or _declares(token):
        return False
    kinds = set(token.type.kinds)
    if not kinds or not kinds.isdisjoint(_NOWHERE):
        return False
    brings = token.schema.brings if isinstance(token.schema, Kind) else ()
    return (all_seen or kinds == {"host"}) and brings is not None and kinds.isdisjoint(brings)


_NOWHERE = frozenset({"kind", "kinds", "object", "job", "run"})
"""What names no thing at a place."""


def _add(lines: list[StyleAndTextTuples], style: str, text: str) -> None:
    for number, part in enumerate(text.split("\n")):
        if number:
            lines.append([])
        if part:
            lines[-1].append((style, part))
