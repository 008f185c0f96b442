"""Routers on a lab with OVN, by packets of guests and of the world outside: networks, gateways, peers, ways in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator
from ovn_guests import OUTSIDE, End, Guests
from waiting import eventually

from vnetsh_lab import running
from vnetsh_lab.lab import Lab

pytestmark = pytest.mark.lab

NETWORKS = f"""
zone a on kvm1, kvm2, kvm3 cluster region1 bridges vswitch01
network public external bridge vswitch01 subnet 10.77.0.0/24 gateway {OUTSIDE}
tenant acme {{
    network web subnet 10.0.1.0/24, fd01::/64 dhcp
    network db subnet 10.0.2.0/24
}}
tenant blue {{ network web subnet 10.0.3.0/24, fd03::/64 dhcp }}
"""
ROUTERS = """
tenant acme {
    router r1 networks web, db uplink public address 10.77.0.101 snat gateways kvm1, kvm2
    hop r1 10.9.0.0/16 via 10.0.1.11
}
router blue/r1 networks blue/web
peer acme/r1<->blue/r1
eip 10.77.0.120 to 10.0.1.11
forward 10.77.0.101 tcp 80 to 10.0.2.11 port 8080
"""
GONE = 30.0
"""Seconds in which another gateway has certainly taken over; it takes three."""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=3, ovn="one") as found:
        yield found


@pytest.fixture(scope="module")
def run(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> LabOperator:
    """`vnetsh --lab …`"""
    return LabOperator.of(lab, tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="module")
def guests(lab: Lab, run: LabOperator) -> Guests:
    """A guest in each network, none on the router's first gateway."""
    run.good("--yes", "-c", NETWORKS)
    guests = Guests(lab)
    guests.guest("kvm2", "web01", "acme/web", "10.0.1.11/24", "10.0.1.1")
    guests.guest("kvm3", "db01", "acme/db", "10.0.2.11/24", "10.0.2.1")
    guests.guest("kvm2", "blue01", "blue/web", "10.0.3.11/24", "10.0.3.1")
    return guests


@pytest.fixture(scope="module")
def outside(guests: Guests) -> End:
    """The world outside."""
    found = guests.outside()
    found.serves(8000, "outside")
    return found


def no_changes(run: LabOperator, script: str) -> bool:
    return run.good("plan", "-c", script) == "no changes\n"


def test_routers_join_networks_and_lead_outside_and_in(
    run: LabOperator, guests: Guests, outside: End, tmp_path: Path
) -> None:
    web, db, blue = (guests.ends[name] for name in ("web01", "db01", "blue01"))
    assert not web.pings("10.0.2.11", count=1)
    before = guests.dump()
    run.good("--yes", "-c", ROUTERS)
    assert no_changes(run, ROUTERS)

    for end, port, name in ((web, 80, "web"), (db, 8080, "db"), (web, 81, "web")):
        end.serves(port, name)
    assert web.pings("10.0.2.11", count=3)
    assert blue.pings("10.0.1.11", count=3)
    assert not blue.pings(OUTSIDE, count=1)  # what lies beyond a peer does not belong to it
    assert db.asks(OUTSIDE, 8000) == "outside 10.77.0.101"
    assert web.asks(OUTSIDE, 8000) == "outside 10.77.0.120"
    assert outside.asks("10.77.0.120", 81) == f"web {OUTSIDE}"
    assert outside.asks("10.77.0.101", 80) == f"db {OUTSIDE}"
    assert not outside.asks("10.77.0.101", 8080)

    exported = tmp_path / "exported.vnet"
    exported.write_text(run.good("export", "routers", "hops", "peers", "eips", "forwards"))
    said = [line for line in exported.read_text().splitlines() if line and not line.startswith("#")]
    assert sorted(line.split()[0] for line in said) == ["eip", "forward", "hop", "peer", "router", "router"]
    assert run.good("plan", str(exported)) == "no changes\n"

    run.on("kvm1", "kill $(cat /run/ovn/ovn-northd.pid)")
    guests.lab.up(hosts=3, ovn="one")
    assert no_changes(run, ROUTERS)
    assert outside.asks("10.77.0.120", 81) == f"web {OUTSIDE}"

    run.good("--yes", "undo")
    assert guests.dump() == before
    assert not web.pings("10.0.2.11", count=1)
    assert not outside.pings("10.77.0.120", count=1)


