"""The server: what an editor asks, and who answers it. What goes wrong is said to the editor; the server goes on."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from typing import Protocol

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from vnetsh import __version__
from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.errors import UsageError, VnetshError
from vnetsh.language.completion import candidates
from vnetsh.language.formatting import formatted
from vnetsh.registry import Plugins
from vnetsh_lsp.checking import Checker
from vnetsh_lsp.colouring import LEGEND, semantic_tokens
from vnetsh_lsp.describing import describe, token_at
from vnetsh_lsp.hosts import Hosts
from vnetsh_lsp.names import VARIABLE, Mention
from vnetsh_lsp.navigating import Navigator
from vnetsh_lsp.placing import Places, differences
from vnetsh_lsp.texts import Texts, path_of

PAUSE = 0.15
"""Seconds without a keystroke before a script is checked."""
_REQUEST_FAILED = -32803


class _Asked(Protocol):
    """A question about a place in a text."""

    text_document: types.TextDocumentIdentifier
    position: types.Position


class _Server:
    """The state of one server: the texts that are open, the hosts, and who looks at them."""

    def __init__(self, server: LanguageServer, plugins: Plugins, options: argparse.Namespace) -> None:
        self._server = server
        self._vocabulary = plugins.vocabulary
        self._texts = Texts(plugins.vocabulary)
        self._hosts = Hosts(plugins, options)
        self._navigator = Navigator(self._texts, plugins.vocabulary)
        self._checker = Checker(plugins, self._hosts, self._texts, self._publish)
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._trouble = ""

    # Documents

    def initialize(self, params: types.InitializeParams) -> None:
        """Work where the editor's project is: its hosts file is found as it would be from there."""
        folders = params.workspace_folders or []
        root = folders[0].uri if folders else params.root_uri
        if root and os.path.isdir(path_of(root)):  # noqa: PTH112
            os.chdir(path_of(root))

    def opened(self, params: types.DidOpenTextDocumentParams) -> None:
        """Take in a text, and check it."""
        self._check(self._texts.put(params.text_document.uri, params.text_document.text))

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        """Take in a text as it is now; check it when the typing pauses."""
        path = self._texts.put(params.text_document.uri, params.content_changes[-1].text)
        if path in self._waiting:
            self._waiting.pop(path).cancel()
        self._waiting[path] = asyncio.get_running_loop().call_later(PAUSE, self._check, path)

    def saved(self, params: types.DidSaveTextDocumentParams) -> None:
        """Check all: others may include what was saved, or take their hosts from it."""
        for path in self._texts.opened():
            self._check(path)

    def closed(self, params: types.DidCloseTextDocumentParams) -> None:
        """Forget a text, and what was shown of it."""
        path = self._texts.drop(params.text_document.uri)
        if path in self._waiting:
            self._waiting.pop(path).cancel()
        self._checker.forget(path)
        for other in self._texts.opened():
            self._check(other)

    def _check(self, path: str) -> None:
        self._waiting.pop(path, None)
        try:
            self._checker.check(path, self._places())
        except Exception as error:  # a plugin's check can raise anything; the server goes on
            logging.getLogger(__name__).exception("check of %s", path)
            text = error.message if isinstance(error, VnetshError) else f"{type(error).__name__}: {error}"
            self._say(f"vnetsh cannot check this script: {text}")
        if self._hosts.trouble:
            self._say(self._hosts.trouble)

    def _say(self, trouble: str) -> None:
        if trouble != self._trouble:  # once, not at each keystroke
            self._trouble = trouble
            self._server.window_show_message(types.ShowMessageParams(types.MessageType.Error, trouble))

    def _publish(self, uri: str, problems: list[types.Diagnostic]) -> None:
        self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, problems))

    def _places(self) -> Places:
        return Places(self._server.workspace.position_codec)

    def _asked(self, params: _Asked) -> tuple[Source, int]:
        source = self._source(params.text_document.uri)
        return source, self._places().offset(source, params.position)

    def _source(self, uri: str) -> Source:
        source = self._texts.get(path_of(uri))
        if source is None:
            raise JsonRpcException(f"there is no text {uri}", _REQUEST_FAILED)
        return source

    # What an editor asks

    def complete(self, params: types.CompletionParams) -> list[types.CompletionItem]:
        """The words that fit at the cursor."""
        source, at = self._asked(params)
        text = source.text[:at]
        names = self._names(source.name)
        variable = _variable(text)
        if variable is not None:
            found = [
                (name, len(variable), VARIABLE)
                for name in names.get(VARIABLE, ())
                if name.startswith(variable)
            ]
        else:
            found = [(c.text, c.replaces, c.meta) for c in candidates(text, self._vocabulary, names)]
        places = self._places()
        end = places.position(source, at)
        return [
            types.CompletionItem(
                label=word,
                detail=meta,
                kind=_item_kind(word, meta, names, self._vocabulary.heads()),
                text_edit=types.TextEdit(types.Range(places.position(source, at - replaces), end), word),
                sort_text=f"{number:05}",  # the schema's order: what belongs to the last part comes first
            )
            for number, (word, replaces, meta) in enumerate(found)
        ]

    def _names(self, path: str) -> Mapping[str, list[str]]:
        found: dict[str, dict[str, None]] = {"host": dict.fromkeys(self._hosts.inventory())}
        for one in self._texts.together(path):
            for mention in self._texts.mentions(one):
                if mention.declares and not mention.computed and mention.text:
                    found.setdefault(mention.kind, {})[mention.whole] = None
        return {kind: list(names) for kind, names in found.items()}

    def hover(self, params: types.HoverParams) -> types.Hover | None:
        """What the word at the cursor means."""
        source, at = self._asked(params)
        token = token_at(source, at, self._vocabulary)
        text = describe(source, token, self._vocabulary, self._hosts.inventory()) if token else ""
        if not token or not text:
            return None
        places = self._places()
        word = types.Range(places.position(source, token.start), places.position(source, token.end))
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), word)

    def definition(self, params: types.DefinitionParams) -> list[types.Location]:
        """Where the name at the cursor is declared."""
        source, at = self._asked(params)
        mention = self._navigator.at(source.name, at)
        if mention is None:
            return []
        places = self._places()
        return [
            types.Location(self._texts.uri(span.source.name), places.range(span))
            for span in self._navigator.definitions(source.name, mention, self._hosts_path())
        ]

    def prepare_rename(self, params: types.PrepareRenameParams) -> types.Range:
        """The name at the cursor, if it can be renamed."""
        source, mention = self._renamed(params)
        try:
            self._navigator.renamable(source.name, mention, self._hosts_path())
        except UsageError as error:
            raise _refusal(error) from error
        return self._places().range(mention.span)

    def rename(self, params: types.RenameParams) -> types.WorkspaceEdit:
        """A new name for what is at the cursor, wherever it is meant."""
        source, mention = self._renamed(params)
        try:
            places = self._navigator.rename(source.name, mention, params.new_name, self._hosts_path())
        except UsageError as error:
            raise _refusal(error) from error
        here = self._places()
        return types.WorkspaceEdit(
            {
                self._texts.uri(path): [types.TextEdit(here.range(span), params.new_name) for span in spans]
                for path, spans in places.items()
            }
        )

    def _renamed(self, params: _Asked) -> tuple[Source, Mention]:
        source, at = self._asked(params)
        mention = self._navigator.at(source.name, at)
        if mention is None:
            raise JsonRpcException("there is no name here", _REQUEST_FAILED)
        return source, mention

    def _hosts_path(self) -> str:
        self._hosts.inventory()
        return str(self._hosts.path or "")

    def colours(self, params: types.SemanticTokensParams) -> types.SemanticTokens:
        """What each word of a text is."""
        return semantic_tokens(self._source(params.text_document.uri), self._vocabulary, self._places())

    def format(self, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        """The canonical form; none while there are mistakes, which are shown anyway."""
        source = self._source(params.text_document.uri)
        try:
            text = formatted(source)
        except ProblemsFound:
            return None
        here = self._places()
        return [types.TextEdit(here.range(span), new) for span, new in differences(source, text)]


def _refusal(error: UsageError) -> JsonRpcException:
    return JsonRpcException(": ".join(filter(None, (error.message, error.help))), _REQUEST_FAILED)


def _variable(text: str) -> str | None:
    """What has been typed of a variable at the end of a text; None where there is none."""
    before, sign, typed = text.rpartition("$")
    typed = typed.removeprefix("{")
    if sign and not before.endswith("\\") and (not typed or typed.isidentifier()):
        return typed
    return None


def _item_kind(
    word: str, meta: str, names: Mapping[str, list[str]], heads: list[str]
) -> types.CompletionItemKind:
    if meta == VARIABLE:
        return types.CompletionItemKind.Variable
    if word in names.get(meta, ()):
        return types.CompletionItemKind.Reference
    return types.CompletionItemKind.Keyword if word in heads else types.CompletionItemKind.Property


def make_server(plugins: Plugins, options: argparse.Namespace) -> LanguageServer:
    """A server that answers with these plugins' words, on the hosts that the options name."""
    server = LanguageServer("vnetsh", __version__, types.TextDocumentSyncKind.Full)
    ours = _Server(server, plugins, options)
    answers: dict[str, tuple[Callable[..., object], object]] = {
        types.INITIALIZE: (ours.initialize, None),
        types.TEXT_DOCUMENT_DID_OPEN: (ours.opened, None),
        types.TEXT_DOCUMENT_DID_CHANGE: (ours.changed, None),
        types.TEXT_DOCUMENT_DID_SAVE: (ours.saved, types.SaveOptions()),
        types.TEXT_DOCUMENT_DID_CLOSE: (ours.closed, None),
        types.TEXT_DOCUMENT_COMPLETION: (
            ours.complete,
            types.CompletionOptions(trigger_characters=[" ", ",", ">", "$", "{"]),
        ),
        types.TEXT_DOCUMENT_HOVER: (ours.hover, None),
        types.TEXT_DOCUMENT_DEFINITION: (ours.definition, None),
        types.TEXT_DOCUMENT_PREPARE_RENAME: (ours.prepare_rename, None),
        types.TEXT_DOCUMENT_RENAME: (ours.rename, types.RenameOptions(prepare_provider=True)),
        types.TEXT_DOCUMENT_FORMATTING: (ours.format, None),
        types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: (ours.colours, LEGEND),
    }
    for feature, (answer, about) in answers.items():
        server.feature(feature, about)(_function(answer))
    return server


def _function(answer: Callable[..., object]) -> Callable[..., object]:
    """A method as a plain function: pygls writes its notes on what it is given. It goes by the name `ls`."""

    def function(ls: LanguageServer, params: object) -> object:
        return answer(params)

    return function
