"""The answers of verbs that only look, and what was expected and is not so."""

from __future__ import annotations

import json
from collections.abc import Callable

from vnetsh.engine.report import Failure
from vnetsh.errors import CannotTell, PluginBroken, VnetshError
from vnetsh.schema import Answer, Verb
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase
from vnetsh.script.script import Segment


def answer_of(action: Phrase, asking: Asking) -> Answer:
    """What a verb that only looks has found. Raises `VnetshError`, `PluginBroken` for whatever else it raises."""
    verb = action.schema
    assert isinstance(verb, Verb)
    assert verb.answer
    try:
        answer = verb.answer(action, asking)
        if not isinstance(answer, Answer):
            raise TypeError(f"{answer!r} is no answer")
        unknown = next((kind for kind in answer.found if asking.kind_of_word(kind) != kind), "")
        if unknown:
            raise LookupError(f"there is no kind {unknown} to be shown")
        if answer.data is not None:
            json.dumps(answer.data)
    except VnetshError:
        raise
    except (Exception, SystemExit) as error:  # a plugin can raise anything
        raise PluginBroken(f"verb {verb.name} failed: {type(error).__name__}: {error}") from error
    return answer


Ask = Callable[[Segment], Answer]
"""Answers a segment that only looks, and tells what it found. Raises `VnetshError`."""


def unmet(segment: Segment, ask: Ask) -> Failure | None:
    """Answer a segment that only looks; what was expected and is not so, or cannot be told. Raises `VnetshError`."""
    try:
        answer = ask(segment)
    except CannotTell as error:
        return Failure("", error.message, error.help, code=error.code)
    return None if answer.ok else Failure("", answer.failed or answer.text, answer.help, code=answer.code)
