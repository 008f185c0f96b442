"""A host of several guests is drained and comes back, also when a daemon dies or the operator is killed amidst it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from difflib import unified_diff

import pytest
from in_lab import LabOperator
from waiting import eventually

from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

HOSTS = ("kvm1", "kvm2", "kvm3")
GUESTS = ("g1", "g2", "g3")
OFF = "g3"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=3) as lab:
        yield lab


class Drainer(LabOperator):
    """An operator of guests that are all on kvm1."""

    def where(self) -> dict[str, str]:
        """The guests and their states, each with its host; one that is on two has both."""
        found: dict[str, str] = {}
        for host in HOSTS:
            for name in self.on(host, "virsh list --all --name").split():
                found[name] = (
                    f"{found.get(name, '')} {host} {self.on(host, f'virsh domstate {name}')}".strip()
                )
        return found

    def definitions(self) -> dict[str, str]:
        """The guests of kvm1 as they are defined, and what is in their metadata as they run."""
        dump = "virsh dumpxml --inactive {0}; virsh dumpxml {0} | sed -n '/<metadata/,/<.metadata/p'"
        return {name: self.on("kvm1", dump.format(name)) for name in GUESTS}

    def slow(self) -> None:
        for name in GUESTS:
            self.on("kvm1", f"virsh migrate-setspeed {name} 16")


@pytest.fixture(scope="module")
def operator(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Drainer:
    found = Drainer.of(lab, tmp_path_factory.mktemp("operator"), "--timeout=5", "--max-impact", "destroy")
    found.good("-c", "".join(f"vm {g} on kvm1 memory 96M disk tiny.qcow2 port vswitch01;" for g in GUESTS))
    found.on("kvm1", f"virsh destroy {OFF}")
    return found


HOME = {name: f"kvm1 {'shut off' if name == OFF else 'running'}" for name in GUESTS}


def test_a_host_is_drained_and_all_come_back_as_they_were(operator: Drainer) -> None:
    before = operator.definitions()
    assert operator.where() == HOME
    operator.good("-c", "drain kvm1")
    where = operator.where()
    assert sorted(where) == sorted(GUESTS)
    assert {at.split()[0] for at in where.values()} == {"kvm2", "kvm3"}
    assert where[OFF].endswith("shut off")
    assert "no changes" in operator.good("-c", "drain kvm1")
    assert "drained" in operator.on(where["g1"].split()[0], "virsh dumpxml g1")
    operator.good("-c", "undrain kvm1")
    assert operator.where() == HOME
    assert not difference(before, operator.definitions())
    assert "no changes" in operator.good("-c", "undrain kvm1")


def test_a_destination_whose_libvirtd_dies(operator: Drainer) -> None:
    before = operator.definitions()
    operator.slow()
    with operator.start("-c", "drain kvm1 to kvm2, kvm3") as process:
        under_way = "virsh domjobinfo g1 | grep -q 'Memory processed:.*[1-9]'"
        assert eventually(lambda: operator.lab.exec("kvm1", ["sh", "-c", under_way]).returncode == 0, 30)
        operator.on("kvm2", "kill -KILL $(pidof libvirtd)")
        said = "".join(process.communicate(timeout=180))
    assert process.returncode == 1, said
    operator.lab.up(3)
    operator("recover", "--undo")
    assert operator.where() == HOME, said
    assert not difference(before, operator.definitions())


def test_an_operator_who_is_killed(operator: Drainer) -> None:
    before = operator.definitions()
    operator.slow()
    with operator.start("-c", "drain kvm1") as process:
        assert eventually(
            lambda: "g1" not in operator.on("kvm1", "virsh list --name") or _moving(operator), 30
        )
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    operator.good("recover")
    where = operator.where()
    assert {at.split()[0] for at in where.values()} <= {"kvm2", "kvm3"}, where
    operator.good("-c", "undrain kvm1")
    assert operator.where() == HOME
    # A migration has libvirt write the controllers in another order, which a run that ends in order takes back.
    ordered = [
        {name: "\n".join(sorted(xml.splitlines())) for name, xml in found.items()}
        for found in (before, operator.definitions())
    ]
    assert not difference(*ordered)


def difference(before: dict[str, str], after: dict[str, str]) -> str:
    """What differs, as `diff` says it; empty when nothing does."""
    one, other = ("\n".join(found.values()).splitlines() for found in (before, after))
    return "\n".join(unified_diff(one, other, lineterm="", n=1))


def _moving(operator: Drainer) -> bool:
    return bool(operator.on("kvm1", "virsh domjobinfo g1 | grep 'Memory processed:.*[1-9]'"))
