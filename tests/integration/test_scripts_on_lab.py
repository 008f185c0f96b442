"""Each script of `scripts/` on the lab, as a reader runs it: true from outside, said again nothing, undone whole."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT
from in_lab import DIED, LabOperator
from waiting import eventually

from vnetsh_lab import running
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab

HOSTS = ("kvm1", "kvm2", "kvm3", "kvm4")
HELD = (
    "for b in $(ovs-vsctl list-br); do echo $b: $(ovs-vsctl list-ports $b); done; "
    "for v in $(virsh list --all --name); do virsh domstate $v; virsh dumpxml --inactive $v; done; "
    "ls /var/lib/libvirt/images; ip -brief link | cut -d' ' -f1"
)
"""What tells all that a script could leave on a host."""

_DEATHS = 5
"""How often a guest may die of its move without KVM: on a busy machine of four moves one may (docs/lab.md)."""

PAGE = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 {address} 80 2>/dev/null | tail -n 1"
"""Every guest has a page that says how it is called: so it is seen who answers, not only that somebody does."""


@dataclass(frozen=True)
class Played:
    """A script: which of its guests are in one network, each with its address, and where they are in the end."""

    name: str
    networks: tuple[Mapping[str, str], ...]
    where: Mapping[str, str]


SCRIPTS = (
    Played("overlay", (), {"cirros01": "kvm1", "cirros02": "kvm2"}),
    Played(
        "class",
        ({"cirros01": "192.168.1.1", "cirros02": "192.168.1.2"},),
        {"cirros01": "kvm2", "cirros02": "kvm2"},
    ),
    Played(
        "vlans",
        ({"vm1": "192.168.7.1", "vm3": "192.168.7.3"}, {"vm2": "192.168.7.2", "vm4": "192.168.7.4"}),
        {"vm1": "kvm1", "vm2": "kvm1", "vm3": "kvm2", "vm4": "kvm2"},
    ),
    Played("tunnels", ({"vm1": "192.168.8.1", "vm2": "192.168.8.2"},), {"vm1": "kvm1", "vm2": "kvm2"}),
    Played(
        "tenants",
        (
            {"acme-web": "10.0.0.1", "acme-client": "10.0.0.2"},
            {"bolt-web": "10.0.0.1", "bolt-client": "10.0.0.3"},
        ),
        {"acme-web": "kvm1", "bolt-web": "kvm1", "acme-client": "kvm2", "bolt-client": "kvm2"},
    ),
    Played(
        "mesh",
        ({f"node{n}": f"10.1.0.{n}" for n in range(1, 5)},),
        {f"node{n}": f"kvm{n}" for n in range(1, 5)},
    ),
    Played("move", ({"web": "10.2.0.1", "client": "10.2.0.2"},), {"web": "kvm2", "client": "kvm2"}),
    Played("drain", ({"front1": "10.3.0.1", "front2": "10.3.0.2"},), {"front1": "kvm1", "front2": "kvm2"}),
)


class Reader(LabOperator):
    """Who runs the scripts, and looks at what came of them."""

    def held(self) -> dict[str, str]:
        with ThreadPoolExecutor() as pool:
            return dict(zip(HOSTS, pool.map(lambda host: self.on(host, HELD), HOSTS), strict=True))

    def where(self) -> dict[str, str]:
        return {
            vm: host for host in HOSTS for vm in self.on(host, "virsh list --name --state-running").split()
        }

    def answers(self, vm: str, addresses: set[str]) -> dict[str, str]:
        """Who answers a guest at each of these addresses; all are asked at once."""
        asked = "; ".join(f"(echo {a} $({PAGE.format(address=a)})) &" for a in addresses).replace("&;", "&")
        with GuestConsole(self.lab, vm) as guest:
            said = guest.run(f"{asked} wait")
        return {line.split()[0]: line.split()[1] for line in said.splitlines() if len(line.split()) == 2}

    def all_answers(self, vms: Collection[str], addresses: set[str]) -> dict[str, dict[str, str]]:
        with ThreadPoolExecutor() as pool:
            return dict(zip(vms, pool.map(lambda vm: self.answers(vm, addresses), vms), strict=True))


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with running(hosts=4, guests=["full"]) as lab:
        yield Reader.of(lab, Path(tmp_path_factory.mktemp("reader")))


def test_none_is_forgotten() -> None:
    elsewhere = {"cloud", "ha", "storage"}  # they need another lab
    assert {script.name for script in SCRIPTS} == {p.stem for p in ROOT.glob("scripts/*.vnet")} - elsewhere


def test_the_first_command_of_the_readme(reader: Reader) -> None:
    """On a lab as it stands after `lab up`; it answers what is written there, but for what is measured."""
    block = (ROOT / "README.md").read_text().split("```\n$ vnetsh ")[1].split("```")[0]
    command, printed = block.split("\n", 1)
    before = reader.held()
    try:
        said = _run(reader, *shlex.split(command))
    finally:
        undone = _undone(reader)
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert _without_measures(said) == _without_measures(printed)
    assert reader.held() == before


def _without_measures(text: str) -> str:
    return re.sub(r"\d+(\.\d+)? m?s|([0-9a-f]{2}:){5}[0-9a-f]{2}", "…", text.rstrip())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script(reader: Reader, script: Played) -> None:
    file = str(ROOT / "scripts" / f"{script.name}.vnet")
    before = reader.held()
    try:
        _played(reader, script, file)
    finally:
        undone = _undone(reader)
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert reader.held() == before


def _undone(reader: Reader) -> subprocess.CompletedProcess[str]:
    """The run taken back; again where a guest died of it."""
    undone = reader("--yes", "undo")
    for _ in range(_DEATHS):
        if undone.returncode and re.search(DIED, undone.stdout + undone.stderr):
            undone = reader("--yes", "undo")
    return undone


def _run(reader: Reader, *arguments: str) -> str:
    """What it says; again where a guest died of it, which was taken back then."""
    done = reader("--yes", *arguments)
    for _ in range(_DEATHS):
        if done.returncode and re.search(DIED, done.stdout + done.stderr):
            reader("--yes", "undo")
            done = reader("--yes", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _played(reader: Reader, script: Played, file: str) -> None:
    assert re.search(r"^done: .* verified", _run(reader, file), re.MULTILINE)
    assert reader.where() == script.where

    addresses = {address for network in script.networks for address in network.values()}
    wanted = {
        vm: {address: name for name, address in network.items()}
        for network in script.networks
        for vm in network
    }
    assert reader.all_answers(wanted, addresses) == wanted
    if script.name == "move":
        _asked_all_the_time(reader)

    again = reader("plan", "--exit-code", file)
    # A drain is done each time that it is said; nothing else is left to do.
    assert again.returncode == (3 if script.name == "drain" else 0), again.stdout + again.stderr
    assert not re.search(r"^  [-+~] ", again.stdout, re.MULTILINE)


def _asked_all_the_time(reader: Reader) -> None:
    """The load did not end by the move, and never had an answer from anybody else."""
    with GuestConsole(reader.lab, "client") as client:

        def count() -> int:
            return int(client.run("wc -l < /run/answers"))

        first = count()
        assert first
        assert eventually(lambda: count() > first, 10)
        assert client.run("sort -u /run/answers").split() == ["web"]
