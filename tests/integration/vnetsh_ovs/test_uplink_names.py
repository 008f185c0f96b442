"""DNS settings that move with an uplink, on a real systemd-resolved and a message bus of its own.

The package is not installed: that would replace /etc/resolv.conf of the machine. It is unpacked into the lab, or the
tests are skipped.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from uplink_hosts import FOLDER, HOST, NIC, SCRIPT, Management, management
from waiting import eventually

from vnetsh_lab import Lab, running
from vnetsh_ovs.uplink.resolving import SETTINGS

pytestmark = pytest.mark.lab

DAEMON, CONTROL = Path("lib/systemd/systemd-resolved"), Path("usr/bin/resolvectl")
THERE = "/run/vnetsh-lab/resolved"  # the folder as the host sees it
ACCOUNT = "systemd-resolve:x:61999:"
BACK = f"bridge vmgmt on {HOST} uplink none"
SET = {
    "dns": "192.0.2.53 192.0.2.54:5353#dns.example 2001:db8::53",
    "domain": "example.net ~corp.example",
    "default-route": "no",
    "llmnr": "no",
    "mdns": "resolve",
    "dnsovertls": "opportunistic",
    "dnssec": "allow-downgrade",
    "nta": "bad.example",
}

_BUS = """
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow send_type="signal"/>
    <allow receive_type="method_call"/><allow receive_type="method_return"/>
    <allow receive_type="error"/><allow receive_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
  </policy>
</busconfig>
"""

# Both daemons see the account of the one; the host itself is left alone but for the command.
_START = f"""
set -e
mkdir -p /run/dbus /run/systemd
mount -t tmpfs tmpfs /usr/local/sbin
cp {THERE}/{CONTROL.name} /usr/local/sbin
unshare --mount sh -ec '
    mount --bind {THERE}/passwd /etc/passwd
    mount --bind {THERE}/group /etc/group
    dbus-daemon --config-file={THERE}/bus.conf --fork
    exec setsid {THERE}/{DAEMON.name}
' </dev/null >{THERE}/log 2>&1 &
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root under which systemd-resolved is: the machine's own, or the package's, unpacked."""
    if not shutil.which("dbus-daemon"):
        pytest.skip("dbus-daemon is not installed")
    if all((Path("/") / file).exists() for file in (DAEMON, CONTROL)):
        return Path("/")
    folder = tmp_path_factory.mktemp("package")
    fetch = "apt-get -q download systemd-resolved && dpkg -x systemd-resolved_*.deb ."
    done = subprocess.run(["sh", "-c", fetch], cwd=folder, capture_output=True, timeout=60, check=False)
    if done.returncode:
        pytest.skip("systemd-resolved is not installed, and apt-get cannot download it")
    if subprocess.run([folder / CONTROL, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("systemd-resolved does not run here: it needs libsystemd-shared of the same version")
    return folder


@pytest.fixture(scope="module")
def lab(package: Path) -> Iterator[Lab]:
    """A lab in whose first host systemd-resolved runs: it ends with the host."""
    with running(hosts=2) as lab:
        folder = lab.inside(HOST).host.folder / "resolved"
        folder.mkdir()
        for file in (DAEMON, CONTROL):
            shutil.copy(package / file, folder)
        (folder / "bus.conf").write_text(_BUS)
        for name, rest in (("passwd", "61999::/:/usr/sbin/nologin"), ("group", "")):
            (folder / name).write_text(Path("/etc", name).read_text() + ACCOUNT + rest + "\n")
        assert lab.exec(HOST, ["sh", "-c", _START]).returncode == 0
        assert eventually(lambda: lab.exec(HOST, ["resolvectl", "status"]).returncode == 0), (
            folder / "log"
        ).read_text()
        yield lab


@pytest.fixture
def host(lab: Lab) -> Iterator[Management]:
    with management(lab) as managed:
        for setting, values in SET.items():
            managed.on("resolvectl", setting, NIC, *values.split())
        yield managed


def names(host: Management, link: str) -> dict[str, str]:
    """All settings of a link, also those that are nobody's choice."""
    return {s: host.on("resolvectl", s, link).partition("):")[2].strip() for s in SETTINGS}


def untouched(host: Management) -> dict[str, str]:
    """The settings of a link that nobody has set any."""
    return names(host, "eth0")


@pytest.mark.parametrize("back", [BACK, f"delete bridge vmgmt on {HOST}"])
def test_dns_settings_move_with_the_uplink_and_back(host: Management, back: str) -> None:
    assert tuple(SET) == SETTINGS
    assert names(host, NIC) == SET
    done = host.run(SCRIPT)
    assert done.returncode == 0, done.stderr
    assert names(host, "vmgmt") == SET
    assert names(host, NIC) == untouched(host)
    done = host.run(back)
    assert done.returncode == 0, done.stderr
    assert names(host, NIC) == SET
    if back == BACK:
        assert names(host, "vmgmt") == untouched(host)


def test_they_go_back_when_nobody_confirms(host: Management) -> None:
    killed = host.run(SCRIPT, AT=f"{FOLDER}/confirm", WHEN="before")
    assert killed.returncode == -signal.SIGKILL
    assert eventually(lambda: host.file("state") == "done", 2)
    assert names(host, NIC) == untouched(host)
    assert eventually(lambda: host.file("outcome") == "reverted", 6)
    assert names(host, NIC) == SET


def test_a_nic_without_dns_settings_gives_none(host: Management) -> None:
    host.on("resolvectl", "revert", NIC)
    assert host.run(SCRIPT).returncode == 0
    assert names(host, "vmgmt") == untouched(host)


def test_a_hung_resolver_keeps_the_uplink_where_it_is(host: Management) -> None:
    before = host.state()
    daemon = host.pid(str(DAEMON.name))
    os.kill(daemon, signal.SIGSTOP)
    try:
        done = host.run(SCRIPT)
    finally:
        os.kill(daemon, signal.SIGCONT)
    assert done.returncode == 1
    assert "systemd-resolved does not answer" in done.stderr
    assert host.state() == before
    assert names(host, NIC) == SET
