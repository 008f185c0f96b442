"""The program that tries ways, on a Linux bridge of the test's own: what it sees, and that nothing of it is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
from own_network import ip, own_network as own_network
from waiting import eventually

from vnetsh_libvirt.outage.prober_session import _BOOT
from vnetsh_libvirt.ways.trying import program

ADDRESS = "10.0.0.2"
_PYTHON = ("unshare", "-m", "sh", "-c", 'mount -t sysfs none /sys && exec python3 -I -S -c "$1"', "sh")
_GUEST = f"""
while ! ip link show g0 >/dev/null 2>&1; do sleep 0.05; done
ip link set g0 up; ip address add {ADDRESS}/24 dev g0; exec python3 -m http.server --bind {ADDRESS} 80
"""


@pytest.fixture
def mac() -> Iterator[str]:
    """A guest's, which is a network of its own behind a port of the bridge `br0`."""
    guest = subprocess.Popen(
        ["unshare", "-n", "sh", "-c", _GUEST],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(0.2)
        ip("link", "add", "br0", "address", "02:00:00:00:00:01", "type", "bridge")
        ip("address", "add", "10.0.0.1/24", "dev", "br0")
        ip("link", "set", "br0", "up")
        own = "02:00:00:00:00:02"
        ip(
            "link",
            "add",
            "g0p",
            "type",
            "veth",
            "peer",
            "name",
            "g0",
            "address",
            own,
            "netns",
            str(guest.pid),
        )
        ip("link", "set", "g0p", "master", "br0", "up")
        assert eventually(lambda: tried(ports=[], tcp=80, seconds=0.5)["holds"])
        yield own
    finally:
        os.killpg(guest.pid, signal.SIGKILL)
        guest.wait()


def begin(**said: Any) -> subprocess.Popen[bytes]:
    usual = {
        "ports": [{"name": "vnetsh-1234567", "bridge": "br0", "vlan": None}],
        "targets": [{"mac": "", "address": ADDRESS}],
        "reaches": True, "seconds": 3, "tcp": 0, "own": "", "count": 0, "loss": 0, "interval": 0.02, "silence": 30,
    }  # fmt: skip
    pipe = subprocess.PIPE
    process = subprocess.Popen([*_PYTHON, _BOOT], stdin=pipe, stdout=pipe, stderr=pipe)
    assert process.stdin
    code = program()
    process.stdin.write(b"%08d" % len(code) + code + json.dumps({**usual, **said}).encode() + b"\n")
    process.stdin.flush()
    return process


def tried(**said: Any) -> Any:
    with begin(**said) as process:
        assert process.stdout
        text = process.stdout.read()
        assert "vnetsh-" not in ip("link")
    return json.loads(text)


def test_what_is_seen(mac: str) -> None:
    beside = {"targets": [{"mac": mac, "address": ADDRESS}]}
    silent = {"targets": [{"mac": mac, "address": "10.0.0.9"}], "seconds": 0.5}
    own, host = {"own": "10.0.0.99/24"}, {"ports": []}
    assert tried(**beside)["senders"][0]["mac"] == mac
    assert tried()["holds"]
    assert not tried(**silent)["holds"]
    assert tried(**silent, reaches=False)["holds"]
    assert not tried(**beside, reaches=False, seconds=0.5)["holds"]
    series = tried(**beside, count=50)
    assert series["holds"]
    assert (series["senders"][0]["sent"], series["senders"][0]["answers"]) == (50, 50)
    assert tried(**own)["holds"]
    assert tried(own="10.0.0.2/24")["taken"] == mac
    refused = tried(**own, tcp=81, seconds=0.5)
    assert (refused["holds"], refused["senders"][0]["why"]) == (False, "Connection refused")
    assert tried(**host)["holds"]
    assert tried(**own, tcp=80)["holds"]
    assert (
        tried(ports=[{"name": "vnetsh-1234567", "bridge": "br9", "vlan": None}])["why"]
        == "there is no such bridge"
    )


@pytest.mark.parametrize("end", ["its input ends", "it is killed"])
def test_what_is_left_of_it(mac: str, end: str) -> None:
    with begin(targets=[{"mac": mac, "address": "10.0.0.9"}], seconds=60) as process:
        assert eventually(lambda: "vnetsh-1234567" in ip("link"))
        assert process.stdin
        process.kill() if end == "it is killed" else process.stdin.close()
        assert eventually(lambda: "vnetsh-" not in ip("link"))
