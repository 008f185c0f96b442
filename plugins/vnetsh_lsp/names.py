"""The names of a script: where they are given, where they are used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from vnetsh.diagnostics import Source, Span
from vnetsh.language.highlighting import Role, Token, pieces, tokens
from vnetsh.schema import Kind, Name, Part, ValueType, Vocabulary

VARIABLE = "variable"
FILE = "file"

_COMPUTED = re.compile(r"(\$\{[^{}]*\}|\$\w+|\[[^\[\]]*\])")
_RANGE = re.compile(r"(\d+)-(\d+)\Z")
_MOST_DIGITS = 9


@dataclass(frozen=True)
class Mention:
    """A name in a text: of which kind (or `VARIABLE`, `FILE`), and whether it is declared here.

    `text` is as written: `kvm[1-4]` and `web$i` stand for several names and are `computed`. `inside` is what stands
    before a `/`, or would stand there: of `web` in the block of `tenant acme` it is `acme`, as of `acme/web` elsewhere.
    """

    kind: str
    text: str
    span: Span
    declares: bool = False
    type: ValueType | None = None
    inside: str = ""

    @property
    def whole(self) -> str:
        """The name as it is said from outside."""
        return f"{self.inside}/{self.text}" if self.inside else self.text

    def same(self, other: Mention) -> bool:
        """Whether both are the same word for the same thing."""
        return (self.kind, self.inside, self.text) == (other.kind, other.inside, other.text)

    @property
    def computed(self) -> bool:
        """Whether a variable or a range makes the name."""
        return self.kind not in (VARIABLE, FILE) and bool(_COMPUTED.search(self.whole))

    def means(self, other: Mention) -> bool:
        """Whether both can stand for the same name of the same kind."""
        somewhere = _COMPUTED.search(self.inside) or _COMPUTED.search(other.inside)
        if self.kind != other.kind or (self.inside != other.inside and not somewhere):
            return False
        if self.text == other.text:
            return True
        return (self.computed and stands_for(self.text, other.text)) or (
            other.computed and stands_for(other.text, self.text)
        )


def stands_for(computed: str, name: str) -> bool:
    """Whether a name with variables (any value) and ranges can become `name`."""
    pattern = ""
    ranges: list[str] = []
    for number, piece in enumerate(_COMPUTED.split(computed)):
        if number % 2 == 0:
            pattern += re.escape(piece)
        elif piece.startswith("$"):
            pattern += r"[\w.-]+"
        else:
            ranges.append(piece[1:-1])
            pattern += r"([\w.-]+?)"
    match = re.fullmatch(pattern, name)
    return match is not None and all(map(_in_range, ranges, match.groups()))


def _in_range(text: str, value: str) -> bool:
    for part in text.split(","):
        span = _RANGE.match(part)
        if part == value:
            return True
        if not span or not (value.isascii() and value.isdigit()) or len(value) > _MOST_DIGITS:
            continue
        width = len(span[1]) if span[1].startswith("0") else 0
        if int(span[1]) <= int(value) <= int(span[2]) and value == f"{int(value):0{width}d}":
            return True
    return False


def mentions(source: Source, vocabulary: Vocabulary) -> Iterator[Mention]:
    """All names of a text, in their order."""
    for token in tokens(source.text, vocabulary):
        named = _named(source, token, vocabulary)
        if named:
            yield _placed(named, token)
        for role, start, end in pieces(source.text, token):
            if role is Role.VARIABLE and source.text[start] == "$":
                braces = source.text.startswith("{", start + 1)
                place = Span(source, start + 1 + braces, end - braces)
                yield Mention(VARIABLE, source.text[place.start : place.end], place)


def _named(source: Source, token: Token, vocabulary: Vocabulary) -> Mention | None:
    start, end = token.start, token.end
    if source.text[start] == '"':
        start, end = start + 1, end - (end - start > 1 and source.text[end - 1] == '"')
    text, place = source.text[start:end], Span(source, start, end)
    if token.role is Role.PATH:
        return Mention(FILE, text, place)
    if token.role is Role.VARIABLE:
        return Mention(VARIABLE, text, place, declares=True)
    if token.role is Role.NAME and isinstance(token.schema, Kind):
        return Mention(token.schema.name, text, place, True, token.type)
    if token.role not in (Role.NAME, Role.VALUE, Role.NUMBER, Role.STRING) or token.type is None:
        return None
    part = token.schema
    # A part's `name` is that of the thing which it declares (`vm … port BRIDGE name NAME`).
    if isinstance(part, Part) and part.kind and token.attribute and token.attribute.name == "name":
        return Mention(part.kind, text, place, True, token.type)
    ref = token.type.ref
    if ref == "object":  # of the kind that the sentence began with: `delete KIND NAME`
        about = vocabulary.kind_of_word(token.about)
        ref = about.name if about else ""
    for kind in token.type.refs:  # of several kinds: the one that is said with it, else the first
        if text.startswith(f"{kind}:") or not ref:
            ref = kind
    text, place = _without_kind(text, place, ref if token.type.refs else "")
    return Mention(ref, text, place, type=token.type) if ref in vocabulary.kinds else None


def _placed(named: Mention, token: Token) -> Mention:
    """A mention with what it is inside of, where names of its type can be inside of something."""
    if not isinstance(named.type, Name) or not named.type.qualified:
        return named
    outer, slash, text = named.text.rpartition("/")
    place = Span(named.span.source, named.span.end - len(text), named.span.end)
    return replace(named, text=text, span=place, inside=outer if slash else token.inside)


def _without_kind(text: str, place: Span, kind: str) -> tuple[str, Span]:
    """A name that is said with its kind, `network:web`, without it."""
    if not kind or not text.startswith(f"{kind}:"):
        return text, place
    return text[len(kind) + 1 :], Span(place.source, place.start + len(kind) + 1, place.end)
