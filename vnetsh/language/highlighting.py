"""What each word of a text is, by the vocabulary: for colours in the shell and for editors.

A forgiving reading: a text that is being typed is wrong most of the time, and keeps its colours all the same.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache

from vnetsh.language.sentence_shapes import terminals
from vnetsh.language.syntax import SIGNS
from vnetsh.schema import CONTROL, Attribute, Block, Kind, SentenceSchema, ValueType, Vocabulary
from vnetsh.schema.naming import fitted, object_operand


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
    `delete KIND NAME` is about. `inside` is the name that the block around it puts in front of names.
    """

    role: Role
    start: int
    end: int
    schema: SentenceSchema | None = None
    attribute: Attribute | None = None
    type: ValueType | None = None
    about: str = ""
    inside: str = ""


_Slot = tuple[Role, SentenceSchema | None, Attribute | None, ValueType | None]
_NOTHING: _Slot = (Role.UNKNOWN, None, None, None)

_VARIABLE = re.compile(r"(?<!\\)\$(?:\{[^{}\s]*\}|[A-Za-z_]\w*)")
_NUMBER = re.compile(r"-?\d+(?:\.\.\d+|-\d+|(?:[KMGT]i?)?(?:B|bit)?|[mu]?s|(?:\.\d+)?%)\Z")


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
            sentence.joined = match[0] not in SIGNS
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
            sentence = holders[-1] if goes_on else _Sentence(vocabulary, _qualifier(holders))
            if kind == "brace":
                yield Token(Role.BRACE, start, end)


def _qualifier(holders: Sequence[_Sentence]) -> str:
    """The name that the innermost block of those that put one in front of names does put there."""
    return next((holder.qualifier for holder in reversed(holders) if holder.qualifier), "")


class _Sentence:
    """Gives the words of one sentence their slots, as `binding` does, but goes on after any mistake."""

    def __init__(self, vocabulary: Vocabulary, inside: str = "") -> None:
        self._vocabulary = vocabulary
        self._inside = inside
        self._whole: SentenceSchema | None = None
        self._control = False
        self._forms: tuple[SentenceSchema, ...] = ()
        self._form: tuple[str, ...] | None = None  # the words of a form so far, while more of them may follow
        self._part: SentenceSchema | None = None
        self._open: deque[_Slot] = deque()
        self._last: _Slot | None = None
        self._holds = Block.PARTS
        self._about = ""
        self._flag = False  # whether the last word is a flag that `none` clears
        self.joined = False

    @property
    def qualifier(self) -> str:
        """The name that it puts in front of those in its block; empty when it puts none there."""
        return self._about if isinstance(self._whole, Kind) and self._whole.qualifies else ""

    def take_up(self) -> bool:
        """Begin a sentence of the block: whether it is one of this sentence's own."""
        self._open.clear()
        self.joined = False
        return self._whole is not None and self._holds is not Block.SENTENCES

    def word(self, text: str, start: int, end: int, *, quoted: bool) -> Token:
        """The token of the next word."""
        slot = self._last if self.joined and self._last else self._slot(text, quoted)
        self.joined, self._last = False, slot
        role, schema, attribute, type = slot
        if role is Role.NAME and not self._about:
            self._about = text
            self._see_object(text)
        if role is Role.VALUE and not quoted:
            role = self._value(text, attribute, type)
        elif quoted and role in (Role.VALUE, Role.UNKNOWN):
            role = Role.STRING
        return Token(role, start, end, schema, attribute, type, self._about, self._inside)

    @staticmethod
    def _value(text: str, attribute: Attribute | None, type: ValueType | None) -> Role:
        if type and text in type.words():
            return Role.CHOICE
        if text == "none" and attribute and attribute.clearable:
            return Role.LANGUAGE
        return Role.NUMBER if _NUMBER.match(text) else Role.VALUE

    def _slot(self, text: str, quoted: bool) -> _Slot:
        flag, self._flag = self._flag, False
        if flag and text == "none" and not quoted:
            return (Role.LANGUAGE, self._whole, None, None)
        if self._last is None:
            return _NOTHING if quoted else self._head(text)
        if self._form is not None and not quoted and self._is_form(text):
            return (Role.KEY, self._whole, None, None)
        if self._open and not quoted and self._whole and self._skips(text, self._whole):
            self._open.clear()
        if self._open:
            return self._open.popleft()
        return _NOTHING if quoted or not self._whole else self._key(text, self._whole)

    def _head(self, text: str) -> _Slot:
        schema = self._whole = self._vocabulary.schema(text)
        if schema is None:
            return _NOTHING
        self._control = text in CONTROL
        self._holds = schema.block
        self._form = () if schema.forms else None
        self._forms = schema.forms
        self._begin(schema)
        role = Role.NOUN if isinstance(schema, Kind) else Role.VERB
        return (Role.LANGUAGE if self._control else role, schema, None, None)

    def _begin(self, schema: SentenceSchema) -> None:
        """Have a sentence's subject and operands follow."""
        if schema.subject:
            role = Role.VARIABLE if self._control else Role.NAME
            self._open.append((role, schema, None, schema.subject))
        self._operands(schema)

    def _is_form(self, text: str) -> bool:
        """Whether a word chooses a form of the head, or one of several words that do."""
        said = (*(self._form or ()), text)
        begun = [form for form in self._forms if form.words[: len(said)] == said]
        self._form = said if begun else None
        chosen = next((form for form in begun if form.words == said), None)
        if chosen:
            self._whole = chosen
            self._open.clear()
            self._begin(chosen)
        return bool(begun)

    def _see_object(self, text: str) -> None:
        """Have an object named by the words of its own kind, where the sentence's subject is a kind."""
        operand = object_operand(self._whole) if self._whole else None
        kind = self._vocabulary.kind_of_word(text) if operand else None
        if operand and kind and self._whole:
            self._whole = fitted(self._whole, [kind], self._vocabulary)
            self._open.clear()
            self._operands(self._whole)

    def _skips(self, text: str, whole: SentenceSchema) -> bool:
        """Whether a word is a key, and the operand that could stand there an optional one."""
        _, schema, operand, _ = self._open[0]
        if schema is None or operand is None or operand.required or operand not in schema.operands:
            return False
        schemas = [one for one in (schema, whole) if one]
        return bool(whole.part(text)) or any(one.attribute(text) for one in schemas)

    def _operands(self, schema: SentenceSchema) -> None:
        role = Role.PATH if self._control and schema.name == "include" else Role.VALUE
        self._open.extend((role, schema, operand, operand.type) for operand in schema.operands)

    def _key(self, text: str, whole: SentenceSchema) -> _Slot:
        part = whole.part(text)
        if part and whole.attribute(text):  # which of them, what follows will tell: both have a value first
            self._part = part
        elif part:
            self._part = part
            self._operands(part)
            return (Role.PART, part, None, None)
        for schema in (self._part, whole):
            attribute = schema.attribute(text) if schema else None
            if attribute and attribute.settable:
                self._flag = attribute.type.flag and attribute.clears
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
