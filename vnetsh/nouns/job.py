"""The noun `job`: a run that is under way, with the vms that it moves; and the verb that takes one back."""

from __future__ import annotations

from vnetsh.schema import Answer, Attribute, Duration, Integer, Kind, Rate, Scope, Size, Text, Verb
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase


def _seen(name: str, type: Text | Size | Rate | Duration, help: str) -> Attribute:
    return Attribute(name, type, help, settable=False)


JOB_KIND = Kind(
    "job",
    help="A run that is under way, here or in another vnetsh, and what it moves; `-` is somebody else's migration.",
    attributes=(
        _seen("what", Text(), "What it does: a script's name, or that it takes a run back."),
        _seen("since", Text(), "When it began."),
        _seen("vm", Text(), "What it moves just now."),
        _seen("from", Text(), "From this host."),
        _seen("to", Text(), "To that one."),
        _seen("sent", Size(), "What is sent already, of memory and disks."),
        _seen("left", Size(), "What is left to be sent."),
        _seen("rate", Rate(), "What is sent in a second."),
        _seen("writes", Rate(), "What its guest writes to its memory in a second."),
        _seen("ends", Duration(), "In how long it will be over, if all goes on so."),
    ),
    scope=Scope.RUN,
    sayable=False,
)


def _cancel(action: Phrase, asking: Asking) -> Answer:
    """Have a job taken back by whoever makes it, and wait for that. Raises `VnetshError` where there is none."""
    number = int(action.name)
    text, taken_back = asking.cancel(number)
    return Answer(text, {"job": number, "cancelled": taken_back, "outcome": text}, ok=taken_back)


CANCEL = Verb(
    "cancel",
    help="Break a job off, wherever it was begun: whoever makes it takes back what it has done, which is waited for.",
    subject=Integer(what="a job's number", offers="job", least=1, most=10**9),
    answer=_cancel,
    example="cancel 12",
)
