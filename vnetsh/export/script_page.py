"""An export as it is written: its lines, what each of them says, and what is only said in comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vnetsh.diagnostics import Diagnostic
from vnetsh.export.sentences import WITH_ITS_WHOLE, Said
from vnetsh.model import Resource
from vnetsh.plain_text import plain
from vnetsh.schema import Vocabulary
from vnetsh.schema.declared import Unsaid

NAME = "<export>"
"""What its script is called."""


@dataclass
class Page:
    """Lines, the sentence or part that each of them says, and all that is said in comments only."""

    vocabulary: Vocabulary
    lines: list[str] = field(default_factory=list)
    owners: list[Said | None] = field(default_factory=list)
    unsaid: list[Unsaid] = field(default_factory=list)
    begins: list[tuple[str, int]] = field(default_factory=list)
    """The kind of each chapter, and its first line."""

    def chapters(self) -> Iterator[tuple[str, str]]:
        """The kind of each chapter, and its text."""
        ends = [begin for _, begin in self.begins[1:]] + [len(self.lines)]
        for (kind, begin), end in zip(self.begins, ends, strict=False):
            yield kind, "".join(f"{line}\n" for line in self.lines[begin:end])

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(f"{line}\n" for line in self.lines)

    def owner(self, problem: Diagnostic) -> Said | None:
        """What a problem is about; None when it is not about a sentence of the page."""
        span = problem.span
        if span is None or span.source.name != NAME:
            return None
        return self.owners[span.source.position(span.start)[0] - 1]

    def add(self, line: str, owner: Said | None = None) -> None:
        """Add a line."""
        self.lines.append(line)
        self.owners.append(owner)

    def write(self, said: Said, refused: Mapping[Said, str]) -> None:
        """Add a sentence and its block; what is refused, and why, as comments after it."""
        reason = refused.get(said, "")
        parts = [part for part in said.parts if not reason and part not in refused]
        if not reason and (said.of or parts):
            self.add(said.text + " {" * bool(parts), said)
            for part in parts:
                self.add("    " + part.text, part)
            if parts:
                self.add("}")
        self._left_out(said, reason)
        for part in said.parts:
            self._left_out(part, refused.get(part, reason and WITH_ITS_WHOLE))

    def _left_out(self, said: Said, reason: str) -> None:
        for resource in said.of if reason else ():
            self.comment(Unsaid(resource, reason, whole=True))

    def comment(self, unsaid: Unsaid) -> None:
        """Add what no sentence says."""
        self.unsaid.append(unsaid)
        resource = unsaid.resource
        of = f" of {' '.join(resource.parent)}" if resource.parent else ""
        on = f" on {resource.place}" if resource.place != resource.name else ""
        values = f" ({text})" if unsaid.whole and (text := self._values(resource)) else ""
        what = "left out" if unsaid.whole else "unsaid"
        self.add(plain(f"# {what}: {resource.kind} {resource.name}{of}{on}{values}: {unsaid.reason}"))

    def _values(self, resource: Resource) -> str:
        owner = resource.parent[0] if resource.parent else ""
        return ", ".join(
            f"{name} {self.vocabulary.shown(resource.kind, name, value)}"
            for name, value in resource.attributes.items()
            if value is not None and value is not False and name != owner
        )
