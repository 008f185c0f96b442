"""Metrics for Prometheus, read by its own client's parser: of the fleet, of runs, of what drifts."""

from __future__ import annotations

import fcntl
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, Run, apply
from hypothesis import HealthCheck, given, settings, strategies as st
from prometheus_client.parser import text_string_to_metric_families

from vnetsh.diagnostics import Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.errors import HostUnreachable, VnetshError
from vnetsh.session import Session
from vnetsh_prometheus import FILE, textfile
from vnetsh_prometheus.fleet import fleet_metrics
from vnetsh_prometheus.text import FAMILIES, labels, read, text

Values = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(written: str) -> Values:
    """The samples as Prometheus' client reads them; none is there twice, all are of the type that is said."""
    found = {}
    for family in text_string_to_metric_families(written):
        for sample in family.samples:
            assert FAMILIES[sample.name].type == family.type
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found
            found[key] = sample.value
    return found


def value(values: Values, name: str, **said: str) -> float | None:
    return values.get((name, frozenset((label.rstrip("_"), is_) for label, is_ in said.items())))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "vnetsh.prom"
    monkeypatch.setenv(FILE, str(path))
    return path


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(["fleet", "host", "vm"]), st.text(max_size=12), min_size=1),
    st.floats(0, 1e12),
)
def test_what_is_written_is_read_as_it_was(said: Mapping[str, str], number: float) -> None:
    metrics = {("vnetsh_drift_objects", labels(**said)): number}
    written = text(metrics)
    assert read(written) == pytest.approx(metrics)
    if not any(set(is_) & set("\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029") for is_ in said.values()):
        assert parsed(written) == pytest.approx({("vnetsh_drift_objects", frozenset(said.items())): number})


def test_names_are_as_prometheus_wants_them() -> None:
    for family in FAMILIES.values():
        assert re.fullmatch(r"vnetsh_[a-z_]+", family.name)
        assert (family.type == "counter") == family.name.endswith("_total")
        assert not re.search(r"_(ms|milliseconds|minutes|kb)\b", family.name)


def test_the_fleet(demo: Session) -> None:
    apply(demo, "vm a on kvm1 port vswitch01; vm b on kvm1; stop b")
    fleet = demo.observe()
    values = parsed(text(fleet_metrics(replace(fleet, unreachable={"kvm3": HostUnreachable("kvm3: gone")}))))
    assert value(values, "vnetsh_host_up", fleet="demo", host="kvm1") == 1
    assert value(values, "vnetsh_host_up", fleet="demo", host="kvm3") == 0
    assert value(values, "vnetsh_host_vms", fleet="demo", host="kvm1", state="running") == 1
    assert value(values, "vnetsh_host_objects", fleet="demo", host="kvm1", kind="vm") == 2


def test_it_is_a_form_of_export(vnetsh: Run) -> None:
    done = vnetsh("--demo", "export", "-o", "prometheus")
    assert (done.returncode, done.stderr) == (0, "")
    assert value(parsed(done.stdout), "vnetsh_host_up", fleet="demo", host="kvm1") == 1


def test_a_fleet_that_cannot_be_reached_is_a_metric(vnetsh: Run, tmp_path: Path) -> None:
    (tmp_path / "hosts.vnet").write_text("host kvm9 address 192.0.2.9 ssh root@127.0.0.1:1\n")
    done = vnetsh("export", "-o", "prometheus")
    assert done.returncode == 0
    values = parsed(done.stdout)
    assert value(values, "vnetsh_host_up", fleet=str(tmp_path / "hosts.vnet"), host="kvm9") == 0
    run = vnetsh("-c", "bridge x on kvm9", **{FILE: str(tmp_path / "m.prom")})
    assert run.returncode == 1
    values = parsed((tmp_path / "m.prom").read_text())
    fleet = str(tmp_path / "hosts.vnet")
    assert value(values, "vnetsh_runs_total", fleet=fleet, outcome="unreachable") == 1
    assert value(values, "vnetsh_last_run_host_up", fleet=fleet, host="kvm9") == 0
    assert value(values, "vnetsh_last_run_success_timestamp_seconds", fleet=fleet) is None


def test_runs_are_counted_over_processes(vnetsh: Run, tmp_path: Path) -> None:
    path = tmp_path / "m.prom"
    for _ in range(2):
        assert vnetsh("--demo", "-c", "bridge x on kvm1", **{FILE: str(path)}).returncode == 0
    values = parsed(path.read_text())
    assert value(values, "vnetsh_runs_total", fleet="demo", outcome="done") == 2
    assert value(values, "vnetsh_runs_total", fleet="demo", outcome="failed") == 0
    add = {"fleet": "demo", "host": "kvm1", "action": "add", "outcome": "done"}
    assert value(values, "vnetsh_changes_total", **add) == 2
    assert value(values, "vnetsh_failures_total", fleet="demo", host="kvm1") == 0
    assert value(values, "vnetsh_last_run_outcome", fleet="demo", outcome="done") == 1
    assert oct(path.stat().st_mode & 0o777) == "0o644"
    assert [one.name for one in tmp_path.iterdir()] == ["m.prom"]


