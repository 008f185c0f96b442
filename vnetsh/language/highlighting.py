"""What each word of a text is, by the vocabulary: for colours in the shell and for editors.

A forgiving reading: a text that is being typed is wrong most of the time, and keeps its colours all the same.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache

from vnetsh.language.sentence_shapes import terminals
from vnetsh.schema import CONTROL, Attribute, Kind, SentenceSchema, ValueType, Vocabulary


class Role(Enum):
    """What a word does in its sentence; the value is the name of its colour among Pygments' tokens."""

    COMMENT = "Comment"
    OPERATOR = "Operator"
    BRACE = "Punctuation"
    LANGUAGE = "Keyword"
    NOUN = "Keyword.Type"
    VERB = "Name.Function"
    NAME = "Name.Class"
    PART = "Keyword.Declaration"
    KEY = "Name.Attribute"
    VALUE = "Text"
    CHOICE = "Name.Constant"
    PATH = "String"
    STRING = "Literal.String"
    NUMBER = "Literal.Number"
    VARIABLE = "Name.Variable"
    UNKNOWN = "Generic.Text"


@dataclass(frozen=True, slots=True)
class Token:
    """A word, an operator or a comment: its role, its place as offsets, and the slot that it fills.

    `schema` is the sentence's or part's that the word belongs to, `attribute` the one that it names or gives a
    value, `type` what stands in its slot. `about` is the sentence's subject, where there is one: the kind that
    `delete KIND NAME` is about.
    """

    role: Role
    start: int
    end: int
    schema: SentenceSchema | None = None
    attribute: Attribute | None = None
    type: ValueType | None = None
    about: str = ""


_Slot = tuple[Role, SentenceSchema | None, Attribute | None, ValueType | None]
_NOTHING: _Slot = (Role.UNKNOWN, None, None, None)

_VARIABLE = re.compile(r"(?<!\\)\$(?:\{[^{}\s]*\}|[A-Za-z_]\w*)")
_NUMBER = re.compile(r"-?\d+(?:\.\.\d+|(?:[KMGT]i?)?(?:B|bit)?|[mu]?s|%)\Z")


@cache
def _pattern() -> re.Pattern[str]:
    """Every piece of a text; the grammar's own terminals, and what stands between sentences."""
    found = dict(terminals())
    word, string = found.pop("WORD"), found.pop("STRING")
    operators = "|".join(sorted(found.values(), key=len, reverse=True))
    return re.compile(
        rf"""(?P<comment>(?<![^\s;{{}}])\#[^\n]*)|(?P<end>[\n;])|(?P<brace>[{{}}])|(?P<operator>{operators})"""
        rf"""|(?P<string>{string}|"[^\n;]*)|(?P<word>{word})|(?P<other>\\[ \t]*\r?\n|.)"""
    )


def tokens(text: str, vocabulary: Vocabulary) -> Iterator[Token]:
    """The words, operators and comments of a text in their order; what fits nowhere is `UNKNOWN`."""
    holders: list[_Sentence] = []
    sentence = _Sentence(vocabulary)
    for match in _pattern().finditer(text):
        kind, start, end = match.lastgroup, match.start(), match.end()
        if kind in ("word", "string"):
            yield sentence.word(match[0], start, end, quoted=kind == "string")
        elif kind == "operator":
            sentence.joined = True
            yield Token(Role.OPERATOR, start, end)
        elif kind == "comment":
            yield Token(Role.COMMENT, start, end)
        elif kind in ("end", "brace"):
            if match[0] == "{":
                holders.append(sentence)
            elif match[0] == "}" and holders:
                holders.pop()
            # In the block of a noun or a verb its own sentence goes on; a loop's block holds new ones.
            goes_on = bool(holders) and holders[-1].take_up()
            sentence = holders[-1] if goes_on else _Sentence(vocabulary)
            if kind == "brace":
                yield Token(Role.BRACE, start, end)


class _Sentence:
    """Gives the words of one sentence their slots, as `binding` does, but goes on after any mistake."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._whole: SentenceSchema | None = None
        self._control = False
        self._part: SentenceSchema | None = None
        self._open: deque[_Slot] = deque()
        self._last: _Slot | None = None
        self._about = ""
        self.joined = False

    def take_up(self) -> bool:
        """Begin a sentence of the block: whether it is one of this sentence's own."""
        self._open.clear()
        self.joined = False
        return self._whole is not None and not self._control

    def word(self, text: str, start: int, end: int, *, quoted: bool) -> Token:
        """The token of the next word."""
        slot = self._last if self.joined and self._last else self._slot(text, quoted)
        self.joined, self._last = False, slot
        role, schema, attribute, type = slot
        if role is Role.NAME and not self._about:
            self._about = text
        if role is Role.VALUE and not quoted:
            role = self._value(text, attribute, type)
        elif quoted and role in (Role.VALUE, Role.UNKNOWN):
            role = Role.STRING
        return Token(role, start, end, schema, attribute, type, self._about)

    @staticmethod
    def _value(text: str, attribute: Attribute | None, type: ValueType | None) -> Role:
        if type and text in type.words():
            return Role.CHOICE
        if text == "none" and attribute and attribute.clearable:
            return Role.LANGUAGE
        return Role.NUMBER if _NUMBER.match(text) else Role.VALUE

    def _slot(self, text: str, quoted: bool) -> _Slot:
        if self._last is None:
            return _NOTHING if quoted else self._head(text)
        if self._open:
            return self._open.popleft()
        return _NOTHING if quoted or not self._whole else self._key(text, self._whole)

    def _head(self, text: str) -> _Slot:
        schema = self._whole = self._vocabulary.schema(text)
        if schema is None:
            return _NOTHING
        self._control = text in CONTROL
        if schema.subject:
            role = Role.VARIABLE if self._control else Role.NAME
            self._open.append((role, schema, None, schema.subject))
        self._operands(schema)
        role = Role.NOUN if isinstance(schema, Kind) else Role.VERB
        return (Role.LANGUAGE if self._control else role, schema, None, None)

    def _operands(self, schema: SentenceSchema) -> None:
        role = Role.PATH if self._control and schema.name == "include" else Role.VALUE
        self._open.extend((role, schema, operand, operand.type) for operand in schema.operands)

    def _key(self, text: str, whole: SentenceSchema) -> _Slot:
        part = whole.part(text)
        if part:
            self._part = part
            self._operands(part)
            return (Role.PART, part, None, None)
        for schema in (self._part, whole):
            attribute = schema.attribute(text) if schema else None
            if attribute and attribute.settable:
                if not attribute.type.flag:
                    self._open.append((Role.VALUE, schema, attribute, attribute.type))
                return (Role.LANGUAGE if self._control else Role.KEY, schema, attribute, None)
        return _NOTHING


def pieces(text: str, token: Token) -> Iterator[tuple[Role, int, int]]:
    """A token cut at the variables inside of it, for colours: roles and places."""
    at = token.start
    if token.role not in (Role.COMMENT, Role.OPERATOR, Role.BRACE):
        for match in _VARIABLE.finditer(text, token.start, token.end):
            if match.start() > at:
                yield token.role, at, match.start()
            yield Role.VARIABLE, match.start(), match.end()
            at = match.end()
    if at < token.end:
        yield token.role, at, token.end
