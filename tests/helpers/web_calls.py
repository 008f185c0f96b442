"""Hostile sequences of calls of `web --write`: nothing above the limit is made, no stale hash, nothing unasked.

Each round has a fleet in memory of its own, a limit at random, and somebody else who changes hosts in between.
"""

from __future__ import annotations

import asyncio
import json
import random
import string
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from soaking import Findings

from vnetsh import journal
from vnetsh.by_hash import ByHash
from vnetsh.diagnostics import Source
from vnetsh.engine.connections import quiet
from vnetsh.interface.web.guard import HEADER, Guard
from vnetsh.interface.web.http import BadRequest, Request
from vnetsh.interface.web.hub import Hub
from vnetsh.interface.web.live import Live
from vnetsh.interface.web.routes import Routes
from vnetsh.interface.web.whys import Whys
from vnetsh.interface.web.works import Works
from vnetsh.model import Fleet, Resource
from vnetsh.model.change import Impact
from vnetsh.registry import load_plugins
from vnetsh.session import Session

TOKEN = "a-token-of-a-test-0123456789"
CALLS = 14
BEGIN = (
    "bridge lan on kvm1, kvm2; vm web1 on kvm1 port lan vlan 10; vm web2 on kvm2 port lan; start web1; "
    "snapshot web2 as before"
)
TEXTS = (
    "bridge b$n on kvm1", "bridge b$n on kvm2 mtu 1400", "bridge lan on kvm1 mtu $m", "vm v$n on kvm1 port lan",
    "vm v$n on any", "stop web1", "start web1", "delete vm web1", "delete bridge lan", "migrate web1 to kvm2",
    "vm web1 port lan vlan $n", "vm web2 memory ${n}G", "mesh m$n on lan", "tunnel t$n kvm1<->kvm2 on lan key $n",
    "let x $n; bridge b$x on kvm3", "for i in 1..3 { bridge f$i on kvm3 }", "bridge b$n on kvm1; expect vm web1",
    "expect vm web9", "delete vm web9",
)  # fmt: skip
ABOVE = ("revert web2 to before", "delete snapshot web2/before", "reboot web1")
"""What nobody can take back: planned, and made only where the limit forbids it."""
BAD = (
    "\0", "bridge", "bridge <script>x</script> on kvm1", 'include "/etc/passwd"', "host kvm9 address 192.0.2.9",
    "show vms", "watch vms", "capture on web1 to /tmp/x", "cancel 1", "bridge b on kvm9", "for i in 1..$n {", "}" * 50,
    "vm v on kvm1 cloudinit user-data /etc/passwd", "bridge \u202eb on kvm1", "bridge b on kvm1 -- `id`",
)  # fmt: skip
SETTLED = 20.0


def soak_web_calls(rounds: int, seed: int, say: Callable[[str], None]) -> Findings:
    """That many sequences from a seed on."""
    findings, counts = Findings(), Counter[str]()
    findings.each(seed, rounds, say, lambda number: asyncio.run(_Round(number, findings, counts).run()))
    findings.counted(counts, say)
    return findings


def _state(fleet: Fleet) -> Mapping[object, object]:
    """All that there is, but for what passes by itself."""
    return {key: _of(one) for key, one in sorted(fleet.resources.items())}


def _of(one: Resource) -> object:
    return dict(one.attributes), one.parent, one.backend, one.marked, one.owner


@dataclass
class _Offered:
    """What was offered: the plan, and what the places that it touches held."""

    told: Mapping[str, Any]
    places: frozenset[str]
    held: Mapping[object, object]
    text: str
    all: Mapping[object, object]


