"""What ovs-vsctl takes with exit code 0, and vswitchd cannot make: each is a failure, said and taken back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest
from soaking import Findings

from vnetsh import journal
from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.model import Inventory
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh_lab import Lab, running
from vnetsh_lab.daemons import start_daemons

pytestmark = pytest.mark.lab

# Devices of kvm1 that no bridge has: a pair of veths, a Linux bridge, a tap, and one that is in another namespace.
_DEVICES = """
ip link add vx9 type veth peer name vy9
ip link add kb9 type bridge
ip tuntap add ta9 mode tap
ip netns add away
ip -n away link add aw9 type bridge
"""
_NO_DEVICES = "ip link del vx9; ip link del kb9; ip link del ta9; ip netns del away"
PATIENCE = 3  # seconds in which vswitchd must answer
_V4, _V6, _GROUP = "10.77.0.2", "2001:db8:77::2", "224.0.0.77"


@dataclass(frozen=True)
class Case:
    """A configuration: what ovs-vsctl is told of it on kvm1, and what a script says of it.

    `remote` is the address of kvm2, which tunnels lead to; `given` is a script that comes first. `refused` is
    the code with which vnetsh refuses it before vswitchd is asked.
    """

    name: str
    told: str
    script: str
    remote: str = _V4
    datapath: str = "netdev"
    given: str = ""
    refused: str = ""


def _port(name: str, device: str, kind: str = "system") -> Case:
    told = f"add-port vs9 {device}" + (
        f" -- set interface {device} type={kind}" if kind == "internal" else ""
    )
    return Case(name, told, f"bridge vs9 on kvm1 port {device} type {kind}")


def _uplink(name: str, device: str) -> Case:
    return Case(name, f"add-port vs9 {device}", f"bridge vs9 on kvm1 uplink {device}")


def _bridge(name: str, device: str) -> Case:
    told = f"add-br {device} -- set bridge {device} datapath_type=netdev"
    return Case(name, told, f"bridge {device} on kvm1")


def _twin(kind: str, key: str = "", remote: str = _V4, on: str = "vs9") -> Case:
    """A second tunnel that leads to the same place, so that their packets could not be told apart."""
    options = f"options:remote_ip={remote}" + (f" options:key={key}" if key else "")
    theirs = "ip6gre" if kind == "gre" and ":" in remote else kind  # what Open vSwitch calls GRE over IPv6
    told = f"add-port {on} t2 -- set interface t2 type={theirs} {options}"
    said = f"type {kind}" + (f" key {key}" if key else "")
    where = " of another bridge" if on != "vs9" else ""
    return Case(
        f"a second {kind} tunnel{where} to {remote}, key {key or 'none'}",
        told,
        f"tunnel t2 kvm1<->kvm2 on {on} {said}",
        remote,
        given=f"tunnel t1 kvm1<->kvm2 on vs9 {said}",
    )


def _single(kind: str, remote: str) -> Case:
    told = f"add-port vs9 t1 -- set interface t1 type={kind} options:remote_ip={remote}"
    return Case(
        f"a {kind} tunnel to the group {remote}", told, f"tunnel t1 kvm1<->kvm2 on vs9 type {kind}", remote
    )


CASES = (
    _port("a port that is no device", "nosuch0"),
    replace(_uplink("an uplink that is no device", "nosuch1"), refused="E222"),
    _port("a port in another namespace", "aw9"),
    replace(_uplink("an uplink in another namespace", "aw9"), refused="E222"),
    replace(_port("the loopback as a port", "lo"), refused="E203"),
    replace(_uplink("the loopback as an uplink", "lo"), refused="E203"),
    replace(_port("vswitchd's own device as a port", "ovs-netdev"), refused="E203"),
    replace(_uplink("vswitchd's own device as an uplink", "ovs-netdev"), refused="E203"),
    _port("a port with a name that vswitchd keeps for itself", "vxlan_sys_4789"),
    _port("an internal port with such a name", "gre_sys", "internal"),
    replace(_port("an internal port named as a veth", "vx9", "internal"), refused="E405"),
    replace(_port("an internal port named as a Linux bridge", "kb9", "internal"), refused="E203"),
    replace(_port("an internal port named as the loopback", "lo", "internal"), refused="E203"),
    replace(
        _port("an internal port named as vswitchd's own device", "ovs-netdev", "internal"), refused="E203"
    ),
    replace(_bridge("a bridge named as a veth", "vx9"), refused="E405"),
    replace(_bridge("a bridge named as a Linux bridge", "kb9"), refused="E203"),
    replace(_bridge("a bridge named as the loopback", "lo"), refused="E203"),
    replace(_twin("gre"), refused="E209"),
    replace(_twin("gre", "7"), refused="E209"),
    replace(_twin("vxlan", "42"), refused="E209"),
    replace(_twin("geneve", "42"), refused="E209"),
    replace(_twin("vxlan", "42", on="vs8"), refused="E209"),
    replace(_twin("gre", remote=_V6), refused="E209"),
    replace(_twin("geneve", "9", remote=_V6), refused="E209"),
    replace(_single("gre", _GROUP), refused="E216"),
    replace(_single("vxlan", _GROUP), refused="E216"),
    replace(
        _bridge("a bridge of a datapath that the kernel has not", "sys9"),
        told="add-br sys9",
        datapath="system",
        refused="E406",
    ),
)


@dataclass(frozen=True)
class _Said:
    """What ovs-vsctl and then vswitchd said of a case."""

    code: int
    text: str
    errors: tuple[str, ...]
    unmade: tuple[str, ...]


class _Hosts:
    """The lab's two hosts, with a bridge vs9 each (kvm1 has vs8 too)."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._plugins = load_plugins()
        self._plugins.backends = {"ovs": self._plugins.backends["ovs"]}
        self._inventory = lab.hosts()

    def on(self, command: str, host: str = "kvm1") -> str:
        done = self._lab.exec(host, ["sh", "-c", command])
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    @contextmanager
    def furnished(self) -> Iterator[None]:
        """With the devices and bridges that the cases are about."""
        try:
            self.on(f"set -e; {_DEVICES}")
            for host, bridge in (("kvm1", "vs9"), ("kvm1", "vs8"), ("kvm2", "vs9"), ("kvm2", "vs8")):
                self.on(f"ovs-vsctl add-br {bridge} -- set bridge {bridge} datapath_type=netdev", host)
            yield
        finally:
            self._lab.exec("kvm1", ["sh", "-c", _NO_DEVICES])
            for host in ("kvm1", "kvm2"):
                command = "for b in $(ovs-vsctl list-br); do test $b = vswitch01 || ovs-vsctl del-br $b; done"
                self._lab.exec(host, ["sh", "-c", command])

    def state(self) -> list[object]:
        """All that the database holds of bridges, ports and interfaces, and the links: of both hosts."""
        found: list[object] = []
        for host in ("kvm1", "kvm2"):
            tables = {
                "bridge": "_uuid,name,ports,external_ids,other_config,datapath_type",
                "port": "_uuid,name,interfaces,tag,external_ids",
                "interface": "_uuid,name,type,options,ofport,error,external_ids",
            }
            lists = "; ".join(
                f"ovs-vsctl --format=json --columns={columns} list {table}"
                for table, columns in tables.items()
            )
            for line in self.on(lists, host).splitlines():
                found.append(sorted(json.loads(line)["data"], key=str))
            found.append(sorted(self.on("ip -br link", host).splitlines()))
        return found

    def told(self, case: Case) -> _Said:
        """Tell ovs-vsctl, and take it back."""
        before = set(self.on("ovs-vsctl --bare --columns=name list interface").split())
        done = self._lab.exec("kvm1", ["sh", "-c", f"ovs-vsctl --timeout=5 {case.told}"])
        listing = "ovs-vsctl --format=json --columns=name,ofport,error list interface"
        rows = json.loads(self.on(listing))["data"]
        new = [row for row in rows if row[0] not in before]
        errors = tuple(row[2] for row in new if isinstance(row[2], str))
        unmade = tuple(row[0] for row in new if row[1] == -1 or isinstance(row[1], list))
        bridges = [b for b in self.on("ovs-vsctl list-br").split() if b not in before]
        undo = [f"del-br {name}" for name in bridges]
        undo += [f"--if-exists del-port {row[0]}" for row in new if row[0] not in bridges]
        self.on("ovs-vsctl --timeout=5 " + " -- ".join(undo))
        return _Said(done.returncode, done.stderr.strip(), errors, unmade)

    def drop(self, port: str) -> None:
        """Remove a port from both hosts."""
        for host in ("kvm1", "kvm2"):
            self.on(f"ovs-vsctl --timeout=5 del-port {port}", host)

    def run(self, case: Case, script: str) -> tuple[str, str]:
        """Run a script; what vnetsh says of its failure (empty: it succeeded), and the code it was refused with."""
        with Session(self._plugins, self._hosts_of(case), timeout=PATIENCE) as session:
            try:
                report = session.apply(session.prepare(Source("<soak>", script), lock=True))
            except (PlanRefused, ProblemsFound) as refused:
                problems = refused.problems
                return "; ".join(problem.message for problem in problems), problems[0].code
            failures = "; ".join(failure.message for failure in report.failures)
            return failures + "".join(f" LEFT: {left}" for left in report.leftovers), ""

    def take_back(self) -> str:
        """Take the last run back; the code with which that is refused."""
        with Session(self._plugins, self._inventory, timeout=PATIENCE) as session:
            run = next(iter(journal.runs(session.runs)))
            try:
                report = session.apply(session.take_back(run))
            except PlanRefused as refused:
                return refused.problems[0].code
            assert report.ok, report.failures
            return ""

    def restart_vswitchd(self, end: str, meanwhile: str) -> None:
        """End vswitchd by a command, run another, and start it again."""
        pid = "$(cat /run/openvswitch/ovs-vswitchd.pid)"
        self.on(f"pid={pid}; {end}; while kill -0 $pid; do sleep 0.1; done 2>/dev/null; {meanwhile}")
        start_daemons(self._lab.inside("kvm1"))

    def _hosts_of(self, case: Case) -> Inventory:
        """The lab's hosts, as the case sees them. (ssh goes by name, so any address will do.)"""
        kvm1, kvm2 = self._inventory["kvm1"], self._inventory["kvm2"]
        datapath = {**kvm1.attributes, "datapath": case.datapath}
        here = "2001:db8:77::1" if ":" in case.remote else kvm1.address
        return {
            "kvm1": replace(kvm1, address=here, attributes=datapath),
            "kvm2": replace(kvm2, address=case.remote),
        }


