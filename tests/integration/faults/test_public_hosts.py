"""Hosts as guides and how-tos on the web have people set them up: taken over, the plan is empty, and no false alarm."""

import re
from pathlib import Path

import pytest
from cases import few
from in_lab import LabOperator

from vnetsh_lab import running

pytestmark = pytest.mark.lab

SCRIPTS = sorted((Path(__file__).parents[2] / "helpers" / "public_hosts").glob("*.sh"))
HOSTS = [f"kvm{number}" for number in range(1, 6)]


@pytest.mark.parametrize("scripts", few([SCRIPTS[:5], SCRIPTS[5:]], 0), ids=lambda scripts: scripts[0].stem)
def test_five_hosts_of_others(scripts: list[Path], tmp_path: Path) -> None:
    with running(hosts=len(scripts)) as lab:
        operator = LabOperator.of(lab, tmp_path / "state")
        wrong = set()
        for host, script in zip(HOSTS, scripts, strict=True):
            text = script.read_text()
            done = lab.exec(host, ["bash", "-e", "-c", text], timeout=60)
            assert done.returncode == 0, f"{script.name}: {done.stderr}"
            wrong |= {*re.findall(r"^# wrong: (.*)$", text, re.MULTILINE)}
        before = operator.good("-o", "json", "export")
        folder = tmp_path / "over"
        operator.good("takeover", "--to", str(folder))
        assert "no changes" in operator.good("plan", "--exit-code", str(folder / "all.vnet"))
        report = (folder / "REPORT.md").read_text().partition("## Notes")[0]
        assert {*re.findall(r"^- (\w+ `[^`]*`) on `", report, re.MULTILINE)} == wrong, report
        assert operator.good("-o", "json", "export") == before
