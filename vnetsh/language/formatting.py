"""The one canonical form of a script. Comments stay, and so do the line breaks that its author made by `\\`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.language.parsing import Parsed, parse
from vnetsh.language.scanning import Comment, Statement, Token

_INDENT = "    "


def formatted(source: Source) -> str:
    """The canonical text of a script. Raises `ProblemsFound` when it cannot be read."""
    parsed = parse(source)
    if parsed.problems:
        raise ProblemsFound(parsed.problems)
    return _Formatter(parsed).text()


class _Formatter:
    def __init__(self, parsed: Parsed) -> None:
        self._source = parsed.source
        self._statements = parsed.statements
        self._comments = list(reversed(parsed.comments))  # the next one last
        self._lines: list[str] = []
        self._end = 0  # of what has been written, in the source
        self._opened = True  # a block, or the file: nothing is in it yet

    def text(self) -> str:
        self._block(self._statements, 0)
        self._comments_before(len(self._source.text), 0)
        return "".join(f"{line}\n" for line in self._lines)

    def _block(self, statements: Sequence[Statement], depth: int) -> None:
        for statement in statements:
            tokens = statement.tokens
            self._comments_before(tokens[0].start, depth)
            self._blank_line(tokens[0].start)
            text = "".join(self._joined(tokens, depth))
            self._end = tokens[-1].end
            if statement.block is None:
                self._lines.append(_INDENT * depth + text)
                self._trailing()
                continue
            self._lines.append(f"{_INDENT * depth}{text} {{")
            self._end = statement.opened + 1
            self._opened = True
            self._trailing()
            self._block(statement.block, depth + 1)
            self._comments_before(statement.closed, depth + 1)
            self._opened = False
            self._lines.append(_INDENT * depth + "}")
            self._end = statement.closed + 1
            self._trailing()

    def _joined(self, tokens: Sequence[Token], depth: int) -> Iterator[str]:
        """A sentence's words with one blank between, its lists, links and line breaks as they are written."""
        before: Token | None = None
        for token in tokens:
            if before:
                broken = "\n" in self._source.text[before.end : token.start]
                if broken:
                    yield " \\\n" + _INDENT * (depth + 1)
                elif token.type not in ("COMMA", "LINK") and before.type != "LINK":
                    yield " "
            yield token.text
            before = token

    def _comments_before(self, end: int, depth: int) -> None:
        while self._comments and self._comments[-1].start < end:
            comment = self._comments.pop()
            self._blank_line(comment.start)
            self._lines.append(_INDENT * depth + comment.text)
            self._end = comment.start + len(comment.text)

    def _trailing(self) -> None:
        """Put the comment that ends the line, if there is one, behind what was written last."""
        if self._comments and self._follows(self._comments[-1]):
            comment = self._comments.pop()
            self._lines[-1] += f"  {comment.text}"
            self._end = comment.start + len(comment.text)

    def _follows(self, comment: Comment) -> bool:
        between = self._source.text[self._end : comment.start]
        return comment.trailing and not between.strip(" \t\r;")

    def _blank_line(self, start: int) -> None:
        """Keep one blank line where the author left any, but none at the beginning of a block."""
        gap = self._source.text[self._end : start]
        if gap.count("\n") > 1 and not self._opened:
            self._lines.append("")
        self._opened = False
