"""What is wrong with a sentence that does not fit its schema, and what was probably meant. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vnetsh.diagnostics import Diagnostic, Span, did_you_mean
from vnetsh.language import other_tools as habits
from vnetsh.language.characters import hidden, hidden_in, strange_characters
from vnetsh.language.open_phrase import OpenPhrase
from vnetsh.language.syntax import Item, Link, Sentence, Word, WordList, words_of
from vnetsh.schema import Attribute, BadValue, Part, SentenceSchema, Text, ValueType, Verb

SEVERAL = "a range names several: `web[1-3]`; `for` says a sentence for each word of a list"


def unknown_head(head: Word, following: Iterable[Item], heads: Sequence[str]) -> Diagnostic:
    """A sentence that begins with a word of no meaning."""
    words = [item.text for item in following if isinstance(item, Word)]
    help = habits.of_head(head.text, words) or strange_characters(head.text)
    if not help:
        help = did_you_mean(head.text, heads, "`help` lists what a sentence can begin with")
    return Diagnostic("E101", f"vnetsh knows no `{head.text}`", head.span, "neither a noun nor a verb", help)


def unknown_key(
    whole: OpenPhrase, part: OpenPhrase | None, item: Item, key: str, following: Item | None
) -> Diagnostic:
    """A word where a key should stand; it follows `part`, where one was begun."""
    keys = whole.keys(part)
    name = (part or whole).schema.name
    text = item.span.source.text[item.span.start : item.span.end]
    if whole.schema.attribute(key):
        known = f"`{key}` is observed, it cannot be set"
    else:
        known = "it takes " + ", ".join(f"`{k}`" for k in keys) if keys else "nothing more fits here"
    after = following.text if isinstance(following, Word) else ""
    unsaid = [a.name for a in whole.schema.attributes if a.required and a.name not in whole.attributes]
    full = f"`and` stands between conditions: `and {text} …`" if part and part.full else ""
    help = (
        strange_characters(text)
        or (full if part and part.schema.attribute(key) else "")
        or habits.of_key(text, keys, after, unsaid, _list_before(whole))
        or (did_you_mean(key, keys) if part and isinstance(part.schema, Part) and part.schema.one else "")
        or did_you_mean(key, keys, known)
    )
    message = f"`{name}` takes no `{text}`" if isinstance(whole.schema, Verb) else f"a {name} has no `{text}`"
    return Diagnostic("E103", message, item.span, help=help)


def _list_before(whole: OpenPhrase) -> str:
    """The last words of the list that ends where the phrase does; empty when no list does."""
    for name, said in whole.attributes.items():
        if said.words and said.span.end == whole.end.end:
            many = getattr(whole.schema.attribute(name), "type", ValueType()).many
            last = max(word.start for word in said.words)
            return said.span.source.text[last : said.span.end] if many else ""
    return ""


def missing(phrase: OpenPhrase, type: ValueType, what: str) -> Diagnostic:
    """A sentence that ends where a value should stand."""
    example = getattr(phrase.schema, "example", "")
    return Diagnostic(
        "E105",
        f"{what} is missing",
        phrase.start.to(phrase.end),
        f"{type.what} should follow",
        f"for example `{example}`" if example else "",
    )


def of_all(phrase: OpenPhrase) -> Iterator[Diagnostic]:
    """What only shows when all of a phrase has been read: keys that are missing, or that exclude each other."""
    if isinstance(phrase.schema, Part) and phrase.schema.one and not phrase.full:
        span = phrase.start.to(phrase.end)
        help = f"for example `{phrase.schema.example}`" if phrase.schema.example else ""
        yield Diagnostic(
            "E105", "a condition is missing", span, "an attribute and its value should follow", help
        )
    for attribute in phrase.schema.attributes:
        if attribute.required and attribute.name not in phrase.attributes:
            yield _lacking(phrase, attribute)
        for other in attribute.excludes:
            one, two = phrase.attributes.get(attribute.name), phrase.attributes.get(other)
            if one and two and one.value is not None and two.value is not None:
                later = max(one.span, two.span, key=lambda span: span.start)
                yield Diagnostic(
                    "E121",
                    f"`{attribute.name}` and `{other}` exclude each other",
                    later,
                    help=f"say only one of `{attribute.name}`, `{other}`",
                )


def _lacking(phrase: OpenPhrase, attribute: Attribute) -> Diagnostic:
    """A sentence without a key that must be said."""
    return Diagnostic(
        "E105",
        f"`{attribute.name}` is missing",
        phrase.start.to(phrase.end),
        f"`{attribute.name}` and {attribute.type.what} should follow",
        f"for example `{phrase.schema.example}`" if phrase.schema.example else "",
    )


def said_twice(name: str, first: Span, again: Span) -> Diagnostic:
    """A key that has a value already."""
    line, column = first.source.position(first.start)
    help = f"the first is in line {line}, column {column}: keep one"
    return Diagnostic("E106", f"`{name}` is said twice", again, help=help)


def no_value(attribute: Attribute, item: Item, swallowed: str) -> Diagnostic:
    """A `=` where a value should stand, or a list that has swallowed the next key."""
    help = f"no comma before `{swallowed}`: pairs are separated by blanks" if swallowed else habits.NO_EQUALS
    text = item.span.source.text[item.span.start : item.span.end]
    return Diagnostic("E104", f"`{attribute.name}` cannot be `{text}`", item.span, help=help)


def no_order(attribute: Attribute, sign: Word) -> Diagnostic:
    """A sign that compares before the value of what has no order."""
    name = attribute.name
    help = f"numbers, sizes, rates and durations do; of `{name}` say the value: `{name} VALUE`, `not {name} VALUE`"
    return Diagnostic(
        "E543", f"`{name}` has no order, so nothing is `{sign.text}` another", sign.span, help=help
    )


def bad_value(type: ValueType, word: Word, bad: BadValue) -> Diagnostic:
    """A word that its type does not take."""
    near = strange_characters(word.text) or did_you_mean(word.text, type.words())
    help = ". ".join(part for part in (near, bad.help) if part).replace("?. ", "? ")
    return Diagnostic(bad.code, bad.message, word.span, help=help)


def wrong_shape(type: ValueType, item: Item) -> Diagnostic:
    """A list or a pair where one word should stand, or the other way round."""
    said = {Word: "one word", WordList: "a list", Link: "a pair"}[item.__class__]
    help = "two hosts are joined by `<->`: `kvm1<->kvm2`" if type.link else ""
    if isinstance(item, Link) and item.arrow and type.link:
        said, help = "`->`", "a tunnel has two equal ends: `kvm1<->kvm2`"
    if type.way:
        said = "`<->`" if isinstance(item, Link) else said
        help = "from one to another is said with `->`: `cirros01 -> cirros02`"
    if isinstance(type, Text) and isinstance(item, WordList):
        help = "a text that has commas stands in quotes"
    return Diagnostic("E104", f"{type.what} should stand here, not {said}", item.span, help=help)


def two_ranges(second: WordList) -> Diagnostic:
    """A sentence that is meant once for each word of two ranges or lists."""
    what = "ranges" if second.spread else "lists"
    help = "`for` makes a sentence for each of them"
    return Diagnostic("E113", f"two {what} in one sentence", second.span, "the second", help)


def too_long_a_list(span: Span, most: int) -> Diagnostic:
    """A list that makes too many sentences of one."""
    message = f"this sentence stands for more than {most} words, once for each of its list"
    return Diagnostic("E116", message, span, help="is the list longer than was meant?")


def no_form(
    schema: SentenceSchema,
    said: Sequence[str],
    begun: Sequence[SentenceSchema],
    item: Item | None,
    head: Span,
) -> Diagnostic:
    """A head that goes on with none of its forms; `begun` are those that could still follow what was said."""
    forms = [" ".join(form.words[len(said) :]) for form in begun]
    name = " ".join((schema.name, *said))
    listing = f"it goes on with {', '.join(f'`{form}`' for form in forms)}"
    if item is None:
        example = begun[0].example
        return Diagnostic("E120", f"`{name}` says too little", head, listing, f"for example `{example}`")
    text = item.span.source.text[item.span.start : item.span.end]
    help = strange_characters(text) or did_you_mean(text, forms, listing)
    return Diagnostic("E120", f"`{name}` takes no `{text}`", item.span, help=help)


def foreign(inner: Word, outer: str, allowed: Sequence[str]) -> Diagnostic:
    """A sentence that has no place in the block of another one."""
    message = f"`{inner.text}` stands in the block of a `{outer}`"
    held = (
        f"it holds {', '.join(f'`{head}`' for head in allowed)}"
        if len(allowed) < 10
        else "take it out of the block"
    )
    return Diagnostic("E118", message, inner.span, help=held)


def hiding(sentence: Sentence) -> Diagnostic | None:
    """The problem of a word in which a character hides that a reader does not see."""
    found = next((word for word in words_of(sentence) if hidden(word.text) is not None), None)
    return hidden_in(found.text, found.span) if found else None