def soak_devices(lab: Lab, cases: tuple[Case, ...] = CASES) -> Findings:
    """Each case once by ovs-vsctl, which is content, and once by vnetsh, which must not be."""
    found, worded = Findings(), 0
    hosts = _Hosts(lab)
    with hosts.furnished():
        for case in cases:
            found.rounds += 1
            if case.given:
                words, _ = hosts.run(case, case.given)
                found.expect(not words, f"{case.name}: its beginning: {words}")
            before = hosts.state()
            said = hosts.told(case)
            accepted = said.code == 0 and said.unmade
            found.expect(accepted, f"{case.name}: not such a case: {said.code} {said.text}")
            found.expect(hosts.state() == before, f"{case.name}: ovs-vsctl did not take it back")
            words, refused = hosts.run(case, case.script)
            found.expect(words, f"{case.name}: said to be done")
            found.expect(refused == case.refused, f"{case.name}: refused with `{refused}`: {words}")
            for error in () if refused else said.errors:
                found.expect(error in words, f"{case.name}: `{words}` lacks vswitchd's words `{error}`")
            found.expect("LEFT" not in words, f"{case.name}: {words}")
            after = hosts.state()
            found.expect(after == before, f"{case.name}: left behind: {_difference(before, after)}")
            if case.given:
                hosts.drop("t1")
            worded += bool(said.errors) and not refused
            first = said.text.splitlines()[0] if said.text else "nothing"
            found.notes.append(f"{case.name}\n    ovs-vsctl (exit 0): {first}\n    vnetsh: {words}")
    found.notes.append(f"vswitchd had words for {worded} of {found.rounds}, and vnetsh repeated them")
    return found


