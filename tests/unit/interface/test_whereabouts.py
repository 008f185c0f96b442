"""`vnetsh config` tells where everything is, and it is there."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from conftest import Run


def test_the_hosts_file_and_by_what_it_is_chosen(
    vnetsh: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    config = tmp_path / "config" / "vnetsh" / "hosts.vnet"
    config.parent.mkdir(parents=True)

    def hosts(*options: str, **environment: str) -> dict[str, str]:
        done = vnetsh("config", "-o", "json", *options, **environment)
        assert (done.returncode, done.stderr) == (0, "")
        found: dict[str, str] = json.loads(done.stdout)["hosts"]
        return found

    assert hosts()["file"].startswith("none")
    config.write_text("host kvm1 address 192.0.2.1\n")
    assert hosts() == {"file": str(config), "chosen by": "the config folder", "names": "kvm1"}
    here, other = tmp_path / "hosts.vnet", tmp_path / "other.vnet"
    here.write_text("host kvm2 address 192.0.2.2\nhost kvm3 address 192.0.2.3\n")
    assert hosts() == {"file": str(here), "chosen by": "the folder that you are in", "names": "kvm2, kvm3"}
    other.write_text("host kvm4 addres 192.0.2.4\n")
    assert hosts(VNETSH_HOSTS=str(other))["chosen by"] == "$VNETSH_HOSTS"
    wrong = hosts("--hosts", str(other))
    assert (wrong["file"], wrong["chosen by"]) == (str(other), "--hosts")
    assert "addres" in wrong["trouble"]
    assert hosts("--hosts", "nowhere")["trouble"] == "there is no hosts file nowhere"
    assert hosts("--demo=2") == {"chosen by": "--demo", "names": "kvm1, kvm2"}


def test_folders_plugins_and_libraries(vnetsh: Run, tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    assert vnetsh("history", XDG_STATE_HOME=state).returncode == 0
    found = json.loads(vnetsh("config", "-o", "json", XDG_STATE_HOME=state).stdout)
    assert Path(found["files"]["runs"]).is_dir()
    assert Path(found["vnetsh"]["folder"], "cli.py").is_file()
    assert found["plugins"]["ovs"] == f"vnetsh {found['vnetsh']['version']}"
    assert found["libraries"]["lark"]
    assert ", by /" in found["libraries"]["libvirt"]

    table = vnetsh("config", XDG_STATE_HOME=state).stdout
    assert f"{found['files']['history']}  (not there yet)\n" in table
    assert f"{found['files']['runs']}\n" in table
    rows = list(csv.DictReader(io.StringIO(vnetsh("config", "-o", "csv").stdout)))
    assert {"of": "python", "what": "program", "is": found["python"]["program"]} in rows
    assert vnetsh("config", "hosts").returncode == 2


def test_a_plugin_that_is_left_out_says_why(vnetsh: Run, tmp_path: Path) -> None:
    broken = tmp_path / "site" / "vnetsh_broken-1.0.dist-info"
    broken.mkdir(parents=True)
    (broken / "entry_points.txt").write_text("[vnetsh]\nbroken = vnetsh_broken\n")
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: vnetsh-broken\nVersion: 1.0\n")
    done = vnetsh("config", "-o", "json", PYTHONPATH=str(tmp_path / "site"))
    plugins = json.loads(done.stdout)["plugins"]
    assert plugins["broken"] == "left out: ModuleNotFoundError: No module named 'vnetsh_broken'"


def test_without_a_home(vnetsh: Run) -> None:
    done = vnetsh("config", HOME="", XDG_STATE_HOME="", XDG_CONFIG_HOME="", XDG_CACHE_HOME="")
    assert done.returncode == 0, done.stderr
