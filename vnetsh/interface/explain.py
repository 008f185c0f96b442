"""`vnetsh explain` and the shell's `help CODE`: explanations found by their codes, and as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from vnetsh.diagnostics import closest
from vnetsh.errors import UsageError
from vnetsh.explanations import Explanation
from vnetsh.interface.render import Style
from vnetsh.interface.tables import render_rows
from vnetsh.schema import Kind

_WIDTH = 80
_ROWS = Kind("explanation")


def explain(codes: Sequence[str], known: Mapping[str, Explanation], format: str, style: Style) -> str:
    """What these codes mean, in a format; without codes, which there are. Raises `UsageError`."""
    found = [find(code, known) for code in codes] or [known[code] for code in sorted(known)]
    if format != "table":
        return render_rows({"codes": (_ROWS, [e.as_json() for e in found])}, format, style)
    if not codes:
        return "\n".join(f"{style(e.code, '1')}  {e.title}" for e in found)
    return "\n\n".join(explanation_text(explanation, style) for explanation in found)


def find(code: str, known: Mapping[str, Explanation]) -> Explanation:
    """The explanation of a code, in upper or lower case. Raises `UsageError`."""
    explanation = known.get(code.upper())
    if explanation is None:
        everything = [there.lower() for there in known]
        alike = [there for there in everything if there[:2] == code.lower()[:2]]
        near = closest(code, alike) or closest(code, everything)
        meant = f"did you mean `{near.upper()}`? " if near else ""
        raise UsageError(f"there is no code `{code}`", help=f"{meant}`vnetsh explain` lists them all")
    return explanation


def explanation_text(explanation: Explanation, style: Style) -> str:
    """An explanation for a terminal."""
    return "\n".join(_lines(explanation, style))


def _lines(explanation: Explanation, style: Style) -> Iterator[str]:
    yield f"{style(explanation.code, '1;31')}: {style(explanation.title, '1')}"
    yield ""
    yield from textwrap.wrap(explanation.cause, _WIDTH, break_long_words=False, break_on_hyphens=False)
    scripts = (
        ("Where this was run before:", explanation.before),
        (f"This yields {explanation.code}:", explanation.wrong),
        ("This is right:", explanation.right),
    )
    for heading, script in scripts:
        if script:
            yield ""
            yield style(heading, "36")
            yield from textwrap.indent(script, "    ").splitlines()
