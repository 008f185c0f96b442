"""A Pygments lexer, for `pygmentize`, Sphinx and MkDocs: registered by an entry point, loaded by Pygments alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pygments.lexer import Lexer
from pygments.token import Text, _TokenType, string_to_tokentype

from vnetsh.language.highlighting import pieces, tokens
from vnetsh.registry import load_plugins
from vnetsh.schema import Vocabulary


class VnetLexer(Lexer):
    """Colours `.vnet` scripts. The option `vocabulary` names the words (by default those of all plugins)."""

    name = "vnet"
    aliases: ClassVar[list[str]] = ["vnet"]
    filenames: ClassVar[list[str]] = ["*.vnet"]
    mimetypes: ClassVar[list[str]] = ["text/x-vnet"]
    url = "https://pypi.org/project/vnetsh/"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        found = options.get("vocabulary")
        self._vocabulary = found if isinstance(found, Vocabulary) else load_plugins().vocabulary

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, _TokenType, str]]:
        """The pieces of a text with their token types; together they are the text."""
        at = 0
        for token in tokens(text, self._vocabulary):
            for role, start, end in pieces(text, token):
                if start > at:
                    yield at, Text.Whitespace, text[at:start]
                yield start, string_to_tokentype(role.value), text[start:end]
                at = end
        if at < len(text):
            yield at, Text.Whitespace, text[at:]
