"""`scripts/cloud.vnet` on the lab, as a reader runs it: by packets of its guests and of the world outside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from in_lab import LabOperator
from waiting import eventually

from vnetsh_lab import running
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab

SCRIPT = str(ROOT / "scripts/cloud.vnet")
PAGE = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 {} 80 2>/dev/null | tail -n 1"
OUTSIDE = """
import sys, urllib.request
try:
    print(urllib.request.urlopen(f"http://{sys.argv[1]}", timeout=2).read().decode().strip())
except OSError as error:
    print("no answer")
"""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=2, guests=["full"], ovn="one") as lab:
        yield LabOperator.of(lab, Path(tmp_path_factory.mktemp("cloud")))


def from_outside(reader: LabOperator, address: str) -> str:
    done = reader.lab.exec("kvm2", ["python3", "-c", OUTSIDE, address], timeout=20)
    return done.stdout.strip()


def proved(reader: LabOperator) -> None:
    """Web servers answer outside and each other, the database only them; nobody else, and both tenants are apart."""
    assert eventually(lambda: from_outside(reader, "10.77.0.111") == "full", 30)
    with GuestConsole(reader.lab, "acme-web2") as web:
        assert eventually(lambda: web.run(PAGE.format("10.0.2.11")).strip() == "full", 30)
        assert web.run(PAGE.format("10.0.1.100")).strip() == "full", "by the load balancer"
        assert "0 packets received" in web.run("ping -c 2 -W 1 10.0.2.11; true"), (
            "the database takes tcp 80 alone"
        )
        assert "1 packets received" in web.run("ping -c 1 -W 1 10.77.0.1; true"), "out by the router"
    with GuestConsole(reader.lab, "blue-web") as blue:
        assert "0 packets received" in blue.run("ping -c 2 -W 1 10.0.1.12; true")
        assert blue.run(PAGE.format("10.0.2.11")).strip() == "", "nobody else reaches the database"


def test_the_cloud_of_the_class(reader: LabOperator) -> None:
    assert "verified" in reader.good("--yes", SCRIPT)
    proved(reader)
    assert "no changes" in reader.good("plan", SCRIPT)
    said = reader.good(
        "export", "zones", "tenants", "networks", "routers", "groups", "vms", "eips", "loadbalancers"
    )
    assert "no changes" in reader.good("plan", "-c", said)
    reader.good("--yes", "-c", "migrate acme-web1 to kvm2")
    for daemon in ("ovn-northd", "ovn-controller"):
        reader.on("kvm1", f"kill -9 $(cat /run/ovn/{daemon}.pid)")
    reader.lab.up(2)
    proved(reader)
    reader.good("--yes", "undo")
    reader.good("--yes", "undo")
    assert reader.on("kvm1", "ovn-nbctl show; ovn-sbctl show") == ""