@dataclass
class _Round:
    """One sequence of calls."""

    number: int
    findings: Findings
    counts: Counter[str]
    offers: dict[str, _Offered] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def expect(self, holds: object, otherwise: str) -> None:
        self.findings.expect(holds, f"seed {self.number}: {otherwise}")

    async def run(self) -> None:
        """Make the calls, and take all back in the end."""
        self.rng = rng = random.Random(self.number)
        plugins = load_plugins()
        with Session(plugins, plugins.worlds["demo"].hosts("3")) as self.session:
            self._by_others(BEGIN)
            self.most = rng.choice(tuple(Impact))
            guard = Guard("127.0.0.1", 8420, (), TOKEN)
            hub, says = Hub({}), list[str]()
            offers = ByHash(self.session, self.most, asks=True, name="<page>")
            live, works = Live(self.session, hub), Works(offers, self.session.vocabulary, hub, says.append)
            self.routes, self.works, self.guard = (
                Routes(guard, hub, live, self.session.vocabulary, Whys(self.session.beside(quiet)), works),
                works,
                guard,
            )
            self.headers = {
                "host": "127.0.0.1:8420", "origin": "http://127.0.0.1:8420", "content-type": "application/json",
                "cookie": guard.lets_in(TOKEN).partition(";")[0], HEADER: guard.said,
            }  # fmt: skip
            begun = _state(self.session.observe())
            first = len(self._runs())
            calls = (
                self._plan,
                self._plan,
                self._undo,
                self._apply,
                self._apply,
                self._apply,
                self._others,
                self._forge,
                self._junk,
            )
            for _ in range(CALLS):
                await rng.choice(calls)()
            await self._end(begun, first)
            live.close()

    def _runs(self) -> list[journal.Run]:
        return [*journal.runs(self.session.runs)]

    def _by_others(self, text: str) -> None:
        self.expect(self.session.apply(self.session.prepare(Source("<other>", text), lock=True)).ok, text)

    def _text(self) -> str:
        rng = self.rng
        text = rng.choice(rng.choices((TEXTS, ABOVE, BAD), (12, 2, 3))[0])
        for name, value in (
            ("${n}", rng.randint(1, 4)),
            ("$n", rng.randint(1, 4)),
            ("$m", rng.randint(1200, 1600)),
        ):
            text = text.replace(name, str(value))
        return text

    async def ask(self, path: str, body: object, **headers: str | None) -> tuple[int, Any]:
        """The status and the answer; who asks so may be anybody."""
        said = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        known = {name: value for name, value in said.items() if value is not None}
        try:
            answer = await self.routes.answer(Request("POST", path, {}, known, data))
        except BadRequest as bad:
            answer = bad.response
        return answer.status, json.loads(
            answer.body
        ) if answer.type == "application/json" and answer.body else {}

    async def _unchanged(self, path: str, body: object, **headers: str | None) -> tuple[int, Any]:
        """Ask for what must change nothing."""
        before, runs = _state(self.session.observe()), len(self._runs())
        status, told = await self.ask(path, body, **headers)
        self._settle()
        self.expect(_state(self.session.observe()) == before, f"{path} {body!r} {headers} has changed hosts")
        self.expect(len(self._runs()) == runs, f"{path} {body!r} {headers} has made a run")
        return status, told

    def _settle(self) -> None:
        until = time.monotonic() + SETTLED
        while self.works.under_way and time.monotonic() < until:
            time.sleep(0.002)
        self.expect(not self.works.under_way, "something does not end")

    def _note(self, told: Mapping[str, Any], text: str) -> None:
        if "hash" not in told:
            self.counts["plans refused"] += 1
            self.expect(told.get("error"), f"{text!r}: neither a plan nor why not")
            return
        self.counts["plans"] += 1
        self.expect(told["allowed"] == (Impact[told["impact"].upper()] <= self.most), f"{text!r}: allowed?")
        changes = [change for segment in told["plan"]["segments"] for change in segment["changes"]]
        places = {c["host"] for c in changes} | {
            str(c["after"]["host"]) for c in changes if c["action"] == "move"
        }
        there = _state(self.session.observe())
        held = {key: one for key, one in there.items() if key[1] in places}  # type: ignore[index]
        self.offers[told["hash"]] = _Offered(told, frozenset(places), held, text, there)
        self.used.discard(told["hash"])

    async def _plan(self) -> None:
        text = self._text()
        _, told = await self._unchanged("/plan", {"text": text})
        self.expect(text not in BAD or "error" in told, f"{text!r} is planned")
        self._note(told, text)

    async def _undo(self) -> None:
        run = self.rng.choice([*(run.name for run in self._runs()), "", "0", "99", "x:1", "../1", "-1", "1 "])
        _, told = await self._unchanged("/undo", {"run": run})
        self._note(told, f"undo {run}")

    async def _apply(self) -> None:
        """By a hash that was offered, at some time, with an answer that may be right."""
        if not self.offers:
            return
        hash = self.rng.choice([*self.offers, [*self.offers][-1], [*self.offers][-1]])
        offer = self.offers[hash]
        right = self._answer(offer)
        answer = self.rng.choice((right, right, right, "", "yes", "y", "web1", right + " "))
        above = not offer.told["allowed"]
        if (offer.text in ABOVE or "web2/before" in str(offer.told["text"])) and not above:
            return  # nobody could take that back
        asked = bool(offer.told["question"]) and answer != right
        now = {k: one for k, one in _state(self.session.observe()).items() if k[1] in offer.places}  # type: ignore[index]
        stale = now != offer.held
        if above or asked or hash in self.used or (stale and offer.told["changes"]):
            kind = "above the limit" if above else "unanswered" if asked else "used or stale"
            if kind == "used or stale" and hash not in self.used and self._only_passing(offer.held, now):
                return  # it may still be true
            status, _ = await self._unchanged("/apply", {"hash": hash, "answer": answer})
            self.expect(kind == "used or stale" or status == 409, f"{kind} is not refused: {offer.text!r}")
            self.counts[f"refused: {kind}"] += 1
            if kind == "used or stale":
                self.used.add(hash)
            return
        runs = len(self._runs())
        status, told = await self.ask("/apply", {"hash": hash, "answer": answer})
        self.expect(status == 200, f"{offer.text!r} is not made: {told}")
        self._settle()
        self.used.add(hash)
        made = len(self._runs()) - runs
        if made == 0 and offer.all != _state(self.session.observe()):
            self.counts["refused: not so elsewhere any more"] += 1  # the vm is on another host by now, say
            return
        self.expect(made == bool(offer.told["changes"]), f"{offer.text!r}: {made} runs")
        self.counts["made"] += bool(offer.told["changes"])

    @staticmethod
    def _only_passing(held: Mapping[object, object], now: Mapping[object, object]) -> bool:
        """Whether nothing came, went or was set: a vm was started, say."""

        def set_(one: object) -> object:
            attributes, *rest = one  # type: ignore[misc]
            return {k: v for k, v in attributes.items() if k not in ("state", "note")}, rest

        return held.keys() == now.keys() and all(set_(held[key]) == set_(now[key]) for key in held)

    def _answer(self, offer: _Offered) -> str:
        question = str(offer.told["question"])
        if not offer.told["typed"]:
            return "yes" if question else ""
        names = question.partition("data is lost of ")[2].partition(": type")[0].split(", ")
        return names[0] if len(names) == 1 else str(len(names))

    async def _others(self) -> None:
        """Somebody else changes something."""
        text = self._text()
        if text in (*BAD, *ABOVE):
            return
        try:
            self.session.apply(self.session.prepare(Source("<other>", text), lock=True))
            self.counts["changes by others"] += 1
        except Exception:  # it is refused: `delete vm web9`
            self.session.release()

    async def _forge(self) -> None:
        """What no page of ours would say; the newest offer is what it is about, or a new plan."""
        rng = self.rng
        hash = [*self.offers][-1] if self.offers else "0" * 64
        answer = self._answer(self.offers[hash]) if hash in self.offers else ""
        good = rng.choice(
            (("/apply", {"hash": hash, "answer": answer}), ("/plan", {"text": "bridge b9 on kvm1"}))
        )
        wrong: Mapping[str, str | None] = rng.choice((
            {"host": "evil.example"}, {"host": "evil.example:8420"}, {"host": None}, {"host": "127.0.0.1.evil.example"},
            {"host": "localhost@evil"}, {"host": ""}, {"origin": "http://evil.example"}, {"origin": None},
            {"origin": "null"}, {"origin": "http://127.0.0.1:8421"}, {"origin": "http://127.0.0.1:8420.evil.example"},
            {"cookie": None}, {"cookie": "vnetsh-8420=1.2"}, {"cookie": "vnetsh-8420=99999999999."},
            {"cookie": f"{self.headers['cookie'][:-1]}"}, {"cookie": f"vnetsh-8420={TOKEN}"},
            {"x_vnetsh_token": None}, {"x_vnetsh_token": ""}, {"x_vnetsh_token": TOKEN},
            {"x_vnetsh_token": self.guard.said[:-1]}, {"content_type": "text/plain"}, {"content_type": None},
            {"content_type": "application/x-www-form-urlencoded"}, {"sec_fetch_site": "cross-site"},
            {"sec_fetch_site": "same-site"},
        ))  # fmt: skip
        status, _ = await self._unchanged(*good, **wrong)
        self.expect(status in (401, 403, 415, 421), f"{wrong}: {status}")
        self.counts["forged"] += 1

    async def _junk(self) -> None:
        """Bodies, paths and hashes that are none."""
        rng = self.rng
        known = [*self.offers] or ["0" * 64]
        hash = rng.choice(known)
        noise = "".join(rng.choices(string.printable, k=rng.randint(0, 80)))
        flipped = hash[:-1] + ("0" if hash[-1] != "0" else "1")
        body: object = rng.choice((
            {}, [], None, "x", 7, {"hash": flipped, "answer": "yes"}, {"hash": hash.upper() + " "}, {"hash": ""},
            {"hash": [hash]}, {"hash": {"$ne": ""}}, {"hash": None}, {"hash": noise, "answer": noise}, {"text": 7},
            {"text": ["bridge b on kvm1"]}, {"run": 1}, {"run": noise}, {"work": noise}, {"work": True},
            {"work": 10**30},
            {"work": -1}, noise.encode(), b"\xff\xfe", b"[" * 5000, b'{"hash": "' + hash.encode(), {noise: noise},
            {"text": noise}, {"text": "bridge b on kvm1\n" * 3000}, {"from": noise, "to": noise},
            {"from": "vm:kvm1/web1", "to": "host:kvm2; delete vm web1"},
        ))  # fmt: skip
        path = rng.choice(
            (
                "/apply",
                "/plan",
                "/undo",
                "/end",
                "/confirm",
                "/look",
                "/why",
                "/",
                "/events",
                "/run",
                "/apply/",
                "//apply",
                "/x",
            )
        )
        status, told = await self._unchanged(path, body)
        self.expect(status < 500, f"{path} {body!r}: {status}")
        if "hash" in told:
            self._note(told, noise)
        self.counts["junk"] += 1

    async def _end(self, begun: Mapping[object, object], first: int) -> None:
        """Every run can be taken back, the newest first; and all is then as it was."""
        made = self._runs()
        for run in made[: len(made) - first]:
            if (run := journal.again(run)).taken_back_by or not run.standing():
                continue
            report = self.session.apply(self.session.take_back(run))
            self.expect(report.ok, f"run {run.name} cannot be taken back: {report.failures}")
            if not report.ok:
                return
            self.counts["taken back"] += 1
        self.expect(_state(self.session.observe()) == begun, "it is not as it was before")
