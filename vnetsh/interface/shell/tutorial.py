"""Ten steps on hosts in memory: each says what to type, and is done when it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import dedent

from vnetsh.errors import UsageError, VnetshError
from vnetsh.model import Fleet
from vnetsh.session import Session


@dataclass(frozen=True)
class Step:
    """What it teaches, a line that does it, and whether a line has done it, by what the hosts hold then."""

    says: str
    example: str
    done: Callable[[str, Fleet], bool]


def _at(fleet: Fleet, kind: str, name: str) -> set[str]:
    return {resource.place for resource in fleet.named(kind, name)}


STEPS = (
    Step(
        "Three hosts in memory answer as real ones would. See what there is: `show` and any plural.",
        "show hosts",
        lambda line, fleet: line.startswith("show "),
    ),
    Step(
        """
        A noun says what there should be. vnetsh shows what that changes and what it costs, does it, and looks
        whether it really happened. Make a bridge; Tab completes the words, `?` lists what may come next.
        """,
        "bridge vswitch02 on kvm1",
        lambda line, fleet: "kvm1" in _at(fleet, "bridge", "vswitch02"),
    ),
    Step(
        "Say the same once more: what is so already is no change. (The arrow up brings the line back.)",
        "bridge vswitch02 on kvm1",
        lambda line, fleet: line.startswith("bridge vswitch02"),
    ),
    Step(
        "A tunnel needs its bridge at both ends. The missing one is planned, and the plan says why.",
        "tunnel gre12 kvm1<->kvm2",
        lambda line, fleet: _at(fleet, "tunnel", "gre12") == {"kvm1", "kvm2"},
    ),
    Step(
        "A VM, with a NIC at that bridge. It has no disk here: that is enough for hosts in memory.",
        "vm web1 on kvm1 memory 256M port vswitch02",
        lambda line, fleet: _at(fleet, "vm", "web1") == {"kvm1"},
    ),
    Step(
        "A verb acts. `plan` before any line says what it would do, and touches nothing.",
        "plan migrate web1 to kvm2",
        lambda line, fleet: line.startswith("plan ") and _at(fleet, "vm", "web1") == {"kvm1"},
    ),
    Step(
        "Now do it: the VM moves while it runs, and its network goes along.",
        "migrate web1 to kvm2",
        lambda line, fleet: _at(fleet, "vm", "web1") == {"kvm2"},
    ),
    Step(
        "What has to be so can be said, too: in a script, what follows is not done where it is not.",
        "expect vm web1 on kvm2",
        lambda line, fleet: line.startswith("expect "),
    ),
    Step(
        "Each line is a run, written down before anything is done. `history` lists them; take the move back.",
        "undo",
        lambda line, fleet: _at(fleet, "vm", "web1") == {"kvm1"},
    ),
    Step(
        "What loses something is asked for first. Delete the VM: the plan says what that costs.",
        "delete vm web1",
        lambda line, fleet: not _at(fleet, "vm", "web1"),
    ),
)

_END = """
That was it. `export` writes what is there as a script; `help WORD` explains each word, `explain E102` each error.
With hosts of your own: a line `host NAME address ADDRESS` for each in ./hosts.vnet, then `vnetsh`.
"""


class Tutorial:
    """How far somebody is in it."""

    def __init__(self) -> None:
        self._at: int | None = None

    def command(self, words: list[str], session: Session) -> None:
        """Begin, say the step again, go to another one (`tutorial 5`), or end (`tutorial off`). Raises `UsageError`."""
        if session.real:
            raise UsageError(
                "the tutorial is done on hosts in memory, and these are real",
                help="`vnetsh tutorial`, or `vnetsh --demo` and then `tutorial`",
            )
        if words == ["off"]:
            self._at = None
            return
        if words:
            if len(words) > 1 or not words[0].isdecimal() or not 1 <= int(words[0]) <= len(STEPS):
                raise UsageError(
                    f"the tutorial has the steps 1 to {len(STEPS)}", help="`tutorial off` ends it"
                )
            self._at = int(words[0]) - 1
        elif self._at is None:
            self._at = 0
        self._say()

    def after(self, line: str, session: Session) -> None:
        """A line was done: go on, if that was the step."""
        if self._at is None:
            return
        try:
            fleet = session.observe()
        except VnetshError:
            return
        if STEPS[self._at].done(line.strip(), fleet):
            self._at += 1
            if self._at == len(STEPS):
                self._at = None
                print(f"\n✓ all {len(STEPS)} steps done\n{_END.strip()}")
            else:
                print(f"\n✓ step {self._at} of {len(STEPS)} done")
                self._say()

    def _say(self) -> None:
        assert self._at is not None
        step = STEPS[self._at]
        says = " ".join(dedent(step.says).split())
        print(f"step {self._at + 1} of {len(STEPS)}: {says}\n\n    {step.example}\n")