def test_what_only_asks_is_no_run(demo: Session, file: Path) -> None:
    demo.apply(demo.prepare(Source("<test>", "show vms"), lock=True))
    demo.prepare(Source("<test>", "bridge x on kvm1"))  # a plan
    with pytest.raises(PlanRefused):
        demo.prepare(Source("<test>", "start nosuch"))
    assert not file.exists()


def test_a_run_that_is_refused(demo: Session, file: Path) -> None:
    with pytest.raises(PlanRefused):
        demo.prepare(Source("<test>", "start nosuch"), lock=True)
    assert value(parsed(file.read_text()), "vnetsh_runs_total", fleet="demo", outcome="refused") == 1


def test_the_gap_of_each_migration(demo: Session, file: Path) -> None:
    apply(demo, "vm a on kvm1 port vswitch01; migrate a to kvm2 outage 1s")
    at = {"fleet": "demo", "vm": "a", "from_": "kvm1", "to": "kvm2"}
    assert value(parsed(file.read_text()), "vnetsh_migration_gap_seconds", **at) == 0
    apply(demo, "migrate a to kvm3 outage 1s")
    values = parsed(file.read_text())
    assert value(values, "vnetsh_migration_gap_seconds", **at) is None
    assert value(values, "vnetsh_migration_gap_seconds", **{**at, "from_": "kvm2", "to": "kvm3"}) == 0
    apply(demo, "delete vm a")
    assert not [name for name, _ in parsed(file.read_text()) if "migration" in name]


def test_drift(demo: Session, file: Path) -> None:
    script = Source("net.vnet", "bridge x on kvm1, kvm2")
    apply(demo, script.text)
    for there, change in ((1, "delete bridge x on kvm2"), (0, "bridge x on kvm2")):
        apply(demo, change)
        demo.plugins.tell("vnetsh_after_drift", what="net.vnet", fleet="demo", plan=demo.drift(script).plan)
        values = parsed(file.read_text())
        assert value(values, "vnetsh_drift_objects", fleet="demo", script="net.vnet", host="kvm2") == there
        assert value(values, "vnetsh_drift_objects", fleet="demo", script="net.vnet", host="kvm1") == 0


def test_the_command_drift_tells(vnetsh: Run, tmp_path: Path) -> None:
    (tmp_path / "net.vnet").write_text("bridge x on kvm1\n")
    done = vnetsh("--demo", "drift", "net.vnet", **{FILE: str(tmp_path / "m.prom")})
    assert done.returncode == 3
    values = parsed((tmp_path / "m.prom").read_text())
    assert value(values, "vnetsh_drift_objects", fleet="demo", script="net.vnet", host="kvm1") == 1


def test_what_others_wrote_is_left_alone(demo: Session, file: Path) -> None:
    file.write_text("node_boot_time_seconds 1\n")
    report = demo.apply(demo.prepare(Source("<test>", "bridge x on kvm1")))
    assert report.ok
    assert "is not vnetsh's" in report.warnings[0]
    assert file.read_text() == "node_boot_time_seconds 1\n"


def test_where_it_cannot_be_written_the_run_is_made_all_the_same(vnetsh: Run, tmp_path: Path) -> None:
    done = vnetsh("--demo", "-c", "bridge x on kvm1", **{FILE: str(tmp_path / "no" / "m.prom")})
    assert done.returncode == 0
    assert "No such file" in done.stdout


def test_nobody_waits_for_one_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textfile, "PATIENCE", 0.1)
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(VnetshError, match="another vnetsh"):
        textfile.update(tmp_path / "m.prom", dict)
    os.close(other)


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    path, key = tmp_path / "m.prom", ("vnetsh_failures_total", labels(host="a"))

    def add() -> None:
        for _ in range(20):
            textfile.update(path, lambda known: {key: known.get(key, 0) + 1})

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read(path.read_text())[key] == 80


def test_half_a_file_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "m.prom"
    path.write_text(
        textfile.HEAD + 'vnetsh_failures_total{host="a"} 3\nvnetsh_failures_total{host="b\nx 1\n\x00'
    )
    textfile.update(path, lambda known: known)
    assert read(path.read_text()) == {("vnetsh_failures_total", labels(host="a")): 3}


def test_the_manual_speaks_of_metrics_that_there_are() -> None:
    manual = (ROOT / "docs" / "prometheus.md").read_text()
    assert set(re.findall(r"vnetsh_[a-z_]+", manual)) <= FAMILIES.keys()
    for name in FAMILIES:
        assert f"`{name}`" in manual
    rules = re.findall(r"```yaml\n(.*?)```", manual, re.DOTALL)
    assert all(rule["expr"] for group in yaml.safe_load(rules[0])["groups"] for rule in group["rules"])
