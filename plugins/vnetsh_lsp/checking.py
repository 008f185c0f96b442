"""The problems of the scripts that are open, as the editor shows them. Asks no host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lsprotocol import types

from vnetsh.diagnostics import Diagnostic, ProblemsFound, Source, Span
from vnetsh.registry import Plugins
from vnetsh.session import Session
from vnetsh_lsp.hosts import Hosts
from vnetsh_lsp.placing import Places
from vnetsh_lsp.texts import Texts

Publish = Callable[[str, list[types.Diagnostic]], None]


class Checker:
    """Checks whole scripts with what they include, and remembers which problems it has shown where."""

    def __init__(self, plugins: Plugins, hosts: Hosts, texts: Texts, publish: Publish) -> None:
        self._plugins = plugins
        self._hosts = hosts
        self._texts = texts
        self._publish = publish
        self._shown: dict[str, dict[str, list[types.Diagnostic]]] = {}

    def check(self, path: str, places: Places) -> None:
        """Check the open scripts that a text is a part of, and show what has changed."""
        for root in self._texts.roots(path):
            source = self._texts.get(root)
            if source is not None:
                self._show(root, self.problems(source), places)
        if path not in self._texts.roots(path):
            self.forget(path)  # checked as a part of the others
        if self._hosts.path and str(self._hosts.path) not in self._texts.opened():
            self._show(str(self._hosts.path), self._hosts.problems, places)

    def forget(self, path: str) -> None:
        """Show a script's problems no longer."""
        for shown in self._shown.pop(path, {}):
            self._publish(self._texts.uri(shown), self._all(shown))

    def problems(self, source: Source) -> tuple[Diagnostic, ...]:
        """What is wrong with a script."""
        inventory = self._hosts.inventory()
        if self._hosts.path and str(self._hosts.path) == source.name:
            inventory = {}  # its hosts are these: they are not declared twice
        try:
            with Session(self._plugins, inventory) as session:
                session.check(source)
        except ProblemsFound as found:
            return found.problems
        return ()

    def _show(self, root: str, problems: tuple[Diagnostic, ...], places: Places) -> None:
        found: dict[str, list[types.Diagnostic]] = {root: []}
        for problem in problems:
            path = _path(problem.span.source) if problem.span else root
            found.setdefault(path, []).append(self._diagnostic(problem, places))
        before = self._shown.get(root, {})
        self._shown[root] = found
        for path in {**before, **found}:
            self._publish(self._texts.uri(path), self._all(path))

    def _all(self, path: str) -> list[types.Diagnostic]:
        """What all roots together say of a text; a problem that several find is one."""
        every: list[types.Diagnostic] = []
        for shown in self._shown.values():
            every += [one for one in shown.get(path, []) if one not in every]
        return every

    def _diagnostic(self, problem: Diagnostic, places: Places) -> types.Diagnostic:
        start = types.Position(0, 0)
        label = f" ({problem.label})" if problem.label else ""
        help = f"\nhelp: {problem.help}" if problem.help else ""
        return types.Diagnostic(
            places.range(problem.span) if problem.span else types.Range(start, start),
            problem.message + label + help,
            types.DiagnosticSeverity.Error,
            problem.code,
            source="vnetsh",
            related_information=[
                types.DiagnosticRelatedInformation(self._location(via.span, places), via.note)
                for via in (problem.span.chain() if problem.span else ())
            ],
        )

    def _location(self, span: Span, places: Places) -> types.Location:
        return types.Location(self._texts.uri(_path(span.source)), places.range(span))


def _path(source: Source) -> str:
    """The path of a source; an included one is named as it would be from the working folder."""
    path = Path(source.name)
    return source.name if ":" in source.name.partition("/")[0] else str(path.resolve())
