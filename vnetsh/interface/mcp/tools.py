"""What such a program can call: it looks, plans, and has made what was planned by its hash. Knows no protocol.

All that it says comes from elsewhere: no text of it reads a file of this machine or says how a host is reached, and
none costs more than the limit.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from vnetsh.by_hash import ByHash, Offer, Refused
from vnetsh.diagnostics import ProblemsFound
from vnetsh.errors import VnetshError
from vnetsh.export.exporting import export
from vnetsh.interface import render, render_json
from vnetsh.interface.ask_once import ask_once
from vnetsh.interface.output import for_terminal
from vnetsh.interface.why_not import why_not
from vnetsh.model.change import Impact
from vnetsh.pictures.drawing import picture_of
from vnetsh.pictures.texts import d2, dot, mermaid
from vnetsh.session import Session

LONGEST = 1 << 20
"""Characters of a text that is read at all."""
_DRAWN = {"mermaid": mermaid, "dot": dot, "d2": d2}


class Failed(Exception):
    """What was asked is not done, and why: for whoever asked."""


@contextmanager
def _telling() -> Iterator[None]:
    """Have it said as at a terminal why something is not done."""
    try:
        yield
    except (ProblemsFound, VnetshError) as error:
        code = f"error[{error.code}]: " if isinstance(error, Refused) else ""
        raise Failed(for_terminal(code + why_not(error))) from error
    except RecursionError as error:
        raise Failed("that is nested too deeply") from error


class Tools:
    """The calls, one at a time, on any thread. All raise `Failed`; `most` is None where nothing may be changed."""

    def __init__(self, session: Session, most: Impact | None) -> None:
        self._session, self.most = session, most
        self._offers = ByHash(session, Impact.NONE if most is None else most, asks=False, name="<mcp>")
        self._lock = threading.Lock()
        self._applying = self._ends = False

    def show(self, what: str) -> str:
        """What the hosts hold, as JSON.

        `what`: one or more kinds in the plural, then names, then `on` and hosts: `hosts`, `vms, bridges`,
        `vms web1`, `ports on kvm1`. Kinds are for example hosts, vms, bridges, ports, tunnels, networks, routers,
        disks, snapshots, jobs, runs.
        """
        return self._asked("show", what, "json")

    def why(self, way: str) -> str:
        """Whether packets get from one thing to another, and where they are lost.

        `way`: `web1 -> db1`, or with a protocol and a port `web1 -> 10.0.0.5 tcp 80`.
        """
        return self._asked("why", way, "table")

    def doctor(self, hosts: str = "") -> str:
        """What is wrong with the hosts, and what mends it. `hosts`: only these, such as `kvm1, kvm2`."""
        return self._asked("doctor", f"on {hosts}" if hosts.strip() else "", "table")

    def export(self) -> str:
        """All that the hosts hold as a script of vnetsh's language, which planned again changes nothing."""
        with self._lock, _telling():
            return for_terminal(export(self._session, (), keep_going=True).text)

    def graph(self, format: Literal["mermaid", "dot", "d2"] = "mermaid") -> str:
        """The hosts with their bridges, networks, vms and tunnels as a picture."""
        with self._lock, _telling():
            if format not in _DRAWN:
                raise Failed(f"format {format!r} is none of {', '.join(_DRAWN)}")
            fleet = self._session.observe()
            return for_terminal(_DRAWN[format](picture_of(fleet, self._session.vocabulary, "fleet")))

    def plan(self, script: str) -> dict[str, object]:
        """What a script would change, and what that would cost; touches nothing.

        The script is in vnetsh's language: `bridge br1 on kvm1, kvm2`, `vm web1 on kvm1 memory 1G port br1 vlan 20`,
        `migrate web1 to kvm2`, `delete vm web1`; see `export` for all that there is in it. The answer's `hash` is
        what `apply` takes, where `allowed` is true.
        """
        with self._lock, _telling():
            return self._told(self._offers.plan(self._bounded(script)))

    def plan_undo(self, run: str = "") -> dict[str, object]:
        """What would take a run back; touches nothing. `run`: its number; the last one without it.

        The answer's `hash` is what `apply` takes, where `allowed` is true.
        """
        with self._lock, _telling():
            return self._told(self._offers.plan_undo(self._bounded(run)))

    def apply(self, hash: str) -> dict[str, object]:
        """Make what was planned, by its hash: exactly that and once, on hosts that are as they were then.

        What fails is taken back. The answer is the report; its `run` is what `plan_undo` takes.
        """
        with self._lock, _telling():
            if self.most is None:
                raise Failed("nothing may be changed here: vnetsh was started without `--max-impact`")
            self._applying = True
            try:
                return render_json.report_json(self._offers.apply(hash), self._session.inventory)
            finally:
                self._applying = False
                if self._ends:
                    signal.raise_signal(signal.SIGTERM)

    def ends_later(self) -> bool:
        """Whether a run is under way, which has to come to its end first; then this process is told again to end."""
        self._ends = True
        return self._applying

    def _told(self, offer: Offer) -> dict[str, object]:
        plan = offer.prepared.plan
        text = render.plan_text(plan, self._session.vocabulary, render.Style.plain())
        limit = "nothing may be changed" if self.most is None else str(self.most)
        return {
            "hash": offer.hash,
            "allowed": offer.allowed and self.most is not None,
            "limit": limit,
            "text": for_terminal("".join(f"note: {note}\n" for note in offer.prepared.unseen) + text),
            "plan": render_json.plan_json(plan),
        }

    def _bounded(self, text: str) -> str:
        if len(text) > LONGEST:
            raise Failed(f"a text of {len(text)} characters is longer than {LONGEST}")
        return text

    def _asked(self, verb: str, words: str, format: str) -> str:
        """The answer to one sentence that only asks."""
        with self._lock, _telling():
            return for_terminal(ask_once(self._session, verb, self._bounded(words), "<mcp>", format))
