"""The scripts that belong together: as they stand in the editor, else as they are on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from vnetsh.diagnostics import Source
from vnetsh.errors import UsageError
from vnetsh.language.files import read_source
from vnetsh.schema import Vocabulary
from vnetsh_lsp.names import FILE, Mention, mentions


def path_of(uri: str) -> str:
    """The path of a `file:` address; any other address (`untitled:1`) stands for itself."""
    parts = urlsplit(uri)
    return unquote(parts.path) if parts.scheme == "file" else uri


class Texts:
    """Every text by its path. What the editor has open counts before what is on the disk."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._open: dict[str, Source] = {}
        self._addresses: dict[str, str] = {}
        self._mentions: dict[str, tuple[Source, list[Mention]]] = {}

    def put(self, uri: str, text: str) -> str:
        """Take in what the editor has; the path."""
        path = path_of(uri)
        self._open[path] = Source(path, text)
        self._addresses[path] = uri
        return path

    def drop(self, uri: str) -> str:
        """Forget what the editor has closed; the path."""
        path = path_of(uri)
        self._open.pop(path, None)
        return path

    def uri(self, path: str) -> str:
        """The address of a path, spelt as the editor spells it where it has ever said it."""
        return self._addresses.get(path) or ("file://" + quote(path) if path.startswith("/") else path)

    def opened(self) -> list[str]:
        """The paths of what is open."""
        return list(self._open)

    def get(self, path: str) -> Source | None:
        """A text; None where there is none."""
        if path in self._open:
            return self._open[path]
        try:
            return read_source(Path(path))
        except UsageError:
            return None

    def mentions(self, path: str) -> list[Mention]:
        """The names in a text."""
        source = self.get(path)
        if source is None:
            return []
        known = self._mentions.get(path)
        if known is None or known[0] != source:
            known = (source, list(mentions(source, self._vocabulary)))
            self._mentions[path] = known
        return known[1]

    def included(self, path: str) -> list[str]:
        """A script and all that it includes, each once."""
        found = [path]
        for one in found:
            for mention in self.mentions(one):
                if mention.kind == FILE and (target := self.target(one, mention)) not in found:
                    found.append(target)
        return found

    def target(self, path: str, mention: Mention) -> str:
        """The path of the file that a script includes."""
        return str((Path(path).parent / mention.text).resolve())

    def roots(self, path: str) -> list[str]:
        """The open scripts that a text is a part of; itself when nothing open includes it."""
        below = self.included(path)  # of a circle of includes nobody is above the other
        above = [one for one in self._open if one not in below and path in self.included(one)]
        return above or [path]

    def together(self, path: str) -> Iterator[str]:
        """All scripts that share their names with one: its roots and what they include."""
        yield from dict.fromkeys(one for root in self.roots(path) for one in self.included(root))
