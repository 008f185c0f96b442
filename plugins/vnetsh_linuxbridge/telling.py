"""What a host's kernel tells when somebody wants to see it: its version, since when it is up, its links' counters."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

from vnetsh.backend import Counters
from vnetsh.hosts.transport import Ask
from vnetsh.model import Attributes, Key, Resource, link_of

KERNEL, UP_SINCE = "kernel", "up-since"


def about(ask: Ask) -> Attributes:
    """The kernel's version, and when it booted, by this machine's clock."""
    lines = ask(["sh", "-c", "uname -r; cat /proc/uptime"]).stdout.splitlines()
    if len(lines) < 2:
        return {}
    booted = datetime.fromtimestamp(time.time() - float(lines[1].split()[0]))
    return {KERNEL: lines[0].strip(), UP_SINCE: f"{booted:%Y-%m-%d %H:%M}"}


def counters(resources: Sequence[Resource], ask: Ask) -> Mapping[Key, Counters]:
    """Those of the links that there are; what a bridge's port takes is what is sent by whoever is behind it."""
    wanted = {link_of(one): one for one in resources}
    told = ask(["ip", "-json", "-statistics", "link", "show"]).stdout
    found = {}
    for link in json.loads(told or "[]"):
        one, stats = wanted.get(link.get("ifname", "")), link.get("stats64") or link.get("stats")
        if one and stats:
            found[one.key] = _seen(stats["rx"], stats["tx"], turned=one.kind == "bridge")
    return found


def _seen(takes: Mapping[str, int], gives: Mapping[str, int], *, turned: bool) -> Counters:
    """A bridge's own device is its host's end: what it takes is received there."""
    sent, received = (gives, takes) if turned else (takes, gives)
    errors, drops = (takes.get(word, 0) + gives.get(word, 0) for word in ("errors", "dropped"))
    counted = received.get("bytes"), received.get("packets"), sent.get("bytes"), sent.get("packets")
    return Counters(*counted, errors, drops)
