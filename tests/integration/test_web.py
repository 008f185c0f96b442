"""The live page of real hosts: what others change there is told soon; a run that is broken off or killed is as ever."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from in_lab import command_of, on
from served import Client, Served

from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

MANY = "for i in 1..40 { bridge NAME$i on kvm1, kvm2 }"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as found:
        yield found


@pytest.fixture
def served(lab: Lab, tmp_path: Path) -> Iterator[Served]:
    where = {"VNETSH_LAB_DIR": str(lab.folder), "XDG_STATE_HOME": str(tmp_path)}
    with patch.dict(os.environ, where):
        served = Served(tmp_path, "--write", "--max-impact", "brief", world=("--lab",))
        yield served
        served.process.kill()
        served.process.communicate()


def _until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _begin(client: Client, path: str, body: Mapping[str, str]) -> None:
    _, offer, _ = client.ask(path, body)
    assert "hash" in offer, offer
    status, told, _ = client.ask("/apply", {"hash": offer["hash"], "answer": "yes"})
    assert status == 200, told


def _newest(client: Client) -> Any:
    return client.events("works")["works"][0]


def _made(lab: Lab, name: str) -> int:
    """How many bridges of that name there are."""
    return sum(one.startswith(name) for one in on(lab, "kvm1", "ovs-vsctl", "list-br").split())


def test_what_others_do_is_on_the_page(
    lab: Lab, served: Served, record_property: Callable[[str, object], None]
) -> None:
    client, seen = Client(served.origin), dict[str, float]()

    def follow() -> None:
        request = urllib.request.Request(f"{served.origin}/events?has=", headers=client.headers)
        name = ""
        with urllib.request.urlopen(request, timeout=60) as stream:
            for line in stream:
                key, _, value = line.decode().rstrip("\n").partition(": ")
                name = value if key == "event" else name
                if key == "data" and name == "picture":
                    for piece in json.loads(value)["pieces"]:
                        seen.setdefault(piece, time.monotonic())

    threading.Thread(target=follow, daemon=True).start()
    _until(lambda: "t bridge:kvm2/vswitch01" in seen)
    took = []
    for number in range(5):
        on(lab, "kvm1", "ovs-vsctl", "--no-wait", "add-port", "vswitch01", f"px{number}", "--", "set", "interface",
           f"px{number}", "type=internal")  # fmt: skip
        done = time.monotonic()
        _until(lambda number=number: f"t port:kvm1/px{number}" in seen)  # type: ignore[misc]
        took.append(round(seen[f"t port:kvm1/px{number}"] - done, 3))
        on(lab, "kvm1", "ovs-vsctl", "--no-wait", "del-port", f"px{number}")
    record_property("seconds until the page knows", took)  # wanted: less than 1


def test_a_server_that_ends_takes_back_what_is_under_way(lab: Lab, served: Served) -> None:
    client = Client(served.origin)
    _begin(client, "/plan", {"text": MANY.replace("NAME", "la")})
    _until(lambda: _newest(client)["run"])
    served.end(signal.SIGINT)
    assert served.process.returncode == 0
    run = json.loads(command_of(lab)("--lab", "history", "-o", "json").stdout)[0]
    assert (run["outcome"], _made(lab, "la")) in (("interrupted", 0), ("done", 40))


def test_a_server_that_is_killed_leaves_what_any_run_leaves(lab: Lab, served: Served) -> None:
    client = Client(served.origin)
    _begin(client, "/plan", {"text": MANY.replace("NAME", "lb")})
    _until(lambda: _made(lab, "lb"))
    served.end(signal.SIGKILL)
    served.start()
    client = Client(served.origin)
    run = client.events("runs")["runs"][0]
    assert run["outcome"] in ("cut off", "done")
    _begin(client, "/undo", {"run": run["name"]})
    _until(lambda: _newest(client)["state"] == "done", 60)
    assert _made(lab, "lb") == 0
