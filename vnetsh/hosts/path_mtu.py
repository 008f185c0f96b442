"""How large packets reach other hosts whole: tried from one host, by its own Python."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from vnetsh.errors import BackendRefused
from vnetsh.hosts import path_prober
from vnetsh.hosts.python import python
from vnetsh.hosts.transport import Transport

SECONDS = 20.0
"""What the tries to all addresses may take: they are made at once, and one that finds a narrow place takes some."""


@dataclass(frozen=True)
class Way:
    """From an address of a host, which its `device` has, to another one; its tunnels' packets leave by `link`.

    `size` is the size of whole packets that is hoped for.
    """

    address: str
    source: str
    device: str
    link: str
    size: int


def passing(transport: Transport, ways: Sequence[Way]) -> Mapping[str, tuple[int, int]]:
    """By address the largest packet that came back, 0 where none did, and the largest that was tried.

    Raises `BackendRefused` with the program's own words, `HostUnreachable`.
    """
    code = Path(path_prober.__file__).read_text()
    done = transport.run(python(code, json.dumps([astuple(way) for way in ways])), timeout=SECONDS)
    if done.returncode:
        raise BackendRefused(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "it was ended")
    return {address: (int(best), int(tried)) for address, (best, tried) in json.loads(done.stdout).items()}
