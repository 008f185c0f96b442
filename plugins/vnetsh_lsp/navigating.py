"""Where a name is declared, and what a new name for it changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from vnetsh.diagnostics import Source, Span
from vnetsh.errors import UsageError
from vnetsh.schema import BadValue, Scope, Vocabulary
from vnetsh_lsp.names import FILE, VARIABLE, Mention
from vnetsh_lsp.texts import Texts

_VARIABLE_NAME = re.compile(r"[A-Za-z_]\w*\Z")


class Navigator:
    """Looks through the scripts that belong together, and the hosts file where a host is meant."""

    def __init__(self, texts: Texts, vocabulary: Vocabulary) -> None:
        self._texts = texts
        self._vocabulary = vocabulary

    def at(self, path: str, offset: int) -> Mention | None:
        """The name at a place; the innermost where one is inside another (`$i` in `web$i`)."""
        there = [m for m in self._texts.mentions(path) if m.span.start <= offset <= m.span.end]
        return min(there, key=lambda m: m.span.end - m.span.start, default=None)

    def definitions(self, path: str, mention: Mention, hosts: str = "") -> list[Span]:
        """Where a name is declared; of an include, the file's beginning. `hosts` is the hosts file's path."""
        if mention.kind == FILE:
            target = self._texts.get(self._texts.target(path, mention))
            return [Span(target, 0, 0)] if target else []
        found = [m for _, m in self._all(path, mention, hosts) if m.declares]
        return [m.span for m in found if m.same(mention)] or [m.span for m in found if m.means(mention)]

    def rename(self, path: str, mention: Mention, new: str, hosts: str = "") -> dict[str, list[Span]]:
        """The places to change, by path. Raises `UsageError` where the name cannot be changed to `new`."""
        self.renamable(path, mention, hosts)
        same: list[tuple[str, Mention]] = []
        for where, other in self._all(path, mention, hosts):
            if other.same(mention):
                same.append((where, other))
            elif other.same(replace(mention, text=new)) or (
                other.computed and _stands_for(other, new, mention)
            ):
                raise UsageError(f"there is a {mention.kind} `{new}` already", help=_place(other))
            elif other.means(mention):
                raise UsageError(
                    f"`{mention.text}` is also meant by `{other.text}`",
                    help=f"{_place(other)}: write the names out first",
                )
        if mention.kind == VARIABLE and not _VARIABLE_NAME.match(new):
            raise UsageError(
                f"`{new}` is not a variable's name", help="letters, digits and `_`, no digit first"
            )
        for _, other in same:
            try:
                if other.type:
                    other.type.parse(new)
            except BadValue as bad:
                raise UsageError(bad.message, help=bad.help) from bad
        places: dict[str, list[Span]] = {}
        for where, other in same:
            places.setdefault(where, []).append(other.span)
        return places

    def renamable(self, path: str, mention: Mention, hosts: str = "") -> None:
        """See that a name can be changed at all. Raises `UsageError`."""
        if mention.kind == FILE:
            raise UsageError("a file is not renamed from here", help="only what a script names")
        if mention.computed:
            raise UsageError(
                f"`{mention.text}` stands for several names",
                help="rename its variable, or write the names out",
            )
        kind = self._vocabulary.kinds.get(mention.kind)
        if kind and kind.scope is Scope.INVENTORY and not self.definitions(path, mention, hosts):
            raise UsageError(
                f"{mention.kind} `{mention.text}` is declared in none of these files",
                help="it is renamed where it is declared",
            )

    def _all(self, path: str, mention: Mention, hosts: str) -> Iterator[tuple[str, Mention]]:
        paths = list(self._texts.together(path))
        kind = self._vocabulary.kinds.get(mention.kind)
        if kind and kind.scope is Scope.INVENTORY and hosts and hosts not in paths:
            paths.append(hosts)
        for one in paths:
            for other in self._texts.mentions(one):
                if other.kind == mention.kind:
                    yield one, other


def _stands_for(other: Mention, new: str, mention: Mention) -> bool:
    return other.means(replace(mention, text=new))


def _place(mention: Mention) -> str:
    source: Source = mention.span.source
    line, _ = source.position(mention.span.start)
    return f"in {source.name}, line {line}"
