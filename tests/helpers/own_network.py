"""A network of the test's own, and what `ip` says of its links."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
from collections.abc import Iterator

import pytest

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
DEVICES = ("nic0", "nic1", "nic2")


@pytest.fixture(autouse=True)
def own_network() -> Iterator[None]:
    """A network namespace for this test alone, with a few devices; it is gone when the test is."""
    outer = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        assert LIBC.unshare(CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            for device in DEVICES:
                ip("link", "add", device, "type", "veth", "peer", "name", f"{device}-peer")
            yield
        finally:
            assert LIBC.setns(outer, CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
    finally:
        os.close(outer)


def ip(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def links() -> object:
    """Every link as `ip` shows it, without what changes by itself, where tunnels send to, and VLANs of bridges."""
    told: dict[str, object] = {}
    for entry in json.loads(ip("-json", "-details", "link", "show")):
        info = entry.get("linkinfo", {})
        data = info.get("info_data", {})
        told[entry["ifname"]] = (
            info.get("info_kind"),
            entry.get("master"),
            "UP" in entry["flags"],
            entry.get("ifalias"),
            entry["mtu"],
            entry.get("altnames"),
            {k: v for k, v in data.items() if "timer" not in k and k not in ("bridge_id", "root_id")},
            {
                k: v
                for k, v in info.get("info_slave_data", {}).items()
                if k in ("hairpin", "isolated", "learning")
            },
        )
    vlans = bridged("-compressvlans", "vlan", "show")
    return told, sorted(line for line in bridged("fdb", "show").splitlines() if " dst " in line), vlans


def bridged(*arguments: str) -> str:
    """What `bridge` says."""
    command = ["bridge", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
