"""An editor without a screen: what `vnetsh lsp` is asked by, and what it has answered."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

VNETSH = str(Path(sys.executable).with_name("vnetsh"))
SECONDS = 20


class Editor:
    """An editor with a few files open, and what the server has told it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client = LanguageClient("editor", "1")
        self.shown: dict[str, list[types.Diagnostic]] = {}
        self.messages: list[str] = []
        self._news = asyncio.Event()
        self._version = 0

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.shown[params.uri] = list(params.diagnostics)
            self._news.set()

        @self.client.feature(types.WINDOW_SHOW_MESSAGE)
        def told(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)
            self._news.set()

    async def start(self, *options: str) -> None:
        await self.client.start_io(VNETSH, "lsp", *options, cwd="/")
        asked = types.InitializeParams(
            capabilities=types.ClientCapabilities(),
            workspace_folders=[types.WorkspaceFolder(self.folder.as_uri(), "test")],
        )
        self.about = await self.client.initialize_async(asked)
        self.client.initialized(types.InitializedParams())

    async def stop(self) -> int | None:
        await self.client.shutdown_async(None)
        self.client.exit(None)
        server = self.client._server
        assert server
        return await asyncio.wait_for(server.wait(), SECONDS)

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, text: str, name: str = "lab.vnet") -> types.TextDocumentIdentifier:
        """Open a text, which need not be on the disk."""
        item = types.TextDocumentItem(self.uri(name), "vnet", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return types.TextDocumentIdentifier(item.uri)

    def change(self, text: str, name: str = "lab.vnet") -> None:
        self._version += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._version + 1, self.uri(name)),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    async def until(self, what: Callable[[], object]) -> None:
        """Wait until something has come about."""
        async with asyncio.timeout(SECONDS):
            while not what():
                self._news.clear()
                await self._news.wait()

    async def codes(self, *expected: str, name: str = "lab.vnet") -> list[types.Diagnostic]:
        """Wait until a file shows these problems."""
        uri = self.uri(name)

        def shown() -> bool:
            return [d.code for d in self.shown.get(uri, [types.Diagnostic(range_(0, 0, 0), "")])] == list(
                expected
            )

        try:
            await self.until(shown)
        except TimeoutError:
            pytest.fail(f"{expected} never came; shown: {self.shown}, said: {self.messages}")
        return self.shown[uri]


def range_(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))


def cursor(marked: str) -> tuple[str, types.Position]:
    """A text without its mark `▮`, and the mark's position."""
    before, _, after = marked.partition("▮")
    return before + after, types.Position(
        before.count("\n"), len(before.rpartition("\n")[2].encode("utf-16-le")) // 2
    )