def test_what_others_made_is_exported_kept_and_restored(
    run: LabOperator, guests: Guests, tmp_path: Path
) -> None:
    chassis = run.on("kvm1", "ovs-vsctl get open . external_ids:system-id").strip('"')
    guests.northbound(
        "-- lr-add theirs -- lrp-add theirs theirs-db 02:00:00:00:aa:01 10.0.2.1/24"
        " -- lsp-add acme/db db-theirs -- lsp-set-type db-theirs router -- lsp-set-addresses db-theirs router"
        " -- lsp-set-options db-theirs router-port=theirs-db"
        " -- lrp-add theirs theirs-out 02:00:00:00:aa:02 10.77.0.141/24 -- lsp-add public out-theirs"
        " -- lsp-set-type out-theirs router -- lsp-set-addresses out-theirs router"
        " -- lsp-set-options out-theirs router-port=theirs-out"
        f" -- lrp-set-gateway-chassis theirs-out {chassis} 20 -- lr-route-add theirs 0.0.0.0/0 {OUTSIDE}"
        " -- lr-route-add theirs 10.44.0.0/16 discard -- lr-policy-add theirs 1000 ip4.src==10.0.2.7 drop"
        " -- lr-nat-add theirs snat 10.77.0.141 10.0.2.0/24"
        " -- lr-nat-add theirs dnat_and_snat 10.77.0.142 10.0.2.11"
    )
    exported = tmp_path / "exported.vnet"
    exported.write_text(run.good("export", "routers", "hops", "eips"))
    text = exported.read_text()
    assert (
        "router theirs cluster region1 networks acme/db uplink public address 10.77.0.141 snat gateways kvm1"
        in text
    )
    assert "policy 1000" in text
    assert "route 10.44.0.0/16 by discard" in text
    assert run.good("plan", str(exported)) == "no changes\n"

    before = guests.dump()
    run.good("--yes", "-c", "router theirs networks acme/db, acme/web; delete router theirs")
    assert " theirs" not in guests.northbound("lr-list")
    run.good("--yes", "undo")
    assert guests.dump() == before
    guests.northbound("lr-del theirs -- lsp-del db-theirs -- lsp-del out-theirs")


def test_a_gateway_moves_and_another_takes_over_when_its_host_dies(
    run: LabOperator, lab: Lab, guests: Guests, outside: End
) -> None:
    run.good("--yes", "-c", ROUTERS)
    db = guests.ends["db01"]
    assert db.pings(OUTSIDE, count=5)
    gap = db.longest_gap(OUTSIDE, 4)
    time.sleep(1)
    plan = run.good("--yes", "-c", "router acme/r1 gateways kvm2, kvm1")
    assert "brief (its gateway moves from kvm1 to kvm2)" in plan
    assert gap.result() < 3
    assert gateway(run) == chassis_of(run, "kvm2")

    lab.kill("kvm2")
    assert eventually(lambda: db.pings(OUTSIDE, count=1), seconds=GONE)
    assert gateway(run) == chassis_of(run, "kvm1")


def gateway(run: LabOperator) -> str:
    """The chassis by which the only router with an uplink leads outside."""
    bound = "ovn-sbctl --bare --columns=chassis find port_binding type=chassisredirect"
    return run.on("kvm1", f"ovn-sbctl --bare --columns=name list chassis $({bound})")


def chassis_of(run: LabOperator, host: str) -> str:
    return run.on(host, "ovs-vsctl get open . external_ids:system-id").strip('"')
