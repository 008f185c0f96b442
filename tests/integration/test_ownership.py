"""Marks with an owner on real hosts: prune, drift, adopt."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ready_vnetsh import run_vnetsh

from vnetsh_lab import Lab, running
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab

SCRIPT = """
bridge vs2 on kvm1, kvm2 port p1 type internal
bridge lbr on kvm1 backend linux
tunnel gre12 kvm1<->kvm2 on vs2
vm web on kvm1 memory 96M disk tiny.qcow2 port vs2 name web_a port lbr name web_b
"""
LESS = """
bridge vs2 on kvm1, kvm2
vm web port vs2 name web_a
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        yield lab


@pytest.fixture
def run(lab: Lab, tmp_path: Path) -> Run:
    environment = {**os.environ, "VNETSH_LAB_DIR": str(lab.folder), "XDG_STATE_HOME": str(tmp_path / "state")}

    def vnetsh(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = run_vnetsh(["--lab", *arguments], environment, 120, tmp_path)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return vnetsh


def names(run: Run, kind: str) -> set[str]:
    return {row["name"] for row in json.loads(run("show", kind, "-o", "json").stdout)}


def test_what_a_script_no_longer_says_goes_and_only_that(lab: Lab, run: Run, tmp_path: Path) -> None:
    script = tmp_path / "web.vnet"
    script.write_text(SCRIPT)
    run(str(script))
    assert "no drift" in run("drift", str(script)).stdout
    run("adopt", "vm", "web", "--as", "else.vnet")
    run("adopt", "vm", "web", "--as", "web.vnet")
    assert "no drift" in run("drift", str(script)).stdout
    run("-c", "bridge other on kvm1 port p9 type internal")  # somebody else's

    lab.exec("kvm1", ["ovs-vsctl", "set", "port", "p1", "tag=7", "--", "del-port", "gre12"])
    lab.exec("kvm1", ["virsh", "setmem", "web", "--config", "90M"])
    drift = json.loads(run("drift", str(script), "-o", "json", code=3).stdout)
    found = [(d["kind"], d["name"], d["drift"]) for d in drift]
    assert found == [("tunnel", "gre12", "missing"), ("vm", "web", "differs")]

    with GuestConsole(lab, "web") as guest:
        guest.run("true")  # it has booted, and can let go of a NIC
    script.write_text(LESS)
    extra = run("drift", str(script), code=3).stdout
    assert "bridge lbr on kvm1 is not said any longer" in extra
    run("--yes", "--prune", str(script))
    assert names(run, "bridges") == {"vswitch01", "vs2", "other"}
    assert names(run, "ports") == {"web_a", "p9"}
    assert names(run, "tunnels") == set()
    assert "no changes" in run("--prune", str(script)).stdout
    run("--yes", "undo")
    assert names(run, "ports") == {"web_a", "web_b", "p1", "p9"}
    run("--yes", "--prune", str(script))
    run("--yes", "-c", "delete vm web; delete bridge vs2; delete bridge other")


def test_adopted_it_is_the_scripts_own(lab: Lab, run: Run, tmp_path: Path) -> None:
    lab.exec(
        "kvm1",
        [
            "ovs-vsctl",
            "add-br",
            "old",
            "--",
            "set",
            "bridge",
            "old",
            "datapath_type=netdev",
            "--",
            "add-port",
            "old",
            "o1",
            "--",
            "set",
            "interface",
            "o1",
            "type=internal",
        ],
    )
    lab.exec("kvm2", ["ip", "link", "add", "lold", "type", "bridge"])
    script = tmp_path / "old.vnet"
    script.write_text("bridge other on kvm2\n")
    run("--prune", str(script))
    assert names(run, "bridges") == {"vswitch01", "other", "old", "lold"}
    for kind, name in (("bridge", "old"), ("port", "o1"), ("bridge", "lold")):
        run("adopt", kind, name, "--as", "old.vnet")
        assert "no changes" in run("adopt", kind, name, "--as", "old.vnet").stdout
    assert "old.vnet" in lab.exec("kvm1", ["ovs-vsctl", "get", "bridge", "old", "external_ids"]).stdout
    assert "old.vnet" in lab.exec("kvm2", ["ip", "link", "show", "lold"]).stdout
    run("undo")
    assert "vnetsh" not in lab.exec("kvm2", ["ip", "link", "show", "lold"]).stdout
    run("--yes", "--prune", str(script))
    assert names(run, "bridges") == {"vswitch01", "other", "lold"}
    run("-c", "delete bridge other")
    lab.exec("kvm2", ["ip", "link", "delete", "lold"])


def test_prune_needs_a_name_and_adopt_something_to_adopt(run: Run) -> None:
    assert "needs a script in a file" in run("--prune", "-c", "bridge b on kvm1", code=2).stderr
    assert "there is no bridge `nix`" in run("adopt", "bridge", "nix", code=2).stderr
    assert "adopt what?" in run("adopt", "bridge", code=2).stderr


def test_of_two_patch_ports_not_one_is_pruned(run: Run, tmp_path: Path) -> None:
    script = tmp_path / "patch.vnet"
    one = "bridge b1 on kvm1 port pa type patch peer pb\n"
    script.write_text(one + "bridge b2 on kvm1 port pb type patch peer pa\n")
    run("--yes", str(script))
    script.write_text(one)
    assert "says port `pa` on kvm1, and no longer `pb`" in run("--prune", str(script), code=1).stderr
    assert {"pa", "pb"} <= names(run, "ports")
    script.write_text("bridge b1 on kvm1\n")
    run("--yes", "--prune", str(script))
    run("--yes", "-c", "delete bridge b1 on kvm1")
    assert not {"pa", "pb"} & names(run, "ports")