def _difference(before: list[object], after: list[object]) -> str:
    return "; ".join(f"{a} -> {b}" for a, b in zip(before, after, strict=True) if a != b)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        yield lab


@pytest.fixture
def hosts(lab: Lab) -> Iterator[_Hosts]:
    hosts = _Hosts(lab)
    with hosts.furnished():
        yield hosts


def test_what_vswitchd_cannot_make(lab: Lab) -> None:
    """Some of each sort; scripts/soak takes all."""
    assert len(CASES) >= 20
    soak_devices(lab, CASES[1::3]).check()


# What vswitchd would take over without a word: a tap that nobody holds open

_INTERNAL = Case("", "", "bridge vs9 on kvm1 port ta9 type internal")


@pytest.mark.parametrize("script", [_INTERNAL.script, "bridge ta9 on kvm1"])
def test_a_tap_is_not_taken_over(hosts: _Hosts, script: str) -> None:
    for prepare in ("ip addr replace 10.99.0.1/24 dev ta9; ip link set ta9 up", "ip link set ta9 master kb9"):
        hosts.on(prepare)
        before = hosts.state()
        words, refused = hosts.run(_INTERNAL, script)
        assert refused == "E405"
        assert "`ta9` is taken on kvm1: it is a network device of the host's own (of kind tun)" in words
        assert hosts.state() == before


