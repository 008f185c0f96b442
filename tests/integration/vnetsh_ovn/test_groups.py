"""Groups, rules and load balancers on the lab, as packets of guests and of the outside tell them."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from in_lab import LabOperator, on
from ovn_probing import Guest, Guests

from vnetsh_lab import running

pytestmark = pytest.mark.lab

NETWORKS = """
tenant acme { network web subnet 10.0.1.0/24; network db subnet 10.0.2.0/24 }
tenant blue { network web subnet 10.0.1.0/24 }
network other subnet 10.9.0.0/24
router r1 networks acme/web, acme/db, other
"""
GROUPS = """
tenant acme {
    group webs members web01, web02
    group dbs members db01
    allow any -> webs tcp 80
    allow webs -> dbs tcp 3306
}
"""
WEB, DB, OUT = "10.0.1.1", "10.0.2.1", "10.9.0.1"
GUESTS = (
    Guest("web01", "kvm1", "acme/web", "02:00:00:00:01:11", "10.0.1.11", WEB, "web01"),
    Guest("web02", "kvm2", "acme/web", "02:00:00:00:01:12", "10.0.1.12", WEB, "web02"),
    Guest("adm", "kvm2", "acme/web", "02:00:00:00:01:13", "10.0.1.13", WEB, "adm"),
    Guest("db01", "kvm2", "acme/db", "02:00:00:00:02:11", "10.0.2.11", DB, "db01"),
    Guest("out", "kvm1", "other", "02:00:00:00:09:11", "10.9.0.11", OUT),
    Guest("blue1", "kvm1", "blue/web", "02:00:00:00:03:11", "10.0.1.11"),
    Guest("blue2", "kvm2", "blue/web", "02:00:00:00:03:13", "10.0.1.13"),
)
ASKED = {
    "out->web": ("out", "tcp", "10.0.1.11", 80),
    "out->web:22": ("out", "tcp", "10.0.1.12", 22),
    "out->db": ("out", "tcp", "10.0.2.11", 3306),
    "out->adm": ("out", "tcp", "10.0.1.13", 22),
    "adm->web": ("adm", "tcp", "10.0.1.12", 80),
    "adm->web:22": ("adm", "tcp", "10.0.1.12", 22),
    "adm->web:ping": ("adm", "icmp", "10.0.1.11", 0),
    "adm->db": ("adm", "tcp", "10.0.2.11", 3306),
    "web->db": ("web01", "tcp", "10.0.2.11", 3306),
    "web2->db": ("web02", "tcp", "10.0.2.11", 3306),
    "web->db:22": ("web01", "tcp", "10.0.2.11", 22),
    "web->adm": ("web01", "tcp", "10.0.1.13", 22),
    "web->out": ("web01", "tcp", "10.9.0.11", 80),
    "db->out": ("db01", "tcp", "10.9.0.11", 80),
    "blue->blue": ("blue2", "tcp", "10.0.1.11", 80),
}
CLOSED = {"out->web", "out->web:22", "out->db", "out->adm"}
GROUPED = {"out->web:22", "out->db", "out->adm", "adm->web:22", "adm->web:ping", "adm->db", "web->db:22"}


@pytest.fixture(scope="module")
def guests() -> Iterator[Guests]:
    with running(hosts=2, ovn="one") as lab:
        yield Guests(lab)


@pytest.fixture(scope="module")
def run(guests: Guests, tmp_path_factory: pytest.TempPathFactory) -> LabOperator:
    """vnetsh as its user calls it."""
    return LabOperator.of(guests.lab, tmp_path_factory.mktemp("state"), "--yes")


def held_up(guests: Guests) -> set[str]:
    """Which of all that is asked is not answered."""
    answers = dict(zip(ASKED, guests.ask(*ASKED.values()), strict=True))
    if answers["blue->blue"]:
        assert answers["blue->blue"] == "blue1 10.0.1.13", "the other tenant's guest of the same address"
    return {way for way, answer in answers.items() if answer is None}


def test_only_that_passes_which_is_allowed(guests: Guests, run: LabOperator, tmp_path: Path) -> None:
    guests.chassis("kvm1", "kvm2")
    assert "closed to all outside of tenant acme" in run.good("-c", NETWORKS)
    guests.ports(*GUESTS)
    guests.plug(*GUESTS)
    web = [(name, "tcp", port) for name in ("web01", "web02") for port in (22, 80)]
    guests.serve(*web, ("db01", "tcp", 3306), ("db01", "tcp", 22), ("adm", "tcp", 22), ("out", "tcp", 80))
    guests.serve(("blue1", "tcp", 80), ("web01", "tcp", 8080))
    assert held_up(guests) == CLOSED

    before = guests.dump()
    by_hand = re.findall(r"(?m)^ *kvm1\$ (ovn-nbctl .*)", run.good("--explain", "plan", "-c", GROUPS))
    told = run.good("-c", GROUPS)
    after = guests.dump()
    assert "web01, web02 take only what is allowed" in told
    assert "opens tcp 80 of group acme/webs to everybody" in told
    assert held_up(guests) == GROUPED
    assert "no changes" in run.good("-c", GROUPS)
    exported = tmp_path / "exported.vnet"
    exported.write_text(run.good("export", "tenants", "networks", "routers", "groups", "allowed", "denied"))
    assert "allow acme/webs -> acme/dbs tcp 3306" in exported.read_text()
    assert "no changes" in run.good("plan", str(exported))
    guests.restart_northd()
    assert held_up(guests) == GROUPED

    run.good(
        "-c", "deny web02 -> acme/dbs all; tenant acme { deny any -> web udp }; allow other -> adm tcp 22"
    )
    assert held_up(guests) == GROUPED - {"out->adm"} | {"web2->db"}
    run.good("undo")
    run.good("undo")
    assert guests.dump() == before
    assert held_up(guests) == CLOSED
    on(guests.lab, "kvm1", "sh", "-ec", "\n".join(by_hand))
    assert guests.dump() == after, "what `--explain` says comes to the same"


def test_what_others_alter_is_put_right(guests: Guests, run: LabOperator) -> None:
    run.good("-c", GROUPS)
    find = ("--bare", "--columns=_uuid", "find", "acl")
    rule = guests.nb(*find, 'external_ids:vnetsh-key="allow any -> acme/webs tcp"')
    closed = guests.nb(*find, 'external_ids:vnetsh-key="group acme/dbs closed"')
    guests.nb("lsp-del", "web02")
    guests.ports(GUESTS[1])  # made by others, it is in no group
    guests.nb("set", "acl", rule, 'match="outport == @group.acme.webs"', "priority=2500")
    guests.nb("--wait=hv", "remove", "port_group", "group.acme.dbs", "acls", closed)
    altered = guests.dump()
    opened = {"adm->web:22", "adm->web:ping", "adm->db", "web->db:22"}
    assert held_up(guests) == GROUPED - opened
    told = run.good("-c", GROUPS)
    assert "puts right what others have changed" in told
    assert "closes 1 of their ports again" in told
    assert held_up(guests) == GROUPED
    run.good("undo")
    assert guests.dump() == altered
    run.good("-c", GROUPS)

    others = "outport == @group.acme.webs && tcp"
    guests.nb(
        "acl-add",
        "group.acme.webs",
        "to-lport",
        "3000",
        "outport == @group.acme.webs && tcp",
        "allow-related",
    )
    guests.nb("pg-add", "theirs", "out", "--", "lb-add", "lb1", "10.9.0.50:80", "10.9.0.11:80")
    guests.nb("ls-lb-add", "other", "lb1", "--", "lb-add", "lb2", "10.9.0.51:80", "10.9.0.11:80,10.9.0.12:81")
    exported = run.good("export", "groups", "allowed", "loadbalancers")
    assert "loadbalancer lb1 cluster region1 address 10.9.0.50 tcp 80 to 10.9.0.11\n" in exported
    assert exported.count("made by others") == 3
    gone = "delete allow any -> acme/webs tcp; delete allow acme/webs -> acme/dbs tcp; delete group acme/webs"
    assert "E574" in run("-c", gone).stderr
    guests.nb(
        "acl-del", "group.acme.webs", "to-lport", "3000", others, "--", "lb-del", "lb1", "--", "lb-del", "lb2"
    )


def asked_often(guests: Guests, guest: str, address: str) -> Counter[str]:
    """Who answered to a guest, and to nobody how often."""
    said: Sequence[str | None] = guests.ask(*[(guest, "tcp", address, 80)] * 24)
    return Counter(one.split()[0] if one else "nobody" for one in said)


def status(guests: Guests) -> dict[str, str]:
    """What OVN says of the backends that it looks after."""
    said = on(
        guests.lab,
        "kvm1",
        "ovn-sbctl",
        "-f",
        "json",
        "--columns=logical_port,status",
        "list",
        "service_monitor",
    )
    return {port: state if isinstance(state, str) else "" for port, state in json.loads(said)["data"]}


def until(guests: Guests, wanted: dict[str, str]) -> None:
    """Wait until OVN says so of backends."""
    end = time.monotonic() + 20
    while status(guests) != wanted:
        assert time.monotonic() < end, status(guests)
        time.sleep(0.2)


def test_a_backend_that_is_down_is_taken_out(guests: Guests, run: LabOperator) -> None:
    run.good("-c", GROUPS)
    balancer = "tenant acme { loadbalancer www address 10.0.1.100 tcp 80 to web01, web02 check }"
    before = guests.dump()
    run.good("-c", balancer)
    assert "no changes" in run.good("-c", balancer)
    until(guests, {"web01": "online", "web02": "online"})
    for guest in ("adm", "db01"):  # one on the backends' network, one that comes by the router
        assert asked_often(guests, guest, "10.0.1.100").keys() == {"web01", "web02"}
    assert asked_often(guests, "web01", "10.0.1.100").keys() == {"web01", "web02"}, "it may answer itself"

    on(guests.lab, "kvm2", "ip", "-n", "web02", "link", "set", "web02", "down")
    until(guests, {"web01": "online", "web02": "offline"})
    assert asked_often(guests, "db01", "10.0.1.100") == {"web01": 24}
    on(guests.lab, "kvm2", "ip", "-n", "web02", "link", "set", "web02", "up")
    until(guests, {"web01": "online", "web02": "online"})

    run.good("-c", "allow any -> acme/webs tcp 8080")
    run.good("-c", "loadbalancer acme/www address 10.0.1.101 tcp 80 to 10.0.1.11 port 8080")
    assert asked_often(guests, "adm", "10.0.1.101") == {"web01": 24}
    for _ in range(3):
        run.good("undo")
    assert guests.dump() == before
