"""`scripts/cloud.vnet` on the lab, as a reader runs it: by packets of its guests and of the world outside."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from in_lab import LabOperator
from waiting import eventually

from vnetsh_lab import running
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab

SCRIPT = str(ROOT / "scripts/cloud.vnet")
DAEMONS = [[("kvm1", "ovn/ovn-northd"), ("kvm1", "ovn/ovn-controller"), ("kvm2", "openvswitch/ovs-vswitchd")]]
"""Those that are killed, together, by the files that tell their PIDs; `scripts/soak` kills each alone, too."""
if "VNETSH_CLOUD_RESTARTS" in os.environ:
    ON_EACH = ("ovn/ovn-controller", "openvswitch/ovs-vswitchd", "openvswitch/ovsdb-server")
    DAEMONS += [[("kvm1", daemon)] for daemon in ("ovn/ovn-northd", "ovn/ovnnb", "ovn/ovnsb")]
    DAEMONS += [[(host, daemon)] for daemon in ON_EACH for host in ("kvm1", "kvm2")]
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


def told(reader: LabOperator) -> None:
    """What `why` tells is what packets do, whatever is done by hand; who cannot be told of is not expected away."""

    def why(way: str) -> dict[str, Any]:
        found = json.loads(reader("-o", "json", "-c", f"why {way}").stdout)
        assert isinstance(found, dict)
        return found

    def says(way: str) -> str:
        return "; ".join(hop["says"] for hop in why(way)["hops"])

    asked = "acme-web1 -> acme-db tcp 80"
    assert why(asked)["arrives"]
    assert "router acme/r1" in says(asked)
    assert "`allow acme/webs -> acme/dbs tcp`" in says(asked)
    assert "geneve to kvm2" in says(asked)
    stops = why("acme-web1 -> acme-db tcp 22")["stops"]
    assert (stops["name"], stops["mend"]) == ("acme/dbs", "allow acme/webs -> acme/dbs tcp 22, 80")
    assert "eip 10.77.0.111: its target is 10.0.1.11" in says("10.77.0.200 -> acme-web1 tcp 80")
    assert "loadbalancer acme/www: to 10.0.1.11:80 or" in says("acme-db -> 10.0.1.100 tcp 80")
    assert "snat: it goes on as 10.77.0.101" in says("acme-db -> 10.77.0.1")
    assert "acme-web1 is on another network" in why("blue-web -> acme-web1")["stops"]["says"]
    both = "expect no tcp acme-web1 -> acme-db port 22; expect tcp acme-web1 -> acme-db port 80"
    reader.good("-c", f"{both}; expect no ping acme-web1 -> acme-db; expect no ping blue-web -> acme-web2")
    assert reader("-c", "expect no tcp acme-web1 -> acme-db port 80").returncode == 1

    reader.on("kvm1", 'ovn-nbctl --type=port-group acl-del group.acme.dbs to-lport 1500 "$(' + _MATCH + ')"')
    assert why(asked)["stops"]["mend"] == "allow acme/webs -> acme/dbs tcp 80"
    reader.good("--yes", "-c", f"{why(asked)['stops']['mend']}; expect tcp acme-web1 -> acme-db port 80")

    number = reader.on("kvm2", "ovs-vsctl get interface acme-db_port1 external_ids:iface-id")
    reader.on("kvm2", "ovs-vsctl remove interface acme-db_port1 external_ids iface-id")
    stops = why(asked)["stops"]
    assert (stops["kind"], stops["name"]) == ("host", "kvm2")
    reader.on("kvm2", f"ovs-vsctl set interface acme-db_port1 external_ids:iface-id={number}")
    assert eventually(lambda: why(asked)["arrives"], 10)

    reader.on("kvm2", "kill -STOP $(cat /run/ovn/ovn-controller.pid)")
    assert "ovn-controller does not answer" in why(asked)["notes"][0]["says"]
    unsure = reader("-c", "expect no tcp acme-web1 -> acme-db port 22")
    assert unsure.returncode == 1
    assert "E476" in unsure.stderr
    reader.on("kvm2", "kill -CONT $(cat /run/ovn/ovn-controller.pid)")
    assert eventually(lambda: not why(asked)["notes"], 20), "it follows again, and vms can move there"


_MATCH = "ovn-nbctl --bare --columns=match find acl priority=1500 | grep acme.dbs"


def test_the_cloud_of_the_class(reader: LabOperator) -> None:
    assert "verified" in reader.good("--yes", SCRIPT)
    proved(reader)
    told(reader)
    assert "no changes" in reader.good("plan", SCRIPT)
    said = reader.good(
        "export", "zones", "tenants", "networks", "routers", "groups", "vms", "eips", "loadbalancers"
    )
    assert "no changes" in reader.good("plan", "-c", said)
    reader.moved("--yes", "-c", "migrate acme-web1 to kvm2")
    mac = reader.on(
        "kvm1", "ovn-nbctl --bare --columns=external_mac find nat external_ip=10.77.0.111"
    ).strip()
    known = reader.on("kvm2", f"ovs-appctl fdb/show vswitch01 | grep -i {mac}").split()[0]
    port = "ovs-vsctl get interface patch-public:outside-to-br-int ofport"
    assert known == reader.on("kvm2", port).strip(), "its address outside is found on kvm2"
    for together in DAEMONS:
        for host, daemon in together:
            reader.on(host, f"kill -9 $(cat /run/{daemon}.pid)")
        reader.lab.up(2)
        proved(reader)
    for _ in range(3):  # the move, the rule that was said again, the script
        reader.good("--yes", "undo")
    assert reader.on("kvm1", "ovn-nbctl show; ovn-sbctl show") == ""
