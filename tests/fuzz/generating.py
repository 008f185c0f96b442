"""Scripts out of the vocabulary: every noun and verb with values of its types, written in every way there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_network

from hypothesis import strategies as st

from vnetsh.language.characters import hidden
from vnetsh.language.sentence_shapes import grammar
from vnetsh.nouns.backup import BackupName
from vnetsh.nouns.disk_words import Volume
from vnetsh.nouns.flow import FlowText
from vnetsh.nouns.image import Checksum, Source
from vnetsh.nouns.pool_words import Folder, Monitor, PoolSource, Target, User
from vnetsh.schema import (
    ANY,
    Address,
    AddressRange,
    Amount,
    Attribute,
    Choice,
    Integer,
    InterfaceAddress,
    Mac,
    Name,
    Part,
    Percent,
    Ranges,
    SentenceSchema,
    Subnet,
    Text,
    ValueType,
    Vocabulary,
)
from vnetsh.schema.naming import fitted
from vnetsh.schema.wanted import Wanted

HOSTS = ("kvm1", "kvm2", "kvm3")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BLANKS = st.sampled_from([" ", " ", " ", "  ", "\t", " \\\n ", "\\\n", " \\ \t\r\n\t"])
_NO_BLANK = st.sampled_from(["", "", " ", "\t", "\\\n  "])
_LINE_ENDS = st.sampled_from(["\n", "\n", "\n", ";", " ; ", "\r\n", "\n\n\n", ";\n;\n", "\t\n"])
_COMMENTS = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=20)

names = st.from_regex(r"[a-z_][a-z0-9_.]{0,5}-?[a-z0-9]", fullmatch=True, alphabet=_LETTERS + "0123456789_.-")
names = names.filter(lambda name: name != ANY)
_shown = st.characters(exclude_characters="\n", exclude_categories=["Cs"]).filter(lambda c: hidden(c) is None)
texts = st.text(_shown, max_size=12)


def quoted(text: str) -> str:
    """A text as a string of the language."""
    for special in ("\\", '"', "$"):
        text = text.replace(special, "\\" + special)
    return f'"{text}"'


def words(type: ValueType) -> st.SearchStrategy[str]:
    """One word that a type takes. `LookupError`: of a type of a plugin's own."""
    if isinstance(type, Wanted):
        return words(type.of)
    if isinstance(type, Choice):
        return st.sampled_from(type.choices)
    if isinstance(type, Integer):
        step = getattr(type, "step", 1)
        return st.integers(-(-type.least // step), type.most // step).map(lambda number: str(number * step))
    if isinstance(type, Amount):
        return st.tuples(st.integers(1, 10**6), st.sampled_from(sorted(type.units))).map(
            lambda pair: f"{pair[0]}{pair[1]}"
        )
    if isinstance(type, Ranges):
        ends = st.tuples(st.integers(type.least, type.most), st.integers(type.least, type.most))
        return ends.map(lambda pair: f"{min(pair)}-{max(pair)}" if pair[0] != pair[1] else str(pair[0]))
    if isinstance(type, Percent):
        return st.integers(0, 100_00).map(type.show)
    if isinstance(type, AddressRange):
        ends = st.tuples(st.ip_addresses(v=4), st.ip_addresses(v=4))
        return ends.map(lambda pair: f"{min(pair)}-{max(pair)}")
    if isinstance(type, InterfaceAddress):
        return st.ip_addresses(v=6).map(lambda address: f"{address}/128")
    if isinstance(type, Address):
        return st.ip_addresses().map(str)
    if isinstance(type, Subnet):
        interfaces = st.tuples(st.ip_addresses(), st.integers(0, 32))
        return interfaces.map(lambda pair: str(ip_network(f"{pair[0]}/{pair[1]}", strict=False)))
    if isinstance(type, Mac):
        rest = st.integers(0, 2**40 - 1).map(lambda number: f"52{number:010x}")
        return rest.map(lambda mac: ":".join(mac[at : at + 2] for at in range(0, 12, 2)))
    if isinstance(type, Name):
        return st.sampled_from(HOSTS) if type.ref == "host" else names
    if isinstance(type, Folder):
        return names.map(lambda name: f"/srv/{name}")
    if isinstance(type, PoolSource):
        return st.tuples(names, st.sampled_from(["", ":3261", ":/export"])).map("".join)
    if isinstance(type, Monitor):
        return st.tuples(names, st.sampled_from(["", ":6789"])).map("".join)
    if isinstance(type, User | Volume):
        return names
    if isinstance(type, Target):
        return st.text("abcdef", min_size=1, max_size=6).map(lambda name: f"iqn.2026-01.org.example:{name}")
    if isinstance(type, FlowText):
        return st.sampled_from(["arp", "drop", "normal", '"ip,nw_src=10.0.0.1"', '"strip_vlan,normal"'])
    if isinstance(type, BackupName):
        return st.text(_LETTERS, min_size=1, max_size=6)
    if isinstance(type, Source):
        return names.map(lambda name: quoted(f"https://images.example/{name}"))
    if isinstance(type, Checksum):
        return st.text("0123456789abcdef", min_size=64, max_size=64)
    own = type.__class__.__module__.startswith("vnetsh.")
    if (isinstance(type, Text) and own) or type.__class__ is ValueType:
        return names | texts.filter(str.strip).map(quoted)
    raise LookupError(type.__class__.__name__)


def value(type: ValueType) -> st.SearchStrategy[list[str]]:
    """The tokens of a value."""
    if type.flag:
        return st.just([])
    if type.link or type.way:
        ends = st.permutations(HOSTS) if type.ref == "host" else st.lists(names, min_size=2, max_size=2)
        return ends.map(lambda both: [both[0], "->" if type.way else "<->", both[1]])
    if type.many or type.each:
        return st.lists(words(type), min_size=1, max_size=3, unique=True).map(
            lambda found: [token for word in found for token in (",", word)][1:]
        )
    return words(type).map(lambda word: [word])


def known(attributes: Sequence[Attribute]) -> list[Attribute]:
    """Those that can be said, and whose values can be made up here."""
    found = []
    for attribute in attributes:
        try:
            value(attribute.type)
        except LookupError:
            assert not attribute.required
            continue
        if attribute.settable:
            found.append(attribute)
    return found


@st.composite
def phrase(draw: st.DrawFn, schema: SentenceSchema) -> list[str]:
    """The tokens of a sentence, or of a part of one, of a noun or verb."""
    tokens = schema.name.split()
    if schema.subject:
        tokens += draw(value(schema.subject))
    for operand in schema.operands:
        if not operand.required and draw(st.booleans()):
            break
        words_said = draw(value(operand.type))
        tokens += words_said if operand.required else [quoted(w) if w != "," else w for w in words_said]
    attributes = known(schema.attributes)
    if isinstance(schema, Part) and schema.one:
        one = draw(st.sampled_from([attribute for attribute in attributes if attribute.name != "not"]))
        lead = [draw(st.sampled_from(one.type.leads))] if one.type.leads and draw(st.booleans()) else []
        return [*tokens, *draw(st.sampled_from([[], ["not"]])), one.name, *lead, *draw(value(one.type))]
    said = draw(st.lists(st.sampled_from(attributes), unique_by=id, max_size=4)) if attributes else []
    said += [attribute for attribute in attributes if attribute.required and attribute not in said]
    # Of those that exclude each other, the first one.
    said = [
        one
        for number, one in enumerate(said)
        if not any(one.name in other.excludes or other.name in one.excludes for other in said[:number])
    ]
    for attribute in said:
        clear = attribute.clearable and not attribute.type.flag and draw(st.booleans())
        tokens += [attribute.name, *(["none"] if clear else draw(value(attribute.type)))]
    ports, other = _parts(schema)
    for part in draw(st.lists(st.sampled_from(ports), max_size=2)) if ports else ():
        tokens += draw(phrase(part))
        follow = [other for other in schema.parts if part.name in other.follows]
        tokens += draw(phrase(draw(st.sampled_from(follow)))) if follow and draw(st.booleans()) else []
    return [*tokens, *(draw(st.sampled_from([[], *other])) if other else [])]


def _parts(schema: SentenceSchema) -> tuple[Sequence[Part], Sequence[list[str]]]:
    """The parts of a noun that may be said again and again; and whole ones of those that are said once."""
    once = {
        "disk": ["disk", "data", "size", "4G", "bus", "scsi"],
        "cloudinit": ["cloudinit", "hostname", "web", "addresses", "10.0.0.5/24", ",", "10.0.1.5/24"],
    }
    again = [part for part in schema.parts if part.name not in once and not part.follows]
    return again, [once[part.name] for part in schema.parts if part.name in once]


def _without_choice(kind: SentenceSchema) -> bool:
    """Whether a noun cannot be said: its choices are plugins', and none is installed."""
    return any(isinstance(a.type, Choice) and not a.type.choices for a in kind.attributes)


@st.composite
def sentence(draw: st.DrawFn, vocabulary: Vocabulary) -> list[str]:
    """The tokens of a sentence of any noun or verb, valid by itself."""
    schemas = [kind for kind in vocabulary.kinds.values() if kind.sayable and not _without_choice(kind)]
    heads = [*schemas, *vocabulary.verbs.values()]
    schema = draw(st.sampled_from([one for head in heads for one in head.sentences]))
    if getattr(schema, "fit", None):
        schema = draw(about_kinds(schema, vocabulary))
    return draw(phrase(schema))


@st.composite
def about_kinds(draw: st.DrawFn, verb: SentenceSchema, vocabulary: Vocabulary) -> SentenceSchema:
    """A verb whose subject names kinds, with some of them said: it takes their attributes then."""
    kinds = draw(
        st.lists(st.sampled_from(["vm", "port", "bridge", "tunnel", "host"]), min_size=1, unique=True)
    )
    found = fitted(verb, [vocabulary.kinds[kind] for kind in kinds], vocabulary)
    return replace(found, name=f"{verb.name} {' , '.join(kinds)}", subject=None)


@st.composite
def written(draw: st.DrawFn, tokens: Sequence[str]) -> str:
    """Tokens with blanks between them, of any kind and none where none is needed."""
    text = ""
    for before, token in zip(["", *tokens], tokens, strict=False):
        if before:
            free = {before, token} & {",", "<->", "->"} or (before[0] == '"' and token[0] == '"')
            text += draw(_NO_BLANK if free else _BLANKS)
        text += token
    return text


@st.composite
def line_end(draw: st.DrawFn) -> str:
    """What ends a sentence, with or without a comment."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from([" #", ";#", "\t # "])) + draw(_COMMENTS) + "\n"
    return draw(_LINE_ENDS)


def scripts(
    vocabulary: Vocabulary, sizes: tuple[int, int] = (0, 5), depth: int = 2
) -> st.SearchStrategy[str]:
    """Whole scripts: sentences, comments, `let`, loops, blocks, ranges and variables."""

    @st.composite
    def build(draw: st.DrawFn, depth: int, variables: tuple[str, ...]) -> str:
        text = ""
        for number in range(draw(st.integers(*sizes))):
            shape = draw(
                st.sampled_from(["plain", "plain", "plain", "let", "for", "comment", "block", "range"])
            )
            if shape == "let" and depth == 2:
                name = f"v{len(variables)}{number}"
                given = draw(st.lists(names, min_size=1, max_size=3))
                text += draw(written(["let", name, *[t for w in given for t in (",", w)][1:]]))
                variables = (*variables, name) if len(given) == 1 else variables
            elif shape == "for" and depth:
                name = f"i{depth}{number}"
                over = draw(st.sampled_from([["1..2"], ["08..10"], ["a", ",", "b"], ["x[1-2]"], ["one"]]))
                inner = draw(build(depth - 1, (*variables, name)))
                text += draw(written(["for", name, "in", *over])) + f" {{{draw(_LINE_ENDS)}{inner}}}"
            elif shape == "comment":
                text += "#" + draw(_COMMENTS) + "\n"
            elif shape == "block":
                schema = vocabulary.kinds[draw(st.sampled_from(["bridge", "vm"]))]
                host = draw(st.sampled_from(HOSTS))
                text += draw(written([schema.name, draw(names), "on", host]))
                parts = [
                    draw(written(draw(phrase(_parts(schema)[0][0])))) for _ in range(draw(st.integers(0, 2)))
                ]
                text += " {\n" + "".join(part + draw(line_end()) for part in parts) + "}"
            elif shape == "range":
                name = draw(st.sampled_from(["b[1-3]", "b[x,y]", "[1-2]b[08-09]", "b[7]"]))
                text += draw(written(["bridge", name, "on", draw(st.sampled_from(HOSTS))]))
            else:
                tokens = draw(sentence(vocabulary))
                if variables and tokens[0] in ("bridge", "vm") and draw(st.booleans()):
                    tokens[1] = draw(st.sampled_from(["x$", "${"])) + draw(st.sampled_from(variables))
                    tokens[1] += "}" if "{" in tokens[1] else ""
                text += draw(written(tokens))
            text += "" if shape == "comment" else draw(line_end())
        return text

    return build(depth, ())


LOOK_ALIKES = "‐–—−“”„’‘↔→，；…аеоѕΑΒ０\u00a0\u2003\u2028\u0085\u200b\ufeff\u202e\0\x1b\x0b\x0c\r\t"
_PIECES = st.sampled_from(
    [
        *'{};,"\\#$[]<>=&|()\'`\n',
        "<->", "->", "<-", "${", "}", "..", "1..3", "[1-", "$x", "none", "\\\n", "\r\n", "#", "let x ", "for i in ",
        "include ", "9" * 30, "a" * 5000, "-" * 50, "[" * 50, '"' * 7, "{" * 30, "}" * 30,
    ]
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """A text with a few characters dropped, doubled, swapped or put in."""
    text = draw(texts)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(text)))
        end = min(len(text), at + draw(st.sampled_from([1, 1, 2, 5, 40])))
        how = draw(st.sampled_from(["drop", "double", "replace", "insert", "swap"]))
        piece = draw(st.sampled_from(LOOK_ALIKES) | _PIECES | st.characters(exclude_categories=["Cs"]))
        if how == "drop":
            text = text[:at] + text[end:]
        elif how == "double":
            text = text[:end] + text[at:]
        elif how == "replace":
            text = text[:at] + piece + text[end:]
        elif how == "insert":
            text = text[:at] + piece + text[at:]
        else:
            text = text[:at] + text[at:end][::-1] + text[end:]
    return text


def dictionary(vocabulary: Vocabulary) -> Iterator[str]:
    """Every word and sign that means something: what a fuzzer should put together."""
    yield from vocabulary.heads()
    for schema in (*vocabulary.kinds.values(), *vocabulary.verbs.values()):
        yield from (word for form in schema.forms for word in form.words)
        for one in (*schema.sentences, *schema.parts):
            for attribute in (*one.attributes, *one.operands):
                yield attribute.name
                yield from attribute.type.words()
    yield from (*HOSTS, "in", "none", "512M", "10Mbit", "30s", "192.0.2.1", "52:54:00:12:34:56", "eth0")
    yield from (terminal.pattern.value for terminal in grammar().terminals if terminal.pattern.type == "str")
    yield from ("{", "}", ";", "\n", "\\\n", "#", '"', "$", "${", "[1-3]", "1..3", "let n ", "$n", "${n}")
