"""What `doctor` finds, of fleets that have one thing wrong; and what it says of the hosts in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from conftest import Run, apply

from vnetsh.diagnostics import Source
from vnetsh.engine import diagnosing
from vnetsh.errors import HostUnreachable, ServiceAbsent, VnetshError
from vnetsh.hosts.examining import Diagnosis, Examined
from vnetsh.hosts.path_mtu import Way
from vnetsh.model import Finding, Fleet, Host, LinkFacts, Resource, Severity
from vnetsh.nouns.ailments import ailments
from vnetsh.nouns.ailments_hosts import of_hosts
from vnetsh.nouns.ailments_ways import Needed, narrow, needed
from vnetsh.nouns.mtu import path_on
from vnetsh.schema import Answer
from vnetsh.session import Session
from vnetsh.testing.fleet import bridge, nic, port, tunnel, vm
from vnetsh_demo.backend import DemoConnection

ILL = """\
error: port mail_port1 on kvm1: its MAC address 52:54:00:aa:bb:cc is that of NIC news_port1 of vm news on kvm2, too
  to mend it: vm mail port vswitch01 name mail_port1 mac 52:54:00:85:5c:ab
error: tunnel gre12 on kvm2: it has no end on kvm2
  to mend it: tunnel gre12 kvm1<->kvm2 on vswitch02 type gre
warning: port gone_port1 on kvm2: its vm is gone, and it is left at bridge vswitch01
  to mend it: delete port gone_port1 on kvm2
note: tunnel gre12 on kvm1: packets of more than 1462 bytes do not fit through it, and NICs have 1500 unless told
  to mend it: bridge vswitch02 on kvm1, kvm2 mtu 1462
