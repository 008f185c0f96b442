"""One sentence that only asks, put together of words that come from elsewhere: nothing in them changes what it is."""

from __future__ import annotations

import re

from vnetsh.diagnostics import Source
from vnetsh.errors import UsageError
from vnetsh.interface.answers import answer_text
from vnetsh.interface.render import Style
from vnetsh.schema import Answer
from vnetsh.session import Session

_WIDTH = 160
_MORE = re.compile(r"[^\w \"'.,:/@*>=!\[\]()+<-]")
"""What a few words have no need of: what ends a sentence, opens a block, or stands for something else."""


def ask_once(session: Session, verb: str, words: str, name: str, format: str = "table") -> str:
    """The answer as text. `name` is what the words are called in errors. Raises `UsageError`, `ProblemsFound`."""
    other = _MORE.search(words)
    if other:
        raise UsageError(f"{other[0]!r} has no place in what is asked: it is one sentence, `{verb} …`")
    try:
        prepared = session.prepare(Source(name, f"{verb} {words}".rstrip()))
        segments = prepared.script.segments
        if not segments or any(
            not s.query or not s.action or s.action.schema.name.split()[0] != verb for s in segments
        ):
            raise UsageError(f"that is not one sentence `{verb} …`")
        answers: list[Answer] = []
        report = session.apply(prepared, answers.append)
        text = "\n".join(_text(answer, session, format) for answer in answers)
        failures = "\n".join(f.message for f in report.failures if f.message.partition(": ")[2] not in text)
        down = "\n".join(error.message for error in session.left_out.values())
        return "\n".join(filter(None, (text, failures, down)))
    finally:
        session.left_out.clear()
        session.release()


def _text(answer: Answer, session: Session, format: str) -> str:
    if answer.again:
        raise UsageError("what never ends is asked at a terminal")
    return answer_text(answer, session, format, Style.plain(), _WIDTH) or answer.text
