"""Semantic tokens: the colours of every word that is installed, where a grammar file knows vnetsh's own only."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lsprotocol import types

from vnetsh.diagnostics import Source
from vnetsh.language.highlighting import Role, pieces, tokens
from vnetsh.schema import Vocabulary
from vnetsh_lsp.placing import Places

_TYPES: Mapping[Role, types.SemanticTokenTypes] = MappingProxyType(
    {
        Role.COMMENT: types.SemanticTokenTypes.Comment,
        Role.OPERATOR: types.SemanticTokenTypes.Operator,
        Role.LANGUAGE: types.SemanticTokenTypes.Keyword,
        Role.NOUN: types.SemanticTokenTypes.Type,
        Role.VERB: types.SemanticTokenTypes.Function,
        Role.NAME: types.SemanticTokenTypes.Class,
        Role.PART: types.SemanticTokenTypes.Modifier,
        Role.KEY: types.SemanticTokenTypes.Property,
        Role.CHOICE: types.SemanticTokenTypes.EnumMember,
        Role.PATH: types.SemanticTokenTypes.String,
        Role.STRING: types.SemanticTokenTypes.String,
        Role.NUMBER: types.SemanticTokenTypes.Number,
        Role.VARIABLE: types.SemanticTokenTypes.Variable,
    }
)
_ORDER = list(dict.fromkeys(_TYPES.values()))

LEGEND = types.SemanticTokensLegend([kind.value for kind in _ORDER], [])
"""What the numbers of the types stand for."""


def semantic_tokens(source: Source, vocabulary: Vocabulary, places: Places) -> types.SemanticTokens:
    """The words of a text, each as five numbers: its line and column from the one before, length, type, 0."""
    data: list[int] = []
    line = column = 0
    for token in tokens(source.text, vocabulary):
        for role, start, end in pieces(source.text, token):
            if role not in _TYPES:
                continue
            here, after = places.position(source, start), places.position(source, end)
            begin = here.character - (column if here.line == line else 0)
            data += [here.line - line, begin, after.character - here.character, _ORDER.index(_TYPES[role]), 0]
            line, column = here.line, here.character
    return types.SemanticTokens(data)
