"""A static check of migrations: what cannot be by the way that is said of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.diagnostics import Diagnostic
from vnetsh.script.script import Script

_NOT_BY_SSH = ("parallel", "post-copy")


def ways_can_do_what_is_said(script: Script) -> Iterator[Diagnostic]:
    """By ssh a migration has one connection, and its vm is at the target only when all of it is."""
    for action in filter(None, (segment.action for segment in script.segments)):
        if action.schema.name == "migrate" and action.value("over") == "ssh":
            for word in _NOT_BY_SSH:
                if action.value(word):
                    yield Diagnostic(
                        "E235",
                        f"over ssh there is no `{word}`",
                        action.place(word),
                        help=f"leave `{word}` out, or say `over tls`, which encrypts as well",
                    )
