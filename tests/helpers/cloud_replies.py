"""Random clouds whose replies, requests and connections are lost on the way, in each phase of a run.

`soak_cloud_replies(rounds, seed)` is for long runs; the test suite does a few.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from random import Random
from unittest.mock import patch

from random_clouds import Cloud
from relay import Relay
from scratch_ovn import ScratchOvn, look, scratch_ovn
from soaking import Findings

from vnetsh import journal
from vnetsh.diagnostics import Source

COMMITS = {
    "the reply to a commit is lost": ["after"],
    "a commit is lost": ["before"],
    "a commit is lost, and then its reply": ["before", "after"],
}
CUT = (
    ("northbound", "monitor_cond_since"),
    ("northbound", "_Server"),
    ("northbound", '"hv_cfg"'),
    ("southbound", "Chassis_Private"),
    ("southbound", "SB_Global"),
    ("southbound", "Encap"),
)
"""Which database's connection is cut, and by which request."""


def soak_cloud_replies(
    rounds: int, seed: int = 1, say: Callable[[str], None] = lambda text: None
) -> Findings:
    """Rounds with the seeds from that one on: a cloud by itself, and the same with something lost."""
    found, counts = Findings(), Counter[str]()
    with (
        tempfile.TemporaryDirectory() as state,
        patch.dict(os.environ, XDG_STATE_HOME=state),
        scratch_ovn() as one,
        scratch_ovn() as other,
        closing(Relay(one.northbound)) as northbound,
        closing(Relay(one.southbound)) as southbound,
    ):
        relays = {"northbound": northbound, "southbound": southbound}
        found.each(seed, rounds, say, lambda number: _round(number, one, other, relays, found, counts))
    found.counted(counts, say)
    return found


def _round(
    seed: int,
    one: ScratchOvn,
    other: ScratchOvn,
    relays: dict[str, Relay],
    found: Findings,
    counts: Counter[str],
) -> None:
    random = Random(seed)
    cloud = Cloud(random)
    for ovn in (one, other):
        ovn.clear()
        ovn.chassis(cloud.bridges)
    with other.session() as session:
        assert session.apply(session.prepare(Source("<cloud>", cloud.text))).ok
        after = look(other.rows())
    for relay in relays.values():
        relay.cuts.clear()
        relay.faults.clear()
    with one.session(*(relay.path for relay in relays.values())) as session:
        what = _planted(random, relays)
        report = session.apply(session.prepare(Source("<cloud>", cloud.text)))
        rows = look(one.rows())
        happened = not any(relay.cuts or relay.faults for relay in relays.values())
        counts[
            f"{what}: {'done' if report.ok else 'undone'}"[: None if happened else 0] or "nothing lost"
        ] += 1
        said = f"seed {seed}: {what}: {[failure.message for failure in report.failures]}"
        if rows != (after if report.ok else []):
            found.failures.append(f"{said}: {len(rows)} rows, not {len(after)} or none\n{cloud.text}")
        run = next(journal.runs(session.runs))
        if (run.outcome == "done") is not report.ok or run.half_made():
            found.failures.append(f"{said}: the journal says {run.outcome!r}, {run.half_made()} half made")
        again = session.prepare(Source("<cloud>", cloud.text)).plan.changes
        if bool(again) is report.ok:
            found.failures.append(f"{said}: then {len(again)} changes are planned")


def _planted(random: Random, relays: dict[str, Relay]) -> str:
    """Have something be lost that comes next; what it is, in words."""
    if random.random() < 0.5:
        what = random.choice([*COMMITS])
        for when in COMMITS[what]:
            relays["northbound"].faults.append(
                (lambda forward: forward()) if when == "after" else (lambda forward: None)
            )
        return what
    database, word = random.choice(CUT)
    passed = random.random() < 0.5
    relays[database].cuts.append((word, passed))
    return f"{database} cut {'after' if passed else 'before'} {word}"
