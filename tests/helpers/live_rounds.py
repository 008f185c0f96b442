"""Changes that others make on the lab's hosts, and when a shell's completion knows of them."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from unittest.mock import patch

from in_lab import on
from soaking import Findings

from vnetsh.interface.shell.inventory import LiveInventory
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh_lab.lab import Lab

_DOMAIN = """<domain type='qemu'><name>{}</name><memory>65536</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os></domain>"""

_WAYS = {
    "ovs-vsctl": (
        "bridge",
        "ovs-vsctl add-br {0} -- set bridge {0} datapath_type=netdev",
        "ovs-vsctl del-br {0}",
    ),
    "virsh": ("vm", "virsh define /dev/stdin", "virsh undefine {0}"),
    "ip": ("bridge", "ip link add {0} type bridge", "ip link del {0}"),
}
"""By whom something is made and removed, and of which kind it is."""

_ALLOWED = 1.0  # seconds until a change is known, on a machine that has time
_LATE = 10.0  # on one that has none: after that it was missed


def soak_live(lab: Lab, rounds: int, folder: Path) -> Findings:
    """Make or remove something `rounds` times, one by one, then as many at once as there are hosts and ways."""
    found, took = Findings(), list[float]()
    with (
        patch.dict(os.environ, {"VNETSH_LAB_DIR": str(lab.folder), "XDG_STATE_HOME": str(folder)}),
        Session(plugins := load_plugins(), plugins.worlds["lab"].hosts("")) as session,
    ):
        live = LiveInventory(session)
        live.start()
        try:
            found.expect(_until(lambda: not live.now.waiting, 60), "the hosts were not looked at")
            before = _names(live)
            _one_by_one(lab, live, rounds, found, took)
            _at_once(lab, live, found)
            found.expect(_until(lambda: _names(live) == before, _LATE), "something is left over")
            session.connections.try_again()
            fresh = session.observe()
            real = {(one.kind, one.name, one.place) for one in fresh.resources.values()}
            known = {(one.kind, one.name, one.place) for one in live._watching.fleet.resources.values()}
            found.expect(real == known, f"what is known differs from what is there: {sorted(real ^ known)}")
        finally:
            live.close()
    most = sorted(took)
    within = sum(one <= _ALLOWED for one in took)
    cuts = quantiles(took, n=100, method="inclusive") if len(took) > 1 else [0.0] * 99
    found.notes.append(
        f"{len(took)} changes; known after {cuts[49] * 1000:.0f} ms (median), {cuts[98] * 1000:.0f} ms (99 of 100), "
        f"{most[-1] * 1000:.0f} ms (the slowest); {within} within {_ALLOWED:g} s"
    )
    return found


def _one_by_one(lab: Lab, live: LiveInventory, rounds: int, found: Findings, took: list[float]) -> None:
    chance = random.Random(1)
    there: dict[str, tuple[str, str]] = {}
    hosts = [host.name for host, _ in lab.running()]
    while found.rounds < rounds or there:
        found.rounds += 1
        if found.rounds >= rounds or (there and chance.random() < 0.5):
            name = chance.choice(sorted(there))
            host, way = there.pop(name)
            gone = True
        else:
            name, host, way = f"l{found.rounds}", chance.choice(hosts), chance.choice(sorted(_WAYS))
            there[name] = host, way
            gone = False
        kind = _change(lab, host, way, name, gone=gone)
        began = time.monotonic()

        def as_it_is(kind: str = kind, name: str = name, host: str = "" if gone else host) -> bool:
            return live.now.names.get(kind, {}).get(name, "") == host

        found.expect(_until(as_it_is, _LATE), f"{way}: {name} on {host} was missed")
        took.append(time.monotonic() - began)


def _at_once(lab: Lab, live: LiveInventory, found: Findings) -> None:
    """Swarms of changes, of which only what is there in the end counts."""
    for host, _ in lab.running():
        for way, (kind, _, _) in _WAYS.items():
            for number in range(10):
                _change(lab, host.name, way, f"s{number}{way[:2]}", gone=False)
                if number % 2:
                    _change(lab, host.name, way, f"s{number}{way[:2]}", gone=True)
            wanted = {f"s{number}{way[:2]}" for number in range(0, 10, 2)}

            def known(kind: str = kind, way: str = way, wanted: set[str] = wanted) -> bool:
                return {
                    n for n in live.now.names.get(kind, {}) if n[:1] == "s" and n[2:] == way[:2]
                } == wanted

            found.expect(_until(known, _LATE), f"{host.name}: a swarm by {way} is not known as it is")
            for name in wanted:
                _change(lab, host.name, way, name, gone=True)
            found.expect(
                _until(
                    lambda wanted=wanted, kind=kind: not wanted & set(live.now.names.get(kind, {})), _LATE
                ),  # type: ignore[misc]
                f"{host.name}: a swarm by {way} is left over",
            )


def _change(lab: Lab, host: str, way: str, name: str, *, gone: bool) -> str:
    """Make something by hand, or remove it; its kind."""
    kind, make, unmake = _WAYS[way]
    command = (unmake if gone else make).format(name)
    on(lab, host, *command.split(), input=_DOMAIN.format(name) if way == "virsh" and not gone else "")
    return kind


def _names(live: LiveInventory) -> dict[str, set[str]]:
    return {kind: set(names) for kind, names in live.now.names.items() if names and kind != "run"}


def _until(condition: Callable[[], object], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
