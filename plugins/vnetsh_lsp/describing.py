"""What stands at a place, in Markdown: for the editor's hover. All of it comes from the schemas."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.diagnostics import Source
from vnetsh.language.highlighting import Role, Token, tokens
from vnetsh.model import Inventory, hosts_in
from vnetsh.schema import Attribute, SentenceSchema, Vocabulary

_NO_WORDS = (Role.COMMENT, Role.OPERATOR, Role.BRACE)


def token_at(source: Source, offset: int, vocabulary: Vocabulary) -> Token | None:
    """The word at a place; None where there is none."""
    for token in tokens(source.text, vocabulary):
        if token.start <= offset <= token.end and token.role not in _NO_WORDS:
            return token
        if token.start > offset:
            break
    return None


def describe(source: Source, token: Token, vocabulary: Vocabulary, inventory: Inventory) -> str:
    """What a word means; empty where nothing is known of it."""
    word = source.text[token.start : token.end]
    if token.attribute and token.schema:
        text = _attribute(token.schema, token.attribute)
        host = hosts_in(inventory).get(word) if token.type and token.type.ref == "host" else None
        return text + (f"\n\nhost `{word}`, address {host.address or 'unknown'}" if host else "")
    if token.schema is None:
        return ""
    if token.role in (Role.NAME, Role.VARIABLE) and token.type:
        named = token.type.what if token.type.what != "a name" else f"the {token.schema.name}'s name"
        return f"`{word}`: {named}\n\n{token.schema.help}"
    return "\n".join(_sentence(token.schema))


def _sentence(schema: SentenceSchema) -> Iterator[str]:
    yield f"**{schema.name}**: {schema.help}\n"
    yield f"```vnet\n{schema.example or schema.name}\n```\n"
    for operand in schema.operands:
        yield f"- *{operand.type.what}*: {operand.help}"
    for attribute in schema.attributes:
        if attribute.settable:
            yield f"- `{attribute.name}`: {attribute.help}"
    for part in schema.parts:
        yield f"- `{part.name}` …: {part.help}"


def _attribute(schema: SentenceSchema, attribute: Attribute) -> str:
    flag = attribute.type.flag
    yields = [f"**{attribute.name}** (of {schema.name}): {attribute.help}\n"]
    yields.append("- takes no value" if flag else f"- takes {attribute.type.what}")
    if attribute.type.words():
        yields.append("- one of " + ", ".join(f"`{word}`" for word in attribute.type.words()))
    if attribute.default is not None:
        yields.append(f"- default: `{attribute.type.show(attribute.default)}`")
    elif attribute.otherwise:
        yields.append(f"- default: {attribute.otherwise}")
    if attribute.required:
        yields.append("- must be said")
    if attribute.immutable:
        yields.append("- cannot change once the thing exists")
    elif attribute.clearable and not flag and not attribute.required:
        yields.append("- `none` clears it")
    yields.append("- backends: " + (", ".join(attribute.backends) or "all"))
    return "\n".join(yields)