def test_a_tap_can_be_a_port_as_it_is(hosts: _Hosts) -> None:
    assert hosts.run(_INTERNAL, "bridge vs9 on kvm1 port ta9") == ("", "")
    words, refused = hosts.run(_INTERNAL, f"delete port ta9 on kvm1; {_INTERNAL.script}")
    assert refused == ""  # before it is removed from the switch nobody can tell
    assert "`ta9` is taken" in words
    assert hosts.on("ovs-vsctl iface-to-br ta9") == "vs9\n"
    assert hosts.run(_INTERNAL, "delete port ta9 on kvm1") == ("", "")
    assert "ta9" in hosts.on("ip -br link")


def test_what_the_switch_made_may_be_made_again(hosts: _Hosts) -> None:
    own = "bridge vs9 on kvm1 port in9 type internal"
    assert hosts.run(_INTERNAL, own) == ("", "")
    assert hosts.run(_INTERNAL, own) == ("", "")
    assert hosts.run(_INTERNAL, f"delete port in9 on kvm1; {own}") == ("", "")
    assert hosts.run(_INTERNAL, "delete bridge vs9 on kvm1; " + own) == ("", "")


@pytest.mark.parametrize(("state", "end"), [("up", "kill -9 $pid"), ("down", "ovs-appctl exit")])
def test_what_a_vswitchd_left_is_no_device_of_the_host(hosts: _Hosts, state: str, end: str) -> None:
    own = "bridge vs9 on kvm1 port in9 type internal"
    assert hosts.run(_INTERNAL, own) == ("", "")
    hosts.on(f"ip link set in9 {state}")
    hosts.restart_vswitchd(end, "ovs-vsctl --no-wait del-port in9 -- del-br vs8")
    assert {"in9", "vs8"} <= set(hosts.on("ls /sys/class/net").split())
    assert hosts.run(_INTERNAL, f"{own}; bridge vs8 on kvm1") == ("", "")


def test_a_removed_port_does_not_come_back_over_a_tap(hosts: _Hosts) -> None:
    assert hosts.run(_INTERNAL, "bridge vs9 on kvm1 port in9 type internal") == ("", "")
    assert hosts.run(_INTERNAL, "delete port in9 on kvm1") == ("", "")
    hosts.on("ip tuntap add in9 mode tap")
    try:
        assert hosts.take_back() == "E405"
    finally:
        hosts.on("ip link del in9")
    assert hosts.take_back() == ""
    assert hosts.on("ovs-vsctl iface-to-br in9") == "vs9\n"


# What only vswitchd knows


def test_a_bridge_that_was_not_made_is_not_waited_for(hosts: _Hosts) -> None:
    """Another bridge that claims to be in the kernel keeps vnetsh from asking beforehand."""
    hosts.on("ovs-vsctl --timeout=5 add-br sys8")
    before = hosts.state()
    began = time.monotonic()
    for script in ("bridge sys9 on kvm1", "bridge sys8 on kvm1 port in9 type internal"):
        words, refused = hosts.run(CASES[-1], script)
        assert refused == ""
        assert "ovs-vswitchd could not make bridge sys" in words
        assert "in the kernel's datapath" in words
    assert time.monotonic() - began < PATIENCE
    assert hosts.state() == before


def test_a_vswitchd_that_hangs_does_not_say_what_the_kernel_has(hosts: _Hosts) -> None:
    hosts.on("kill -STOP $(cat /run/openvswitch/ovs-vswitchd.pid)")
    try:
        words, refused = hosts.run(CASES[-1], "bridge sys9 on kvm1")
    finally:
        hosts.on("kill -CONT $(cat /run/openvswitch/ovs-vswitchd.pid)")
    assert refused == ""
    assert "did not answer" in words
