"""What a script asks while it is made, and what it has looked at until its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vnetsh.engine.answering import answer_of
from vnetsh.engine.looking import Looking
from vnetsh.engine.report import Failure
from vnetsh.schema import Answer, Going
from vnetsh.script.script import Segment


class Questions:
    """Answers each at its place. `tell` is given every answer; `close` ends what goes on being looked at."""

    def __init__(self, asking: Looking, tell: Callable[[Answer], None]) -> None:
        self.asking = asking
        self._tell = tell
        self._goings: list[Going] = []

    def ask(self, segment: Segment) -> Answer:
        """The answer to a segment that only looks. Raises `VnetshError`."""
        assert segment.action
        answer = answer_of(segment.action, self.asking)
        self._tell(answer)
        if answer.going:
            self._goings.append(answer.going)
        return answer

    def lost(self) -> Iterator[Failure]:
        """What was to be kept and was not: all that goes on being looked at ends with that."""
        for answer in self._ended():
            self._tell(answer)
            if not answer.ok:
                yield Failure("", answer.text, answer.help, code=answer.code)

    def close(self) -> None:
        """End what goes on being looked at, whatever it has seen; never raises."""
        for _ in self._ended():
            pass

    def _ended(self) -> Iterator[Answer]:
        while self._goings:
            going = self._goings.pop(0)
            try:
                yield going.end()
            except Exception as error:  # a plugin can raise anything, and the others are to be ended, too
                yield Answer(f"what was to be kept is not known: {error}", ok=False)