5 places: 2 errors, 1 warning
"""

HOSTS = {f"kvm{n}": Host(f"kvm{n}", f"192.0.2.{n}") for n in (1, 2, 3)}
MACS = {"kvm1": "52:54:00:00:00:01", "kvm2": "52:54:00:00:00:02"}


def healthy() -> Fleet:
    """Two hosts with a tunnel, a vm on each, and their links."""
    found: list[Resource] = []
    facts = {}
    for host, far in (("kvm1", "kvm2"), ("kvm2", "kvm1")):
        found += [bridge("lan", host, by="ovs", mtu=1400), bridge("under", host, by="ovs", uplink="eth0")]
        found += [tunnel("one", "lan", HOSTS[far].address, host, by="ovs", type="gre", bfd="yes", state="up")]
        found += [vm(f"v-{host}", host, by="libvirt", state="running", autostart="yes")]
        found += [nic(f"n-{host}", "lan", f"v-{host}", host, mac=MACS[host])]
        facts[host, "ovs"] = LinkFacts(
            mtus={"eth0": 1500, "under": 1500},
            addresses={"under": [f"{HOSTS[host].address}/24"]},
            underlay_link="eth0",
            links={"eth0": "", "under": "openvswitch"},
            hardware={"eth0": f"02:00:00:00:00:0{host[3]}", "under": f"02:00:00:00:01:0{host[3]}"},
        )
    hosts = {name: HOSTS[name] for name in ("kvm1", "kvm2")}
    return Fleet(hosts, {one.key: one for one in found}, facts)


def changed(kind: str, host: str, name: str, **more: Any) -> Callable[[Fleet], Fleet]:
    """A fleet of which one resource has something else."""

    def change(fleet: Fleet) -> Fleet:
        found = fleet.resources[kind, host, name]
        return replace(fleet, resources={**fleet.resources, found.key: found.with_attributes(**more)})

    return change


def with_facts(host: str, **more: Any) -> Callable[[Fleet], Fleet]:
    def change(fleet: Fleet) -> Fleet:
        known = fleet.facts_of(host, "ovs", LinkFacts)
        return replace(fleet, facts={**fleet.facts, (host, "ovs"): replace(known, **more)})

    return change


def gone(kind: str, host: str, name: str) -> Callable[[Fleet], Fleet]:
    return lambda fleet: replace(
        fleet, resources={key: one for key, one in fleet.resources.items() if key != (kind, host, name)}
    )


def added(*more: Resource) -> Callable[[Fleet], Fleet]:
    return lambda fleet: replace(fleet, resources={**fleet.resources, **{one.key: one for one in more}})


SAME_MAC = changed("port", "kvm2", "n-kvm2", mac=MACS["kvm1"])


def worst(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(str(one.severity), one.at[0], one.at[2]) for one in found if one.severity is not Severity.NOTE]


def test_a_healthy_fleet_has_nothing_but_notes() -> None:
    assert worst(list(ailments(healthy()))) == []


@pytest.mark.parametrize(
    ("change", "severity", "kind", "name", "says", "mend"),
    [
        (
            changed("port", "kvm2", "n-kvm2", mac=MACS["kvm1"].upper()),
            "error", "port", "n-kvm1", "is that of NIC n-kvm2 of vm v-kvm2 on kvm2, too",
            "vm v-kvm1 port lan name n-kvm1 mac 52:54:00:",
        ),
        (
            lambda f: SAME_MAC(changed("vm", "kvm2", "v-kvm2", state="stopped")(f)),
            "warning", "port", "n-kvm2", "is that of NIC n-kvm1 of vm v-kvm1 on kvm1, too",
            "vm v-kvm2 port lan name n-kvm2 mac 52:54:00:",
        ),
        (
            with_facts("kvm2", hardware={"eth0": "02:00:00:00:00:01"}),
            "error", "link", "eth0", "is that of eth0 of kvm2, too", "",
        ),
        (gone("tunnel", "kvm2", "one"), "error", "tunnel", "one", "it has no end on kvm2", ""),
        (changed("tunnel", "kvm1", "one", key=7), "error", "tunnel", "one", "its key is", ""),
        (changed("tunnel", "kvm1", "one", state="down"), "error", "tunnel", "one", "is not heard (BFD)", ""),
        (
            lambda f: changed("tunnel", "kvm1", "one", state="down")(changed("tunnel", "kvm2", "one", bfd=None)(f)),
            "error", "tunnel", "one", "it does not look for its other end (BFD)", "",
        ),
        (
            changed("bridge", "kvm1", "lan", mtu=1500), "error", "tunnel", "one",
            "packets of 1500 bytes, as bridge `lan` on kvm1 takes them, do not fit",
            "bridge lan on kvm1, kvm2 mtu 1462",
        ),
        (with_facts("kvm1", down={"eth0": "is down"}), "error", "uplink", "eth0", "it is down", ""),
        (
            with_facts("kvm1", down={"eth0": "has no carrier: no cable"}),
            "error", "uplink", "eth0", "it has no carrier", "",
        ),
        (
            added(port("p9", "lan", "kvm1", by="ovs", type="system", error="x (No such device)")),
            "error", "port", "p9", "in error: x (No such device)", "",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_fleet(
    change: Callable[[Fleet], Fleet], severity: str, kind: str, name: str, says: str, mend: str
) -> None:
    found = list(ailments(change(healthy())))
    assert worst(found) == [(severity, kind, name)]
    [one] = [one for one in found if one.severity is not Severity.NOTE]
    assert says in one.says
    assert one.sentence.startswith(mend)


def test_what_is_no_duplicate() -> None:
    """VRRP's addresses are shared by design; a host's own links may have one address together."""
    shared = "00:00:5e:00:01:07"
    fleet = with_facts("kvm1", hardware={"eth0": shared, "under": shared})(healthy())
    assert worst(list(ailments(with_facts("kvm2", hardware={"eth0": shared})(fleet)))) == []
    own = {"eth0": "02:00:00:00:00:01", "under": "02:00:00:00:00:01"}
    assert worst(list(ailments(with_facts("kvm1", hardware=own)(healthy())))) == []


def test_a_new_address_is_nobodys() -> None:
    fleet = changed("port", "kvm2", "n-kvm2", mac=MACS["kvm1"])(healthy())
    [first] = [one.sentence for one in ailments(fleet) if one.sentence]
    taken = first.rpartition(" ")[2]
    fleet = added(
        vm("other", "kvm1", by="libvirt", state="stopped"), nic("o", "lan", "other", "kvm1", mac=taken)
    )(fleet)
    [second] = [one.sentence for one in ailments(fleet) if one.severity is Severity.ERROR]
    assert second.rpartition(" ")[2] != taken


def test_a_vm_that_runs_without_autostart_is_a_note() -> None:
    [one] = ailments(changed("vm", "kvm1", "v-kvm1", autostart=None)(healthy()))
    assert (one.severity, one.sentence) == (Severity.NOTE, "vm v-kvm1 autostart yes")


def test_a_guest_that_keeps_all_its_memory_is_a_note() -> None:
    """Its balloon has no driver there: it would be so after each start."""
    [one] = ailments(changed("vm", "kvm1", "v-kvm1", **{"memory-now": 2**30})(healthy()))
    assert one.severity is Severity.NOTE
    assert "its guest has 1G of memory, though defined with 512M" in one.says


def test_one_of_two_tunnels_between_two_hosts_has_one_end() -> None:
    """The ends of the other one, though they differ, are no ends of it."""
    other = [
        tunnel("two", "lan", f"192.0.2.{to}", host, by="ovs", key=key)
        for host, to, key in (("kvm1", 2, 21), ("kvm2", 1, 22))
    ]
    fleet = added(*other)(gone("tunnel", "kvm2", "one")(healthy()))
    told = {(one.at[2], one.says) for one in ailments(fleet) if one.severity is Severity.ERROR}
    assert told == {("one", "it has no end on kvm2"), ("two", "its key is 22, and 21 of its end on kvm1")}


def test_where_a_patch_port_was_to_lead_is_not_guessed() -> None:
    patch = port("a", "lan", "kvm1", by="ovs", type="patch", peer="b")
    bridges = [bridge(name, "kvm1", by=by) for name, by in (("x", "ovs"), ("y", "ovs"), ("z", "linux"))]
    [one] = [one for one in ailments(added(patch, *bridges)(healthy())) if one.severity is Severity.ERROR]
    assert (one.at, one.fix) == (("port", "kvm1", "b"), {})
    assert "(under, x, y)" in one.advice


def _hosts(**clocks: float) -> Mapping[str, Examined]:
    return {
        name: Examined(login=0.1, user="root", python="Python 3", clock=clock)
        for name, clock in clocks.items()
    }


def _of(
    hosts: Mapping[str, Examined], silent: Mapping[tuple[str, str], VnetshError] | None = None
) -> list[Finding]:
    told = Diagnosis(healthy(), silent or {}, hosts, [])
    return list(of_hosts(told, {"libvirt": ("libvirtd",)}))


@pytest.mark.parametrize(
    ("clocks", "said"),
    [
        ({"kvm1": 0.4, "kvm2": -0.4}, []),
        ({"kvm1": 9.0, "kvm2": 0.2, "kvm3": 0.0}, [("kvm1", "9.0 s before most others")]),
        ({"kvm1": -40.0}, [("kvm1", "40.0 s behind this machine's")]),
        ({"kvm1": 9.0, "kvm2": 9.1, "kvm3": 9.0}, [("here", "9.0 s behind most hosts'")]),
    ],
)
def test_clocks_are_compared_with_most(clocks: dict[str, float], said: list[tuple[str, str]]) -> None:
    found = [one for one in _of(_hosts(**clocks)) if one.severity is Severity.WARNING]
    assert [one.at[2] for one in found] == [name for name, _ in said]
    assert all(words in one.says for one, (_, words) in zip(found, said, strict=True))


def test_a_slow_answer_is_no_wrong_clock() -> None:
    told = replace(_hosts(kvm1=4.0)["kvm1"], unsure=3.5)
    assert worst(_of({"kvm1": told})) == []


def test_a_card_that_counts_errors() -> None:
    told = _hosts(kvm1=0.0)["kvm1"]
    few, many = (replace(told, errors={"eth0": (errors, 1_000_000), "eth9": (9, 9)}) for errors in (5, 500))
    assert worst(_of({"kvm1": few})) == []
    assert worst(_of({"kvm1": many})) == [("warning", "uplink", "eth0")]


def test_a_host_without_rights_or_python() -> None:
    told = Examined(
        login=0.1, user="ops", groups=("ops", "libvirt"), sudo=True, clock=0.0, locked="ann@x, process 7"
    )
    says = "; ".join(one.says for one in _of({"kvm1": told}))
    assert "as ops (ops, libvirt), who may use sudo" in says
    assert "it has no python3" in says
    assert "its lock is held by ann@x, process 7" in says


def test_who_does_not_answer_is_said_once() -> None:
    lost = HostUnreachable("kvm1: its host key is another one than known_hosts has", help="compare it")
    silent: dict[tuple[str, str], VnetshError] = {("kvm1", "ovs"): lost, ("kvm1", "libvirt"): lost}
    [one] = _of({"kvm1": Examined(failed=(lost,))}, silent)
    assert (one.says, one.advice) == ("its host key is another one than known_hosts has", "compare it")


def test_a_service_that_is_installed_should_run() -> None:
    silent: dict[tuple[str, str], VnetshError] = {
        ("kvm1", "libvirt"): ServiceAbsent("kvm1: there is no libvirt")
    }
    told = _hosts(kvm1=0.0)["kvm1"]
    assert worst(_of({"kvm1": told}, silent)) == []
    there = replace(told, has=frozenset({"libvirtd"}))
    assert worst(_of({"kvm1": there}, silent)) == [("error", "host", "kvm1")]


def test_what_the_ways_let_pass_is_compared_with_what_tunnels_need() -> None:
    fleet = healthy()
    ways = needed(fleet, ["kvm1"])
    assert list(ways) == ["kvm1", "kvm2"]
    [one] = ways["kvm1"]
    assert (one.way, one.need) == (Way("192.0.2.2", "192.0.2.1", "under", "eth0", 1500), 1438)
    passing = {("192.0.2.1", "192.0.2.2"): (1440, 1500), ("192.0.2.2", "192.0.2.1"): (1500, 1500)}
    [note] = narrow(ways["kvm1"], passing)
    assert (note.severity, note.sentence) == (Severity.NOTE, "")
    [error] = narrow(ways["kvm1"], {**passing, ("192.0.2.2", "192.0.2.1"): (1430, 1500)})
    assert (error.severity, error.sentence) == (Severity.ERROR, "bridge lan on kvm1, kvm2 mtu 1392")
    [silent] = narrow(ways["kvm1"], {("192.0.2.1", "192.0.2.2"): (0, 68)})
    assert silent.severity is Severity.WARNING
    assert not list(narrow(ways["kvm1"], {("192.0.2.1", "192.0.2.2"): (1500, 1500)}))


def test_a_tunnel_whose_bridges_say_no_mtu_needs_what_nics_send() -> None:
    fleet = changed("bridge", "kvm1", "lan", mtu=None)(changed("bridge", "kvm2", "lan", mtu=None)(healthy()))
    end = fleet.resources["tunnel", "kvm1", "one"]
    way = Way("192.0.2.2", "192.0.2.1", "under", "eth0", 9000)
    assert Needed(way, end, path_on(end, fleet)).need == 1538
    assert Needed(replace(way, size=1500), end, path_on(end, fleet)).need == 1500


def test_the_hosts_in_memory(vnetsh: Run) -> None:
    done = vnetsh("--demo=ill", "doctor")
    assert (done.returncode, done.stdout) == (1, ILL)
    assert done.stderr.startswith(
        "error[E550]: doctor: 2 errors found\nhelp: first port mail_port1 on kvm1: vm mail"
    )
    mends = [line.partition("mend it: ")[2] for line in ILL.splitlines() if "mend it: " in line]
    done = vnetsh("--demo=ill", "--yes", "-c", "\n".join([*mends, "doctor"]))
    assert done.returncode == 0, done.stderr
    assert "\n5 places: no errors, no warnings\n" in done.stdout
    assert vnetsh("--demo", "doctor", "on", "kvm2").stdout == "kvm2: no errors, no warnings\n"


def told(session: Session) -> Answer:
    """What `doctor` answers in a session."""
    found: list[Answer] = []
    session.apply(session.prepare(Source("<test>", "doctor"), lock=True), found.append)
    return found[0]


def test_who_hangs_or_fails_is_a_finding(demo: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def diagnose(self: DemoConnection, *about: object) -> list[Finding]:
        if self._host.name == "kvm1":
            over.wait(60)
        if self._host.name == "kvm2":
            raise RuntimeError("a defect")
        return []

    monkeypatch.setattr(DemoConnection, "diagnose", diagnose)
    monkeypatch.setattr(diagnosing, "SLACK", 0.1)
    demo.connections.timeout = 0.2
    try:
        answer = told(demo)
    finally:
        over.set()
    assert answer.text.splitlines() == [
        "warning: host kvm1: its demo could not be asked what is wrong with it: no answer in 0.3 s",
        "warning: host kvm2: its demo could not be asked what is wrong with it: it failed: RuntimeError: a defect",
        "5 places: no errors, 2 warnings",
    ]


def test_a_host_that_is_off_is_one_error(demo: Session) -> None:
    apply(
        demo, "bridge far on kvm1, kvm2\ntunnel t kvm1<->kvm2 on far"
    )  # nobody says that its other end is gone
    backend = demo.backends["demo"]
    backend.host("kvm2").powered = False  # type: ignore[attr-defined]
    answer = told(demo)
    assert not answer.ok
    assert answer.text.splitlines() == [
        "error: host kvm2: No route to host",
        "  to see to: is kvm2 switched on?",
        "5 places: 1 error, no warnings",
    ]
