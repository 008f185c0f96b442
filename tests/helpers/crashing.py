"""Runs on a lab that are killed at one of their points: what the hosts hold, and which points are tried."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence

from in_lab import LabOperator

from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh_lab import Lab

POINTS = int(os.environ.get("VNETSH_CRASH_POINTS", "2"))  # of all, for each way; scripts/soak takes each
WAYS = ("the script again", "recover", "recover --undo")


def state(lab: Lab) -> list[object]:
    """All that the hosts hold, but for the addresses that a new NIC gets by chance."""
    os.environ["VNETSH_LAB_DIR"] = str(lab.folder)
    plugins = load_plugins()
    with Session(plugins, plugins.worlds["lab"].hosts("")) as session:
        found = session.observe().resources.values()
    return sorted(
        [
            r.kind,
            r.place,
            r.name,
            sorted((k, str(v)) for k, v in r.attributes.items() if k != "mac"),
            r.marked,
        ]
        for r in found
    )


def images(lab: Lab) -> str:
    return "".join(lab.exec(f"kvm{n}", ["ls", "/var/lib/libvirt/images"]).stdout for n in (1, 2))


def crashed(operator: LabOperator, script: str, point: int) -> None:
    done = operator(script, VNETSH_CRASH_AT=str(point))
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr


def undo_all(operator: LabOperator, point: int) -> None:
    while True:
        done = operator("undo")
        if "nothing to undo" in done.stderr:
            return
        history = operator("history").stdout
        assert done.returncode == 0, f"point {point}: {done.stdout}{done.stderr}{history}"


def all_new_or_all_old(
    operator: LabOperator,
    script: str,
    held: Callable[[], object],
    ways: Sequence[str] = WAYS,
    each: Callable[[str], None] = lambda when: None,
) -> None:
    """Run a script, kill it at its points, and see that each of these ways to mend it makes all of it, or nothing.

    `held` is what there is; `each` is looked at after each kill and each mending.
    """
    log = operator.folder / f"points of {ways}"
    before = held()
    operator.good(script, VNETSH_CRASH_LOG=str(log))
    after = held()
    operator.good("undo")
    assert held() == before, "the run was not taken back whole"
    points = len(log.read_text().splitlines())
    assert points > 10
    for way in ways:
        for point in points_of(way, points):
            when = f"point {point}, {way}"
            crashed(operator, script, point)
            each(when)
            operator.good(*([script] if way == "the script again" else way.split()))
            each(when)
            assert held() == (before if way == "recover --undo" else after), when
            undo_all(operator, point)
            assert held() == before, f"{when}, taken back"


def points_of(way: str, points: int) -> list[int]:
    """Evenly spread; each way has others, so that together they see more of them."""
    if points <= POINTS:
        return list(range(1, points + 1))
    first = WAYS.index(way) / len(WAYS)
    return [1 + int(points * (number + first) / POINTS) for number in range(POINTS)]
