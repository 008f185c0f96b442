"""Counts on a lab's hosts how often each broadcast comes to a port."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from conftest import ROOT

from vnetsh_lab.lab import Lab

BROADCASTS = (ROOT / "tests" / "helpers" / "broadcasts.py").read_text()


def inside(lab: Lab, host: str, *arguments: str) -> subprocess.Popen[str]:
    """The helper on a host, in a process of its own."""
    argv, environment = lab.command(host, ["python3", "-c", BROADCASTS, *arguments])
    return subprocess.Popen(argv, env=environment, stdin=-1, stdout=-1, text=True)


class Counted:
    """How often each frame came to each host; filled at the end."""

    def __init__(self) -> None:
        self.by_host: dict[str, Counter[str]] = {}

    def times(self, host: str) -> Counter[int]:
        """How many frames came so often."""
        return Counter(self.by_host[host].values())


@contextmanager
def counted_at(lab: Lab, name: str, ports: Mapping[str, str]) -> Iterator[Counted]:
    """Count the frames of a name at a port of each of these hosts meanwhile."""
    found = Counted()
    counters = {
        host: inside(lab, host, "count", port, name, f"/run/{name}.json") for host, port in ports.items()
    }
    try:
        for counter in counters.values():
            assert counter.stdout
            assert counter.stdout.readline() == "counting\n"
        yield found
        time.sleep(1)
    finally:
        for counter in counters.values():
            counter.communicate(timeout=20)
    for host in ports:
        said = lab.exec(host, ["cat", f"/run/{name}.json"]).stdout
        found.by_host[host] = Counter(json.loads(said))
